"""Compares what flowlog_report.py makes on Sail or on Spark with what one process makes of the same logs: reports and
pages byte for byte, tuples row for row.

    check.py sail|spark ANALYZE CONTAINER SCRATCH

CONTAINER is of flowlog-generate. On Sail every kind of input is tried; on Spark a master and two workers run on this machine,
and one of them is killed while it reads, once for the states and once for the tuples.
"""

import filecmp
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
import zipfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
JOB = HERE / "flowlog_report.py"
# Sends the second and each later question about the version another answer: an executor with another wheel.
OTHER = """#!/bin/sh
if [ "$1" = --version ]; then
    [ -e "$0.asked" ] && echo "flowlog-analyze 0.0.9" && exit
    : > "$0.asked"
fi
exec "{}" "$@"
"""


class Check:
    """One engine: `job` runs the script on it and returns exit code and messages."""

    def __init__(self, analyze, scratch, job, connections=True):
        self.analyze, self.scratch, self.job, self.connections = str(analyze), scratch, job, connections

    def same(self, what, inputs, options=("--format", "json"), expected=0, tuples=False, **how):
        """The job's output, page and table of connections are those of one process, and its `tuples`, if they are asked for."""
        begun = time.monotonic()
        inputs = [str(name) for name in inputs]
        one, many = self.scratch / "one", self.scratch / "many"
        sets = [folder.with_name(f"{folder.name}-tuples") for folder in (one, many)]
        for folder in (one, many, *sets):
            shutil.rmtree(folder, ignore_errors=True)
        one.mkdir()
        many.mkdir()
        one_set, many_set = [["--export-tuples", str(folder)] if tuples else [] for folder in sets]
        rows = lambda folder: ["--export-connections", str(folder / "connections.csv")] if self.connections else []
        files = lambda folder: ["--html", str(folder / "page.html"), *rows(folder)]
        with open(one / "report", "wb") as out:
            command = [self.analyze, *inputs, "--quiet", "--no-config", *options, *files(one), *one_set]
            whole = subprocess.run(command, stdout=out, stderr=subprocess.DEVNULL).returncode
        middle = time.monotonic()
        named = how.pop("named", inputs)
        words = ["--output", str(many / "report"), *many_set, "--binary", self.analyze, *how.pop("words", []), *named, "--"]
        code, talk = self.job([*words, "--no-config", *options, *files(many)], **how)
        if (whole, code) != (expected, expected):
            raise SystemExit(f"{what}: exit codes {whole} and {code}, expected {expected}\n{talk}")
        names = sorted(os.listdir(one))
        _, differ, missing = filecmp.cmpfiles(one, many, names, shallow=False)
        if differ or missing or len(names) != (3 if self.connections else 2):
            raise SystemExit(f"{what}: not the same: {differ + missing}\n{talk}")
        size = sum((one / name).stat().st_size for name in names)
        told = [line for line in talk.splitlines() if line.startswith("flowlog_report: ")]
        if tuples:
            told.append(same_tuples(what, *sets))
        print(f"same: {what}: {len(names)} files of {size} bytes; {middle - begun:.1f} s, {time.monotonic() - middle:.1f} s", *told, sep="\n    ")

    def fails(self, what, words, sentence):
        code, talk = self.job(words)
        if code != 1 or sentence not in talk or "Traceback" in talk:
            raise SystemExit(f"{what}: exit code {code}, and no {sentence!r} in\n{talk}")
        print(f"told: {what}: {sentence}")


def same_tuples(what, one, many):
    """A data set of tuples has all rows of one process, in types that Spark has, and the same answers."""
    import duckdb
    import pyarrow
    from pyarrow.dataset import partitioning
    from pyarrow.parquet import read_table

    folders = partitioning(pyarrow.schema([("date", pyarrow.string()), ("hour", pyarrow.string())]), flavor="hive")
    tables = [read_table(folder, partitioning=folders) for folder in (one, many)]
    signed = {"uint8": "int16", "uint16": "int32", "uint64": "int64"}
    # Milliseconds or microseconds, shown in whatever zone: Parquet has them in UTC.
    kind = lambda field: "time in UTC" if "tz=" in str(field.type) else signed.get(str(field.type), str(field.type))
    kinds = [[(field.name, kind(field)) for field in table.schema] for table in tables]
    if kinds[0] != kinds[1]:
        raise SystemExit(f"{what}: columns of tuples are {kinds[1]}, expected {kinds[0]}")
    by = [(name, "ascending") for name in tables[1].column_names]
    rows, found = (table.cast(tables[1].schema).sort_by(by) for table in tables)
    if not rows or not rows.equals(found):
        raise SystemExit(f"{what}: {len(found)} rows of tuples are not the {len(rows)} of one process: see {one} and {many}")
    answers = []
    queries = [path.read_text() for path in sorted(HERE.glob("../docs/queries/*.sql")) if "FROM tuples" in path.read_text()]
    for folder in (one, many):
        db = duckdb.connect()
        db.execute(f"CREATE VIEW tuples AS SELECT * FROM read_parquet('{folder}/**/*.parquet', hive_partitioning = true)")
        answers.append([db.execute(query).fetchall() for query in queries])
    if len(queries) < 5 or answers[0] != answers[1]:
        raise SystemExit(f"{what}: {len(queries)} queries have other answers: {answers}")
    files = [len(list(folder.rglob("*.parquet"))) for folder in (one, many)]
    return f"{len(rows)} rows of tuples in {files[1]} files ({files[0]}), sums {answers[1][-1]}, {len(queries)} queries alike"


def copied(container, tree, name=lambda path: path):
    """Hard links to the blobs, under other names."""
    shutil.rmtree(tree, ignore_errors=True)
    for path in sorted(container.rglob("*.json")):
        to = tree / name(path.relative_to(container))
        to.parent.mkdir(parents=True, exist_ok=True)
        os.link(path, to)
    return sorted(tree.rglob("*.json"))


def ours(path):
    """As flowlog-download names a blob."""
    year, month, day, hour = (part.split("=")[1] for part in path.parts[-7:-3])
    digits = f"{abs(hash(path.parts)) % 2**32:08x}"
    mac = path.parts[-2].split("=")[1]
    return Path(f"{year}-{month}-{day}/{hour}/FlowLog_{hour}0000_{path.parts[-8][:40]}_{mac}_{digits}.json")


def spoiled(container, tree):
    """A copy of the logs in which a blob breaks off, one is in the tree twice, one packed, one cannot be opened."""
    first, second, third, *_ = copied(container, tree)
    bytes_of = {path: path.read_bytes() for path in (first, second, third)}
    first.unlink()
    first.write_bytes(bytes_of[first][: len(bytes_of[first]) * 2 // 3])
    # An earlier download of the same hour, elsewhere, in the middle of a record's tuples.
    early = tree / "early" / second.relative_to(tree)
    early.parent.mkdir(parents=True)
    early.write_bytes(bytes_of[second][: len(bytes_of[second]) // 2])
    third.unlink()
    with zipfile.ZipFile(third.with_suffix(".zip"), "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("PT1H.json", bytes_of[third])
    (tree / "gone.json").symlink_to("nowhere")
    return tree


def sail(analyze, container, scratch):
    from pysail.spark import SparkConnectServer

    server = SparkConnectServer("127.0.0.1", 0)
    server.start()
    remote = ["--remote", f"sc://127.0.0.1:{server.listening_address[1]}"]

    def job(words, many=None):
        # The client takes `python -c` for a test of its own.
        script = scratch / "job.py"
        setup = f"flowlog_report.MANY = {many}\n" if many else ""
        script.write_text(f"import sys\nsys.path.insert(0, {str(HERE)!r})\nimport flowlog_report\n{setup}sys.exit(flowlog_report.main(sys.argv[1:]))\n")
        command = [sys.executable, "-W", "ignore", script if many else JOB, *remote, *words]
        ended = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        return ended.returncode, ended.stdout.decode() + ended.stderr.decode()

    check = Check(analyze, scratch, job)
    small = ["--part-size", "300kB"]
    check.same("paths, with tuples", [container], words=small, tuples=True)
    check.same("the text in full, one part", [container], ["--full"])
    check.same("levels of merges", [container], words=["--part-size", "100kB"], many=4)
    faulty = spoiled(container, scratch / "spoiled")
    check.same("a blob that breaks off, a copy, an archive, a dead link", [faulty], expected=3, words=small, tuples=True)
    tree = scratch / "tree"
    copied(container, tree, ours)
    # Sail 0.7 makes one row of each megabyte.
    check.fails("an engine that lists files twice", ["--binary", str(analyze), f"file://{tree}"], "the engine lists a file twice")
    other = scratch / "other"
    other.write_text(OTHER.format(analyze))
    other.chmod(0o755)
    check.fails("another version", ["--binary", str(other), str(container)], "is flowlog-analyze 0.0.9, the driver's is flowlog-analyze ")
    check.fails("no program", ["--binary", "/nowhere/flowlog-analyze", str(container)], "/nowhere/flowlog-analyze cannot be started on ")
    taken = ["--binary", str(analyze), "--output", str(other), str(container)]
    check.fails("a file in the way", taken, f"{other} exists: name another file, or remove it")
    there = ["--binary", str(analyze), "--export-tuples", str(scratch / "many-tuples"), str(container)]
    check.fails("tuples in the way", there, "many-tuples exists: name another folder for the tuples, or remove it")
    check.fails("no logs", ["--binary", str(analyze), str(container / "none")], "no flow logs in ")
    server.stop()


def free_port():
    with socket.socket() as socket_:
        socket_.bind(("127.0.0.1", 0))
        return socket_.getsockname()[1]


class Cluster:
    """A master and two workers of one core each, processes of this machine."""

    def __init__(self, scratch):
        import pyspark

        self.home = Path(pyspark.__file__).parent
        self.scratch = scratch
        self.environment = {**os.environ, "SPARK_HOME": str(self.home), "SPARK_LOCAL_IP": "127.0.0.1", "SPARK_LOCAL_DIRS": str(scratch / "local")}
        port, self.web = free_port(), free_port()
        self.url = f"spark://127.0.0.1:{port}"
        self.running = [self.start("master.Master", "--host", "127.0.0.1", "--port", port, "--webui-port", self.web)]
        self.wait(0)
        self.add_worker()
        self.add_worker()
        self.wait(2)

    def start(self, name, *words):
        log = open(self.scratch / f"{name}-{time.monotonic_ns()}.log", "wb")
        command = [self.home / "bin/spark-class", f"org.apache.spark.deploy.{name}", *map(str, words)]
        return subprocess.Popen(command, stdout=log, stderr=log, env=self.environment, start_new_session=True)

    def add_worker(self):
        words = ["--host", "127.0.0.1", "--cores", 1, "--memory", "1g", "--webui-port", free_port(), "--work-dir", self.scratch / "work"]
        self.running.append(self.start("worker.Worker", *words, self.url))

    def wait(self, workers):
        for _ in range(120):
            time.sleep(0.5)
            try:
                with urllib.request.urlopen(f"http://127.0.0.1:{self.web}/json/") as page:
                    if page.read().decode().count('"ALIVE"') - 1 >= workers:
                        return
            except OSError:
                pass
        raise SystemExit(f"Spark does not start: see {self.scratch}")

    def kill_worker_that_reads(self, submitted, option):
        """Kills the last worker and its executor once a partial of it runs with this option; returns how many processes."""
        worker = self.running[-1].pid
        while submitted.poll() is None:
            for folder in Path("/proc").glob("[0-9]*"):
                try:
                    command = (folder / "cmdline").read_bytes()
                except OSError:
                    continue
                if option in command and worker in (lineage := ancestors(int(folder.name))):
                    below = lineage[: lineage.index(worker) + 1]
                    for pid in reversed([int(folder.name), *below]):
                        try:
                            os.kill(pid, signal.SIGKILL)
                        except ProcessLookupError:
                            pass
                    self.running.pop().wait()
                    return len(below) + 1
            time.sleep(0.002)
        raise SystemExit("the last worker read nothing")

    def stop(self):
        for process in reversed(self.running):
            os.killpg(process.pid, signal.SIGTERM)
            process.wait()


def ancestors(pid):
    """The processes above one, nearest first."""
    found = []
    while pid > 1:
        pid = int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])
        found.append(pid)
    return found


def spark(analyze, container, scratch):
    cluster = Cluster(scratch)

    def job(words, kill=None, binary=True):
        if not binary:  # the wheel's, which is on nobody's PATH
            at = words.index("--binary")
            del words[at : at + 2]
        settings = ["spark.ui.enabled=false", "spark.executor.memory=768m", f"spark.pyspark.python={sys.executable}"]
        command = [cluster.home / "bin/spark-submit", "--master", cluster.url, *(word for one in settings for word in ("--conf", one)), JOB, *words]
        with open(scratch / "job.log", "wb") as log:
            submitted = subprocess.Popen(command, stdout=log, stderr=log, env=cluster.environment)
            if kill:
                print(f"killed: a worker in the middle of a partial, {cluster.kill_worker_that_reads(submitted, kill)} processes")
            code = submitted.wait()
        return code, (scratch / "job.log").read_text(errors="replace")

    try:
        check = Check(analyze, scratch, job, connections=False)
        check.same("the program from the wheel, with tuples", [container], binary=False, tuples=True)
        faulty = spoiled(container, scratch / "spoiled")
        check.same("a blob that breaks off, a copy, an archive, a dead link", [faulty], expected=3, tuples=True)
        tree = scratch / "tree"
        copied(container, tree)
        twice = next(tree.rglob("*.json"))
        early = tree / "early" / twice.relative_to(tree)
        early.parent.mkdir(parents=True)
        early.write_bytes(twice.read_bytes()[: twice.stat().st_size // 2])
        check.same("contents that Spark reads, with a copy that breaks off", [tree], named=[f"file://{tree}"], expected=3, tuples=True)
        there = ["--binary", str(analyze), "--export-tuples", f"file://{scratch}/many-tuples", str(container)]
        check.fails("tuples in the way", there, "many-tuples exists: name another folder for the tuples, or remove it")
        part = sum(path.stat().st_size for path in container.rglob("*.json")) // 32
        words = ["--part-size", str(part)]
        check.same("one worker killed in the middle", [container], kill=b"--stdin-frames", words=list(words))
        cluster.add_worker()
        cluster.wait(2)
        check.same("one worker killed among the tuples", [container], kill=b"--export-tuples", words=words, tuples=True)
    finally:
        cluster.stop()


if __name__ == "__main__":
    engine, analyze, container, scratch = sys.argv[1], *(Path(name).resolve() for name in sys.argv[2:5])
    shutil.rmtree(scratch, ignore_errors=True)
    scratch.mkdir(parents=True)
    os.environ.update(PYSPARK_PYTHON=sys.executable, PYTHONDONTWRITEBYTECODE="1")
    # Terminated, it still stops what it started.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    {"sail": sail, "spark": spark}[engine](analyze, container, scratch)
    shutil.rmtree(scratch)
