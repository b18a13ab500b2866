"""What processes use: processor time, and memory."""
import os
import re
import select
from pathlib import Path

TICKS = os.sysconf("SC_CLK_TCK")


def fields(pid):
    """Those of /proc/PID/stat from the state on, which is number 3 in proc(5)."""
    return Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2].split()


def name(pid):
    return Path(f"/proc/{pid}/comm").read_text().strip()


def parent(pid):
    return int(fields(pid)[1])


def processor_seconds(pids):
    """User and system time of the processes so far. Work of the kernel in interrupts is nobody's."""
    ticks = 0
    for pid in pids:
        user, system = fields(pid)[11:13]
        ticks += int(user) + int(system)
    return ticks / TICKS


def children(pid):
    out = []
    for task in Path(f"/proc/{pid}/task").iterdir():
        out += [int(child) for child in (task / "children").read_text().split()]
    return out


def descendants(pid):
    """The process itself, its children, theirs, and so on."""
    out = [pid]
    for child in children(pid):
        out += descendants(child)
    return out


def up_to(pid, last):
    """The process, its parent, and so on, up to the one before `last`: a session of a daemon."""
    out = []
    while pid not in (last, 0, 1):
        out.append(pid)
        pid = parent(pid)
    return out


def proportional_mib(pid):
    """Memory, that which is shared divided by those that share it."""
    text = Path(f"/proc/{pid}/smaps_rollup").read_text()
    return int(re.search(r"^Pss:\s+(\d+)", text, re.M).group(1)) / 1024


def resident_mib(pid):
    text = Path(f"/proc/{pid}/status").read_text()
    return int(re.search(r"VmRSS:\s+(\d+)", text).group(1)) / 1024


def wait_for_end(pids, timeout=10.0):
    """Of processes that are ending, not necessarily our own; the kernel tells."""
    for pid in pids:
        try:
            handle = os.pidfd_open(pid)
        except ProcessLookupError:
            continue
        try:
            select.select([handle], [], [], timeout)
        finally:
            os.close(handle)
