"""Runs flowlog-download and its peers by turns against one Azurite, checks that they bring the same, prints the figures.

`cargo xtask bench-download` starts it, and Azurite; nothing but Python's standard library is needed here.
"""

import argparse
import base64
import collections
import concurrent.futures
import datetime
import hashlib
import hmac
import http.client
import os
import platform
import shutil
import statistics
import subprocess
import sys
import time
import urllib.parse
from pathlib import Path

from measure import Run, load, machine, record

VERSION = "2021-10-04"
# Blocks of a blob: Azure writes one a minute, and the closing `]}` as one of its own.
MINUTES = 60
CLOSING = b"]}"


class Service:
    """One account of an Azurite: enough of it to fill containers."""

    def __init__(self, endpoint, account, key):
        self.endpoint, self.account, self.key = endpoint, account, key
        self.url = urllib.parse.urlsplit(endpoint)
        self.sas = self.signature()

    def signature(self):
        """A shared access signature of the account (Microsoft Learn, "Create an account SAS")."""
        permissions, services, types, expiry = "rwlac", "b", "sco", "2099-01-01T00:00:00Z"
        fields = [self.account, permissions, services, types, "", expiry, "", "", VERSION, "", ""]
        digest = hmac.new(base64.b64decode(self.key), "\n".join(fields).encode(), hashlib.sha256).digest()
        parts = {"sv": VERSION, "ss": services, "srt": types, "sp": permissions, "se": expiry}
        return urllib.parse.urlencode({**parts, "sig": base64.b64encode(digest).decode()})

    def put(self, connection, path, query, body=b""):
        path = urllib.parse.quote(f"{self.url.path}/{path}") + f"?{query}&{self.sas}"
        connection.request("PUT", path, body, {"x-ms-version": VERSION, "Content-Type": "application/octet-stream"})
        answer = connection.getresponse()
        text = answer.read()
        if answer.status != 201:
            sys.exit(f"Azurite answered {answer.status} to an upload: {text.decode(errors='replace')}")

    def fill(self, container, files):
        """Uploads name -> file as Azure writes flow logs: a block for each minute, the closing one, the list of them."""
        self.put(self.connect(), container, "restype=container")
        with concurrent.futures.ThreadPoolExecutor(4) as pool:
            list(pool.map(lambda part: self.fill_some(container, part), [files[start::4] for start in range(4)]))

    def connect(self):
        return http.client.HTTPConnection(self.url.hostname, self.url.port)

    def fill_some(self, container, files):
        connection = self.connect()
        for name, file in files:
            body = file.read_bytes()
            ids = []
            for number, block in enumerate(blocks(body)):
                ids.append(base64.b64encode(b"%032d" % number).decode())
                query = urllib.parse.urlencode({"comp": "block", "blockid": ids[-1]})
                self.put(connection, f"{container}/{name}", query, block)
            listed = "".join(f"<Latest>{block}</Latest>" for block in ids)
            whole = f'<?xml version="1.0" encoding="utf-8"?><BlockList>{listed}</BlockList>'
            self.put(connection, f"{container}/{name}", "comp=blocklist", whole.encode())


def blocks(body):
    """As many blocks as Azure writes, but none of less than 64 KiB: small blobs would take minutes to upload."""
    data = body.removesuffix(CLOSING)
    size = max(-(-len(data) // MINUTES), 64 * 1024)
    return [data[at : at + size] for at in range(0, len(data), size)] + [CLOSING]


def tools(options, container, folder):
    """Name -> command and environment. Each brings the whole container into `folder`."""
    account, key = options.account, options.key
    plain = {name: value for name, value in os.environ.items() if not name.startswith(("AZ", "RCLONE", "PYTHON"))}
    state = str(options.scratch / "peers")
    connection = f"DefaultEndpointsProtocol=http;AccountName={account};AccountKey={key};BlobEndpoint={options.endpoint};"
    flowlog = [options.download, "--endpoint", options.endpoint, "--container-name", container]
    rclone = {"RCLONE_CONFIG": "", "XDG_CACHE_HOME": state, "RCLONE_CONFIG_AZ_TYPE": "azureblob"}
    for name, value in {"ACCOUNT": account, "KEY": key, "ENDPOINT": options.endpoint}.items():
        rclone[f"RCLONE_CONFIG_AZ_{name}"] = value
    azure = {"AZURE_CONFIG_DIR": state, "AZURE_CORE_COLLECT_TELEMETRY": "false"}
    azure["AZURE_STORAGE_CONNECTION_STRING"] = connection
    batch = [options.python, "-m", "azure.cli", "storage", "blob", "download-batch", "--only-show-errors"]
    return {
        "flowlog-download": ([*flowlog, "--download-path", folder, "--force"], {**plain, "AZ_STORAGE_KEY": key}),
        "rclone": ([options.rclone, "copy", f"az:{container}", folder, *options.rclone_flags.split()], {**plain, **rclone}),
        "az": ([*batch, "--source", container, "--destination", folder, "--no-progress"], {**plain, **azure}),
    }


class Download:
    """What one download took, with Azurite's CPU seconds meanwhile and the time until all was on the disk."""

    def __init__(self, command, environment, log, azurite):
        served = cpu_of(azurite)
        run = Run(command, log.with_suffix(".json"), log, True, environment)
        if run.code:
            sys.exit(f"{command[0]} failed with exit code {run.code}: {log.read_text()[-2000:]}")
        self.wall, self.cpu, self.peak = run.wall, run.cpu, run.peak
        self.azurite = cpu_of(azurite) - served
        # The process can be done long before the disk is.
        started = time.perf_counter()
        if hasattr(os, "sync"):
            os.sync()
        self.safe = self.wall + time.perf_counter() - started


def cpu_of(process):
    """CPU seconds of a running process; not a number where the system has no /proc."""
    try:
        fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return float("nan")
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def brought(folder):
    """The files of a tree without the tool's own record."""
    return [file for file in Path(folder).rglob("*") if file.is_file() and ".flowlog" not in file.relative_to(folder).parts]


def sums(files):
    return len(files), sum(file.stat().st_size for file in files)


def contents(files):
    """How often each content is there: the tools name files differently."""
    return collections.Counter(hashlib.sha256(file.read_bytes()).hexdigest() for file in files)


def measure(options, label, container, files, azurite):
    """Runs every tool `rounds` times, after a round that compares what they bring."""
    # A folder of our own, whatever was named: it is removed.
    trees = (options.trees or options.scratch) / "flowlog-bench-trees"
    if trees.exists():
        shutil.rmtree(trees)
    right = sums([file for _, file in files])
    content = contents([file for _, file in files])
    runs = {name: [] for name in options.only.split(",")}
    for number in range(options.rounds + 1):
        for name in runs:
            folder = trees / f"{number}-{name}"
            folder.mkdir(parents=True)
            if hasattr(os, "sync"):
                os.sync()
            command, environment = tools(options, container, folder)[name]
            run = Download(command, environment, options.scratch / f"{name}.log", azurite)
            here = brought(folder)
            if sums(here) != right:
                sys.exit(f"{name} brought {sums(here)} files and bytes of {right}, so no time is stated")
            if number == 0 and contents(here) != content:
                sys.exit(f"{name} brought other bytes than there are, so no time is stated")
            if number > 0:
                runs[name].append(run)
            round_name = f"round {number} of {options.rounds}" if number else "warm-up"
            print(f"{label}: {round_name}: {name} {run.wall:.2f} s, {run.peak / 1e6:.0f} MB", file=sys.stderr)
            # Emptied, not removed: for minutes ext4 is slow to create files where it has just removed many.
            for file in here:
                os.truncate(file, 0)
    shutil.rmtree(trees)
    return right, runs


def table(right, runs):
    def median(name, part):
        return statistics.median(getattr(run, part) for run in runs[name])

    peers = [name for name in runs if name != "flowlog-download"]
    best = min((median(name, "wall") for name in peers), default=float("nan"))
    best_safe = min((median(name, "safe") for name in peers), default=float("nan"))
    lines = [
        "| | wall s (least - most) | faster peer = 1 | until all is on the disk, s | faster peer = 1 | MB/s | CPU s | Azurite's CPU s | of wall | peak MB |",
        "|---|---|---|---|---|---|---|---|---|---|",
    ]
    for name, made in runs.items():
        walls = [run.wall for run in made]
        wall = median(name, "wall")
        safe = median(name, "safe")
        lines.append(
            f"| {name} | {wall:.2f} ({min(walls):.2f} - {max(walls):.2f}) | {wall / best:.2f} | {safe:.2f} | {safe / best_safe:.2f} "
            f"| {right[1] / 1e6 / wall:.0f} | {median(name, 'cpu'):.2f} | {median(name, 'azurite'):.2f} "
            f"| {median(name, 'azurite') / wall:.0%} | {median(name, 'peak') / 1e6:.0f} |"
        )
    return "\n".join(lines)


def versions(options):
    rclone = subprocess.run([options.rclone, "version"], capture_output=True, text=True).stdout.split("\n")[0]
    code = "from importlib.metadata import version; print(version('azure-cli'))"
    azure = subprocess.run([options.python, "-c", code], capture_output=True, text=True).stdout.strip()
    return f"{rclone} ({options.rclone_flags}), azure-cli {azure}, {options.service}"


def main():
    parser = argparse.ArgumentParser()
    for name in ("download", "endpoint", "account", "key", "python", "rclone", "service"):
        parser.add_argument(f"--{name}", required=True)
    parser.add_argument("--azurite", required=True, type=int, help="its process")
    parser.add_argument("--set", action="append", required=True, type=Path, help="a folder flowlog-generate wrote")
    parser.add_argument("--rclone-flags", default="--transfers 16 --checkers 16 --fast-list")
    parser.add_argument("--only", default="flowlog-download,rclone,az")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--scratch", required=True, type=Path)
    parser.add_argument("--trees", type=Path, help="where the tools write, if not below the scratch folder")
    parser.add_argument("--results", required=True, type=Path)
    options = parser.parse_args()

    service = Service(options.endpoint, options.account, options.key)
    busy_before = load()
    parts = []
    for number, folder in enumerate(options.set):
        container = f"insights-logs-flowlogflowevent-{number}"
        source = folder / "container"
        files = sorted((file.relative_to(source).as_posix(), file) for file in brought(source))
        print(f"uploading {len(files)} blobs", file=sys.stderr)
        service.fill(container, files)
        sizes = [file.stat().st_size for _, file in files]
        right, runs = measure(options, folder.name, container, files, options.azurite)
        parts.append(
            f"## {right[0]:,} blobs, {right[1]:,} bytes\n\n"
            f"{min(sizes):,} to {max(sizes):,} bytes a blob, {statistics.mean(sizes):,.0f} on average.\n\n{table(right, runs)}\n"
        )
    cores, described = machine()
    now = datetime.datetime.now(datetime.timezone.utc).date().isoformat()
    text = f"""# Downloads, {now}, {cores} cores

{described}; Python {platform.python_version()}; {versions(options)}.
Load average before: {busy_before:.1f}. Medians of {options.rounds} rounds after a warm-up, by turns, each a whole process into an empty folder;
all brought the same files and bytes.

""" + "\n".join(parts)
    record(options.results, f"{now}-{cores}core-download.md", text)


main()
