#!/usr/bin/env python3
"""Has many sites dial one hub at the same moment; called by load.sh inside a private machine.

Labs is the hub, with an sshd as Debian configures it. HOME's tunneld dials all links, each by itself
as that of a gateway of its own would. Then the hub's sshd is restarted with all of its sessions, as
an update does that goes wrong, and all of them come back by themselves.
"""
import argparse
import json
import os
import re
import signal
import time
from pathlib import Path

import hub_profiles
import processes
import report
from nodes import STATE, Program, build_sites, on, sites, start_daemons, status

PATIENCE = 180


def prepare(count, client):
    build_sites()
    links = hub_profiles.generate(count, client)
    start_daemons()
    return links


def used_by(pid):
    """Descriptors, and MiB of proportional memory."""
    return len(os.listdir(f"/proc/{pid}/fd")), processes.proportional_mib(pid)


def wait_for_all(links, established):
    """Until each link is up, for the so many-th time at least."""
    deadline = time.monotonic() + PATIENCE
    for link in links:
        watch = Program("home", "tunnelctl", "status", link.name, "--watch", "--json")
        try:
            while True:
                line = watch.wait_for("^{.*", max(0.0, deadline - time.monotonic())).group(0)
                site = json.loads(line)["sites"][0]
                if site["state"] == "up" and site["established"] >= established:
                    break
        finally:
            watch.stop()


def dial_all(links):
    """Seconds from the word until the last one is up."""
    started = time.monotonic()
    on("home", "tunnelctl", "up", *(link.name for link in links))
    wait_for_all(links, 1)
    return time.monotonic() - started


def sessions_of_sshd():
    """All that it consists of but the listener: each session is two processes, and the bridge."""
    listener = int((STATE / "nodes/labs/sshd.pid").read_text())
    return [pid for pid in processes.descendants(listener)[1:] if processes.name(pid) == "sshd"]


def restart_sshd(links):
    """Seconds from the moment at which a new sshd listens until the last link is up again."""
    sessions = sessions_of_sshd()
    sites("stop", "labs", "sshd")
    for pid in sessions:
        os.kill(pid, signal.SIGKILL)
    processes.wait_for_end(sessions)
    sites("start-sshd")
    started = time.monotonic()
    wait_for_all(links, 2)
    return time.monotonic() - started


def dropped_by_sshd():
    """Connections that sshd closed at once because too many were half open (MaxStartups)."""
    log = (STATE / "nodes/labs/sshd.log").read_text(errors="replace")
    return len(re.findall("drop connection", log))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--links", type=int, default=200)
    parser.add_argument("--client", choices=("libssh2", "openssh"), default="libssh2")
    parser.add_argument("--json", type=Path)
    parser.add_argument("--markdown", type=Path)
    options = parser.parse_args()
    links = prepare(options.links, options.client)
    daemon = status("labs")["pid"]
    seen = [used_by(daemon)]
    figures = {"links": len(links), "first_seconds": round(dial_all(links), 1)}
    seen.append(used_by(daemon))
    figures["again_seconds"] = round(restart_sshd(links), 1)
    seen.append(used_by(daemon))
    figures |= {"dropped_by_sshd": dropped_by_sshd(), "descriptors": [of[0] for of in seen],
                "tunneld_pss_mib": [round(of[1], 1) for of in seen]}
    many = f"{len(links)} sites"
    rows = [[f"{many} dial at once: all up after", f"{figures['first_seconds']} s"],
            ["the hub's sshd restarted, with all its sessions: all up again after",
             f"{figures['again_seconds']} s"],
            ["connections that sshd dropped (MaxStartups)", str(figures["dropped_by_sshd"])],
            ["descriptors of the hub's tunneld: before, with all up, with all up again",
             ", ".join(map(str, figures["descriptors"]))],
            ["its proportional memory, likewise",
             ", ".join(f"{mib} MiB" for mib in figures["tunneld_pss_mib"])]]
    text = report.table([f"Hub, {options.client} at the other ends", "Figure"], rows)
    report.write(options, figures, text)


if __name__ == "__main__":
    main()
