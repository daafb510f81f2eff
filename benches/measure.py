"""What a whole process takes, and on which machine."""

import json
import os
import platform
import subprocess
import sys
from pathlib import Path

# Runs a command and tells what it used. A process of its own: what wait4 calls the peak of a child is at least what
# its parent had when it started it, and the scripts hold much at times.
RUNNER = """
import json, os, subprocess, sys, threading, time
limits = json.loads(sys.argv[2])
if "bytes" in limits:
    import resource
    resource.setrlimit(resource.RLIMIT_AS, (limits["bytes"],) * 2)
started = time.perf_counter()
process = subprocess.Popen(sys.argv[3:], stdin=subprocess.DEVNULL)
timed_out = False
def stop():
    global timed_out
    timed_out = True
    process.kill()
timer = threading.Timer(limits.get("seconds", 1e6), stop)
timer.start()
usage = None
if hasattr(os, "wait4"):
    # Of this child alone; getrusage would tell of all so far.
    _, status, usage = os.wait4(process.pid, 0)
    code = os.waitstatus_to_exitcode(status)
else:
    code = process.wait()
timer.cancel()
wall = time.perf_counter() - started
cpu = usage.ru_utime + usage.ru_stime if usage else float("nan")
# Kilobytes, on macOS bytes.
peak = usage.ru_maxrss * (1 if sys.platform == "darwin" else 1024) if usage else float("nan")
with open(sys.argv[1], "w") as out:
    json.dump({"wall": wall, "cpu": cpu, "peak": peak, "code": code, "timed_out": timed_out}, out)
"""


class Run:
    """What one whole process took: seconds on the wall, seconds of CPU, bytes at its peak."""

    def __init__(self, command, told, output, with_errors=False, environment=None, limits=None):
        """Standard output, and standard error if asked, go to the file `output`; what it took, on the way, to `told`.
        `limits` may name `seconds` and `bytes` of address space."""
        runner = [sys.executable, "-I", "-S", "-c", RUNNER, told, json.dumps(limits or {})]
        words = [str(word) for word in [*runner, *command]]
        with open(output, "wb") as file:
            errors = file if with_errors else None
            subprocess.run(words, stdin=subprocess.DEVNULL, stdout=file, stderr=errors, env=environment, check=True)
        self.__dict__.update(json.loads(Path(told).read_text()))


def machine():
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    model = platform.processor() or platform.machine()
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists():
        names = [line.split(":", 1)[1].strip() for line in cpuinfo.read_text().splitlines() if "model name" in line]
        model = names[0] if names else model
    return cores, f"{cores} cores ({model}), {platform.system()} {platform.machine()}"


def load():
    """Processes that wanted a processor, over the last minute."""
    return os.getloadavg()[0] if hasattr(os, "getloadavg") else float("nan")


def record(folder, name, text):
    """Writes a result to its file and prints it."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / name
    path.write_text(text)
    print(text)
    print(f"written to {path}", file=sys.stderr)
