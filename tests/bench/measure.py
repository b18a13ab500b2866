#!/usr/bin/env python3
"""Measures the systems side by side; called by run.sh inside a private machine.

Rounds are interleaved, so that a machine whose speed drifts is unfair to none. Every figure is the
median over the rounds; of round trips, over all pings of all rounds.
"""
import argparse
import sys
from pathlib import Path

import plot
import processes
import report
import systems
import traffic
from nodes import PROGRAMS, Failure, build_sites, on, start_daemons, wait_until
from samples import Alone, Samples

# Labs in the place of a foreign peer: HOME cuts everything to the MRU and frames it as RFC 1662 says.
FOREIGN = "offload = false\n"


def measure_transfer(system, samples, seconds, direction):
    """One direction, and what its processes took for it."""
    at_work = system.processes()
    before = {node: processes.processor_seconds(pids) for node, pids in at_work.items()}
    options = ["-R"] if direction == "reverse" else []
    speed, size = traffic.transfer(system.peer, seconds, *options)
    getattr(samples, direction).append(speed)
    for node, pids in at_work.items():
        taken = processes.processor_seconds(pids) - before[node]
        samples.processor.setdefault((direction, node), []).append(taken / (size / 1e9))


def measure_system(system, samples, seconds):
    system.start()
    ours = isinstance(system, systems.Ours)
    if ours and not samples.memory:
        samples.memory = system.memory()
    samples.idle += traffic.round_trips(system.peer, 50)
    measure_transfer(system, samples, seconds, "forward")
    measure_transfer(system, samples, seconds, "reverse")
    samples.loaded += traffic.loaded_round_trips(system.peer, seconds)
    if ours:
        samples.to_first_ping.append(system.time_to_first_ping())


def try_system(system, samples, seconds):
    """One that fails is left alone from then on; the rest goes on."""
    try:
        measure_system(system, samples, seconds)
    except (Failure, OSError) as failure:
        samples.failure = str(failure)
        print(f"{system.name}: {failure}", file=sys.stderr, flush=True)
    try:
        system.stop()
    except (Failure, OSError) as failure:
        samples.failure = samples.failure or str(failure)


def measure_alone(alone, sshd, seconds):
    """Without a tunnel: one command over ssh, and libssh2 with a `cat` at the other end."""
    try:
        alone.ssh_true.append(systems.time_of_ssh_true())
        for direction, speeds in alone.libssh2.items():
            speeds.append(float(on(
                "home", str(PROGRAMS / "libssh2_stream"), direction, str(seconds), systems.LABS,
                systems.BENCH_PORT, "root", systems.BENCH_KEY, str(sshd.host_key),
                timeout=seconds + 30)))
    except (Failure, OSError) as failure:
        alone.failure = str(failure)


def all_systems(sshd):
    return [systems.Ours("openssh"), systems.Ours("libssh2"),
            systems.Ours("openssh", "tunneld, as to a foreign peer", FOREIGN),
            systems.SshTunnel(sshd), systems.OpenVpn("UDP"), systems.OpenVpn("TCP"),
            systems.SoftEther(), systems.Bare()]


def measure(candidates, sshd, rounds, seconds):
    raw = {system.name: Samples() for system in candidates}
    alone = Alone()
    for number in range(rounds):
        for system in candidates:
            samples = raw[system.name]
            if not samples.failure:
                print(f"round {number + 1} of {rounds}: {system.name}", file=sys.stderr, flush=True)
                try_system(system, samples, seconds)
        measure_alone(alone, sshd, seconds)
    return raw, alone


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=int, default=8)
    parser.add_argument("--short", action="store_true")
    parser.add_argument("--json", type=Path)
    parser.add_argument("--markdown", type=Path)
    parser.add_argument("--plot", type=Path)
    options = parser.parse_args()
    build_sites()
    start_daemons()
    wait_until("up")
    sshd = systems.BenchSshd()
    candidates = all_systems(sshd)
    if options.short:
        kept = (systems.Ours, systems.SshTunnel)
        candidates = [system for system in candidates if isinstance(system, kept)]
    raw, alone = measure(candidates, sshd, options.rounds, options.seconds)

    rows = report.rows_of(raw)
    text = report.markdown(rows, raw, alone, options.rounds, options.seconds)
    report.write(options, rows, text)
    if options.plot:
        options.plot.write_text(plot.svg(rows))
    # Figures are not judged, but there must be some.
    return 1 if any(raw[name].failure for name in ("tunneld, openssh", "tunneld, libssh2")) else 0


if __name__ == "__main__":
    sys.exit(main())
