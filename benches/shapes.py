"""Runs flowlog-analyze over hostile shapes, and over sets of growing size, and prints what each takes beside the goal.

`cargo xtask shapes` starts it; nothing but Python's standard library is needed here.
"""

import argparse
import datetime
import json
import math
import shutil
import sys
from pathlib import Path

from hostile import SHAPES
from measure import Run, load, machine, record

GOAL = "10 s, 1 GB"
# What is told of one: the memory of so many, less that of a tenth of them, by their difference in number.
PER_ONE = ("macs", "sources", "nics", "rules", "conversations", "hosts", "open")


class Bench:
    def __init__(self, options):
        self.options = options
        self.limits = {"seconds": options.timeout, "bytes": int(options.memory * 1e9)}

    def run(self, folder, tuples, limits):
        """The whole default report; it must have counted every tuple."""
        command = [self.options.analyze, folder, "--format", "json", "--quiet"]
        answer = self.options.scratch / "shape.json"
        run = Run(command, self.options.scratch / "shape.run.json", answer, limits=limits)
        if run.code == 0:
            counted = json.loads(answer.read_bytes())["totals"]["tuples"]
            if counted != tuples:
                sys.exit(f"{folder.name}: {counted} tuples were counted, and there are {tuples}")
        elif not (run.timed_out or run.code < 0):
            sys.exit(f"{folder.name} failed with exit code {run.code}")
        return run

    def shape(self, name, count):
        """Written, measured and removed."""
        folder = self.options.scratch / f"shape-{name}"
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        tuples = SHAPES[name][1](folder, count)
        size = sum(file.stat().st_size for file in folder.iterdir())
        run = self.run(folder, tuples, self.limits)
        shutil.rmtree(folder)
        return size, run

    def row(self, name):
        what, _, count = SHAPES[name]
        count = int(count * self.options.part)
        size, run = self.shape(name, count)
        one = ""
        if name in PER_ONE and run.code == 0:
            few = self.shape(name, count // 10)[1]
            one = f"{(run.peak - few.peak) / (count - count // 10):,.0f}"
        print(f"{name}: {run.wall:.1f} s, {run.peak / 1e6:.0f} MB", file=sys.stderr)
        wall, peak = f"{run.wall:.1f}", f"{run.peak / 1e6:,.0f}"
        if run.timed_out:
            wall = f"over {self.options.timeout}"
        elif run.code:
            wall, peak = f"stopped at {wall}", f"over {self.options.memory * 1000:,.0f}"
        met = run.code == 0 and run.wall <= 10 and run.peak <= 1e9
        return f"| {count:,} {what} | {size / 1e6:,.0f} | {GOAL} | {wall} | {run.cpu:.1f} | {peak} | {one} | {'yes' if met else '**no**'} |"

    def scaling(self, folders):
        """Wall and processor time over the number of tuples, and the exponents of the lines through them."""
        lines = ["| set | tuples | wall s | CPU s | CPU ns a tuple | peak MB |", "|---|---|---|---|---|---|"]
        points = []
        for folder in folders:
            tuples = json.loads((folder / "truth.json").read_text())["totals"]["tuples"]
            # The first run brings the set into the page cache.
            run = [self.run(folder / "container", tuples, {"bytes": self.limits["bytes"]}) for _ in range(2)][1]
            print(f"{folder.name}: {run.wall:.1f} s, {run.peak / 1e6:.0f} MB", file=sys.stderr)
            if run.code:
                lines.append(f"| {folder.name} | {tuples:,} | over the limit of memory | | | |")
                continue
            points.append((tuples, run))
            lines.append(
                f"| {folder.name} | {tuples:,} | {run.wall:.2f} | {run.cpu:.2f} | {run.cpu / tuples * 1e9:,.0f} | {run.peak / 1e6:,.0f} |"
            )
        if len(points) > 1:
            of = {part: exponent([(tuples, getattr(run, part)) for tuples, run in points]) for part in ("wall", "cpu", "peak")}
            lines.append("\nExponents: wall {wall:.2f}, CPU {cpu:.2f}, memory {peak:.2f}.".format(**of))
        return "\n".join(lines)


def exponent(points):
    """The slope of the line of least squares through the logarithms."""
    logs = [(math.log(x), math.log(y)) for x, y in points]
    mean = [sum(part) / len(logs) for part in zip(*logs)]
    above = sum((x - mean[0]) * (y - mean[1]) for x, y in logs)
    return above / sum((x - mean[0]) ** 2 for x, _ in logs)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--analyze", required=True, help="the flowlog-analyze to measure")
    parser.add_argument("--only", default=",".join(SHAPES), help="names of shapes; an empty one for none")
    parser.add_argument("--scaling", action="append", default=[], help="folders flowlog-generate wrote, of one kind, separated by commas")
    parser.add_argument("--part", type=float, default=1, help="so much of each shape's number")
    parser.add_argument("--timeout", type=int, default=200, help="seconds after which the run of a shape is stopped")
    parser.add_argument("--memory", type=float, default=8, help="GB of address space that a run may have")
    parser.add_argument("--scratch", required=True, type=Path)
    parser.add_argument("--results", required=True, type=Path)
    options = parser.parse_args()
    names = list(filter(None, options.only.split(",")))
    for name in names:
        if name not in SHAPES:
            sys.exit(f"no shape is called {name}; there are {', '.join(SHAPES)}")

    bench, busy_before, parts = Bench(options), load(), []
    if names:
        head = "| shape | MB | goal | wall s | CPU s | peak MB | bytes each | met |\n|---|---|---|---|---|---|---|---|\n"
        parts.append("## Shapes\n\n" + head + "\n".join(bench.row(name) for name in names) + "\n")
    for folders in options.scaling:
        folders = [Path(folder) for folder in folders.split(",")]
        parts.append(f"## Scaling, {folders[0].name.partition('-')[0]}\n\n{bench.scaling(folders)}\n")

    cores, described = machine()
    today = datetime.datetime.now(datetime.timezone.utc).date().isoformat()
    text = f"""# Shapes and scaling, {today}, {cores} cores

{described}. Load average before the first run: {busy_before:.1f} (above 0.5, others were using the machine too).
The whole default report as JSON; a shape is stopped after {options.timeout} s, any run with more than {options.memory:g} GB.

""" + "\n".join(parts)
    record(options.results, f"{today}-{cores}core-shapes.md", text)


main()
