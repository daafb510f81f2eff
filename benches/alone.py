"""How long a process has work for one thread alone: what more cores cannot make shorter."""

import os
import subprocess
import time

# Threads are looked at so often, seconds: a phase of a few milliseconds is not missed.
EVERY = 0.0005


def runnable(tasks):
    """How many threads run, or would if a core were free."""
    count = 0
    for task in os.listdir(tasks):
        try:
            with open(f"{tasks}/{task}/stat") as stat:
                # Behind the name, which may hold anything.
                count += stat.read().rpartition(")")[2].split()[0] in "RD"
        except OSError:
            pass
    return count


def alone(command):
    """Seconds in which no more than one thread of `command` could run; `None` where the system does not tell."""
    if not os.path.isdir("/proc/self/task"):
        return None
    process = subprocess.Popen([str(word) for word in command], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
    tasks, seconds, before = f"/proc/{process.pid}/task", 0.0, None
    while process.poll() is None:
        now, count = time.monotonic(), runnable(tasks)
        if before is not None and before[1] <= 1:
            seconds += now - before[0]
        before = now, count
        time.sleep(EVERY)
    return seconds
