"""Runs flowlog-analyze and its peers by turns over generated sets, checks that they agree, prints the figures.

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

from agree import differences, false
from alone import alone
from measure import Run, load, machine, record

BENCHES = Path(__file__).resolve().parent
SERVICES = BENCHES.parent / "crates/flowlog-core/data/services.txt"
# The whole default report, and what the peers make of it: rows counted as they stand, no findings.
WHOLE, ROWS = "flowlog", "flowlog, rows alone"
# The same program as `cargo build --release` makes it, not laid out by a profile.
PLAIN = "flowlog, cargo build --release"


def commands(options, container):
    """Name -> command. Each prints Flowlog's report, as JSON."""
    # The peers rank by tuples.
    flowlog = [options.analyze, container, "--format", "json", "--sort", "tuples", "--quiet"]
    made = {WHOLE: flowlog, ROWS: [*flowlog, "--no-findings", "--no-dedup"], PLAIN: [options.plain, *flowlog[1:]]}
    for threads in options.threads:
        made[of_threads(threads)] = [*flowlog, "--threads", threads]
    duckdb = [options.python, BENCHES / "duckdb/report.py", container, SERVICES]
    known = {
        "duckdb": duckdb,
        "duckdb-plain": [*duckdb, "--loader", "plain"],
        "clickhouse": [options.python, BENCHES / "clickhouse/report.py", container, SERVICES],
    }
    for name in options.peers:
        if name not in known:
            sys.exit(f"no peer is called {name}; there are {', '.join(known)}")
        made[name] = known[name]
    return made


def listed(text):
    return [word for word in text.split(",") if word]


def of_threads(threads):
    return f"{WHOLE}, --threads {threads}"


def version(python, name):
    package = {"clickhouse": "chdb"}.get(name, "duckdb")
    code = f"from importlib.metadata import version; print(version('{package}'))"
    return f"{package} " + subprocess.run([python, "-c", code], capture_output=True, text=True).stdout.strip()


class Contest:
    """All commands over one set."""

    def __init__(self, options, folder):
        self.name = folder.name
        self.scratch, self.rounds = options.scratch, options.runs
        self.truth = json.loads((folder / "truth.json").read_text())
        self.commands = commands(options, folder / "container")
        self.runs = {name: [] for name in self.commands}
        self.totals = {}
        # Numbers of threads, and seconds in which no more than one of them could run.
        self.alone = {}

    def run(self, name, answer):
        run = Run(self.commands[name], self.scratch / f"{name}.run.json", answer)
        if run.code:
            sys.exit(f"{name} failed with exit code {run.code}")
        return run

    def answer(self, name):
        return self.scratch / f"{name}.json"

    def warm_up(self):
        """The set comes into the page cache, and the answers are compared."""
        for name in self.commands:
            print(f"{self.name}: warm-up: {name}", file=sys.stderr)
            self.run(name, self.answer(name))
        whole, rows = (json.loads(self.answer(name).read_bytes()) for name in (WHOLE, ROWS))
        wrong = [f"{WHOLE} and the truth file: {sentence}" for sentence in false(whole, self.truth)]
        for name in list(self.commands)[2:]:
            if name.startswith(WHOLE):
                same = self.answer(name).read_bytes() == self.answer(WHOLE).read_bytes()
                wrong += [] if same else [f"{WHOLE} and {name}: other bytes"]
                continue
            peer = json.loads(self.answer(name).read_bytes())
            wrong += [f"{ROWS} and {name}: {sentence}" for sentence in differences(rows, peer)]
        if wrong:
            sys.exit("the answers differ, so no time is stated:\n  " + "\n  ".join(wrong))
        self.totals = whole["totals"]

    def measure(self):
        for number in range(self.rounds):
            for name in self.commands:
                again = self.scratch / f"{name}.again.json"
                run = self.run(name, again)
                self.runs[name].append(run)
                print(f"{self.name}: run {number + 1} of {self.rounds}: {name} {run.wall:.2f} s", file=sys.stderr)
                if again.read_bytes() != self.answer(name).read_bytes():
                    sys.exit(f"{name} gave another answer than in the warm-up")

    def watch(self, threads):
        """In runs of their own: looking at threads takes time."""
        for number in threads:
            seconds = [alone(self.commands[of_threads(number)]) for _ in range(self.rounds)]
            if None not in seconds:
                self.alone[number] = statistics.median(seconds)

    def section(self):
        totals = self.totals
        said = "; ".join(f"{seconds:.2f} s with {number} threads" for number, seconds in self.alone.items())
        said = f"\nNo more than one thread could run for {said}.\n" if said else ""
        return f"""## {self.name}

{totals["files"]:,} files, {totals["input_bytes"]:,} bytes, {totals["records"]:,} records, {totals["tuples"]:,} tuples,
{totals["conversations"]:,} conversations, {totals["unique_sources"]:,} sources. Medians of {self.rounds} runs after a warm-up, by turns; the answers agreed.

{table(self.runs, totals)}
{said}"""


def table(runs, totals):
    """Medians; a ratio compares a median with Flowlog's of the same rounds."""
    lines = [
        "| | wall s (least - most) | CPU s | CPU ns a tuple | peak MB | MB/s | tuples/s "
        "| wall, Flowlog = 1 | CPU, Flowlog = 1 | memory, Flowlog = 1 |",
        "|---|---|---|---|---|---|---|---|---|---|",
    ]
    median = {
        name: [statistics.median(getattr(run, part) for run in made) for part in ("wall", "cpu", "peak")]
        for name, made in runs.items()
    }
    for name, made in runs.items():
        wall, cpu, peak = median[name]
        ratios = " | ".join(f"{part / own:.2f}" for part, own in zip(median[name], median[WHOLE]))
        walls = [run.wall for run in made]
        lines.append(
            f"| {name} | {wall:.2f} ({min(walls):.2f} - {max(walls):.2f}) | {cpu:.2f} | {cpu / totals['tuples'] * 1e9:,.0f} "
            f"| {peak / 1e6:.0f} | {totals['input_bytes'] / 1e6 / wall:.0f} | {totals['tuples'] / wall:,.0f} | {ratios} |"
        )
    return "\n".join(lines)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--analyze", required=True, help="the flowlog-analyze to measure")
    parser.add_argument("--plain", required=True, help="the same, as cargo build --release makes it")
    parser.add_argument("--set", required=True, action="append", type=Path, help="a folder flowlog-generate wrote")
    parser.add_argument("--python", required=True, help="a Python that has the peers")
    parser.add_argument("--peers", type=listed, default=["duckdb"])
    parser.add_argument("--threads", type=listed, default=[], help="numbers of threads to measure Flowlog with, too")
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--scratch", required=True, type=Path)
    parser.add_argument("--results", required=True, type=Path)
    options = parser.parse_args()

    busy_before = load()
    sections = []
    for folder in options.set:
        contest = Contest(options, folder)
        contest.warm_up()
        contest.measure()
        contest.watch([number for number in options.threads if number != "1"])
        sections.append(contest.section())

    cores, described = machine()
    today = datetime.datetime.now(datetime.timezone.utc).date().isoformat()
    versions = ", ".join(dict.fromkeys(version(options.python, name) for name in options.peers)) or "no peers"
    text = f"""# {today}, {cores} cores

{described}; Python {platform.python_version()}; {versions}.
Load average before the first run: {busy_before:.1f} (above 0.5, others were using the machine too).
`{WHOLE}` is the whole default report, findings and counting once included, by the program that `cargo xtask release` builds; `{ROWS}` is
without both, as the peers are; `{PLAIN}` is the whole report by a plain build.

""" + "\n".join(sections)
    record(options.results, f"{today}-{cores}core.md", text)


main()
