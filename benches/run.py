"""Runs flowlog-analyze and its peers by turns over one set, checks that they agree, prints the figures.

`cargo xtask bench` starts it; nothing but Python's standard library is needed here.
"""

import argparse
import datetime
import json
import platform
import statistics
import subprocess
import sys
from pathlib import Path

from agree import differences
from measure import Run, load, machine, record

BENCHES = Path(__file__).resolve().parent
SERVICES = BENCHES.parent / "crates/flowlog-core/data/services.txt"


def peers(python, container):
    """Name -> command. Each prints Flowlog's report, as JSON."""
    duckdb = [python, BENCHES / "duckdb/report.py", container, SERVICES]
    clickhouse = [python, BENCHES / "clickhouse/report.py", container, SERVICES]
    return {
        "duckdb": duckdb,
        "duckdb-plain": [*duckdb, "--loader", "plain"],
        "clickhouse": clickhouse,
    }


def finished(run, name):
    if run.code:
        sys.exit(f"{name} failed with exit code {run.code}")
    return run


def version(python, name):
    package = {"clickhouse": "chdb"}.get(name, "duckdb")
    code = f"from importlib.metadata import version; print(version('{package}'))"
    return f"{package} " + subprocess.run([python, "-c", code], capture_output=True, text=True).stdout.strip()


def table(runs, totals):
    """Medians; a ratio compares a peer's median with Flowlog's of the same rounds."""
    lines = [
        "| | wall s (least - most) | CPU s | peak MB | MB/s | tuples/s | wall, Flowlog = 1 | CPU, Flowlog = 1 | memory, Flowlog = 1 |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    median = {
        name: [statistics.median(getattr(run, part) for run in made) for part in ("wall", "cpu", "peak")]
        for name, made in runs.items()
    }
    for name, made in runs.items():
        wall, cpu, peak = median[name]
        ratios = " | ".join(f"{part / own:.1f}" for part, own in zip(median[name], median["flowlog"]))
        walls = [run.wall for run in made]
        lines.append(
            f"| {name} | {wall:.2f} ({min(walls):.2f} - {max(walls):.2f}) | {cpu:.2f} | {peak / 1e6:.0f} "
            f"| {totals['input_bytes'] / 1e6 / wall:.0f} | {totals['tuples'] / wall:,.0f} | {ratios} |"
        )
    return "\n".join(lines)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--analyze", required=True, help="the flowlog-analyze to measure")
    parser.add_argument("--set", required=True, type=Path, help="a folder flowlog-generate wrote")
    parser.add_argument("--python", required=True, help="a Python that has the peers")
    parser.add_argument("--peers", default="duckdb")
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--scratch", required=True, type=Path)
    parser.add_argument("--results", required=True, type=Path)
    options = parser.parse_args()

    container = options.set / "container"
    known = peers(options.python, container)
    commands = {"flowlog": [options.analyze, container, "--format", "json", "--quiet", "--no-findings", "--no-dedup"]}
    for name in filter(None, options.peers.split(",")):
        if name not in known:
            sys.exit(f"no peer is called {name}; there are {', '.join(known)}")
        commands[name] = known[name]
    busy_before = load()

    # The warm-up: the set comes into the page cache, and the answers are compared.
    reports = {}
    for name, command in commands.items():
        print(f"warm-up: {name}", file=sys.stderr)
        output = options.scratch / f"{name}.json"
        finished(Run(command, options.scratch / f"{name}.run.json", output), name)
        reports[name] = json.loads(output.read_bytes())
    truth = json.loads((options.set / "truth.json").read_text())
    ours = reports["flowlog"]
    truth["totals"]["input_bytes"] = truth["totals"].pop("bytes")
    wrong = [
        f"flowlog and the truth file: totals.{name}: {ours['totals'][name]} and {value}"
        for name, value in truth["totals"].items()
        if ours["totals"][name] != value
    ]
    for name in list(reports)[1:]:
        wrong += [f"flowlog and {name}: {sentence}" for sentence in differences(ours, reports[name])]
    if wrong:
        sys.exit("the answers differ, so no time is stated:\n  " + "\n  ".join(wrong))

    runs = {name: [] for name in commands}
    for number in range(options.runs):
        for name, command in commands.items():
            output = options.scratch / f"{name}.again.json"
            runs[name].append(finished(Run(command, options.scratch / f"{name}.run.json", output), name))
            print(f"run {number + 1} of {options.runs}: {name} {runs[name][-1].wall:.2f} s", file=sys.stderr)
            if output.read_bytes() != (options.scratch / f"{name}.json").read_bytes():
                sys.exit(f"{name} gave another answer than in the warm-up")

    cores, described = machine()
    totals = ours["totals"]
    today = datetime.datetime.now(datetime.timezone.utc).date().isoformat()
    versions = ", ".join(dict.fromkeys(version(options.python, name) for name in list(commands)[1:])) or "no peers"
    text = f"""# {today}, {cores} cores

{described}; Python {platform.python_version()}; {versions}.
Load average before the first run: {busy_before:.1f} (above 0.5, others were using the machine too).

{totals["files"]:,} files, {totals["input_bytes"]:,} bytes, {totals["records"]:,} records, {totals["tuples"]:,} tuples,
{totals["conversations"]:,} conversations. Medians of {options.runs} runs after a warm-up, by turns; the answers agreed.

{table(runs, totals)}
"""
    record(options.results, f"{today}-{cores}core.md", text)


main()
