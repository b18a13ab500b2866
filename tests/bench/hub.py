#!/usr/bin/env python3
"""Measures one gateway with many links; called by hub.sh inside a private machine.

Labs is the hub: a real sshd, one tunneld, and a bridge for each link. HOME dials all of them, as if
it were many gateways.
"""
import argparse
import os
import select
import statistics
import sys
import time
from pathlib import Path

import hub_profiles
import processes
import report
import traffic
from nodes import (STATE, Failure, Program, build_sites, on, sites, start_daemons, status,
                   wait_until)

AT_ONCE = 8  # logins at a time: each takes a third of a second of processor time


def prepare(count, client):
    build_sites()
    # Ten half-open logins are sshd's default, and enough for gateways that redial by themselves.
    drop_in = STATE / "nodes/labs/ssh/sshd_config.d/hub.conf"
    drop_in.write_text("MaxStartups 100\n")
    sites("stop", "labs", "sshd")
    sites("start-sshd")
    links = hub_profiles.generate(count, client)
    start_daemons()
    return links


def bring_up(links):
    """Seconds for all of them, a few at a time."""
    started = time.monotonic()
    for first in range(0, len(links), AT_ONCE):
        batch = [link.name for link in links[first:first + AT_ONCE]]
        on("home", "tunnelctl", "up", *batch)
        for name in batch:
            wait_until("up", site=name)
    return time.monotonic() - started


def bridges_of_hub(links):
    """Process ids by name; every link must be up."""
    out = {one["site"]: one["bridge_pid"] for one in status("labs")["sites"]
           if one["state"] == "up"}
    missing = [link.name for link in links if link.name not in out]
    if missing:
        raise Failure(f"{len(missing)} links are not up, {missing[0]} for one")
    return out


def watch_idle(pids, seconds):
    """Processor time of the processes while nothing is sent: seconds, and how long it was looked.
    tunneld must not end meanwhile: it is the first of them."""
    daemon = os.pidfd_open(pids[0])
    before, started = processes.processor_seconds(pids), time.monotonic()
    ended, _, _ = select.select([daemon], [], [], seconds)
    os.close(daemon)
    if ended:
        raise Failure("the hub's tunneld ended")
    return processes.processor_seconds(pids) - before, time.monotonic() - started


def idle_figures(links, seconds):
    bridges = bridges_of_hub(links)
    daemon = status("labs")["pid"]
    memory = [processes.proportional_mib(pid) for pid in bridges.values()]
    of_bridges, time_of_bridges = watch_idle([daemon, *bridges.values()], seconds)
    if bridges_of_hub(links) != bridges:
        raise Failure("a link was lost while nothing was sent")
    return {"links": len(links), "bridge_pss_mib": round(statistics.median(memory), 2),
            "bridge_pss_most_mib": round(max(memory), 2),
            "tunneld_pss_mib": round(processes.proportional_mib(daemon), 2),
            "idle_core_percent": round(100 * of_bridges / time_of_bridges, 2)}


def transfer_at_once(links, seconds):
    """The sum of what all of them receive at the same time, one flow each: gigabits a second."""
    ports = {link.name: traffic.FIRST_PORT + link.number for link in links}
    servers = [traffic.Server(link.labs, ports[link.name]) for link in links]
    clients = [Program("home", *traffic.client(link.labs, seconds, port=ports[link.name]), "-J")
               for link in links]
    reports = [client.output(seconds * 3 + 60) for client in clients]
    for server in servers:
        server.program.finish()
    return sum(traffic.received(text)[0] for text in reports)


def throughput_figures(links, rounds, seconds):
    alone, together = [], []
    for number in range(rounds):
        print(f"round {number + 1} of {rounds}: one link, then {len(links)}", file=sys.stderr,
              flush=True)
        alone.append(transfer_at_once(links[:1], seconds))
        together.append(transfer_at_once(links, seconds))
    one, many = statistics.median(alone), statistics.median(together)
    return {"links_at_once": len(links), "one_link_gbps": round(one, 3),
            "sum_gbps": round(many, 3), "sum_to_one": round(many / one, 2)}


def markdown(figures, options):
    rows = [[f"{figures['links']} links established, {AT_ONCE} logins at a time",
             f"{figures['setup_seconds']:.1f} s"],
            ["proportional memory of a bridge, median and most",
             f"{figures['bridge_pss_mib']:.2f} MiB, {figures['bridge_pss_most_mib']:.2f} MiB"],
            ["proportional memory of tunneld", f"{figures['tunneld_pss_mib']:.1f} MiB"],
            [f"tunneld and all bridges, idle for {options.idle} s",
             f"{figures['idle_core_percent']:.2f} % of a core"],
            ["one link alone", f"{figures['one_link_gbps']:.2f} Gb/s"],
            [f"{figures['links_at_once']} links at once, their sum",
             f"{figures['sum_gbps']:.2f} Gb/s ({figures['sum_to_one']:.2f} ×)"]]
    return report.table([f"Hub, {options.client} at the other ends", "Figure"], rows)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--links", type=int, default=200)
    parser.add_argument("--client", choices=("libssh2", "openssh"), default="libssh2")
    parser.add_argument("--idle", type=int, default=60)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=int, default=8)
    parser.add_argument("--json", type=Path)
    parser.add_argument("--markdown", type=Path)
    options = parser.parse_args()
    links = prepare(options.links, options.client)
    figures = {"setup_seconds": round(bring_up(links), 1)}
    figures |= idle_figures(links, options.idle)
    figures |= throughput_figures(links[:20], options.rounds, options.seconds)
    text = markdown(figures, options)
    report.write(options, figures, text)


if __name__ == "__main__":
    main()
