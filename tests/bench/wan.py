#!/usr/bin/env python3
"""Measures one TCP flow over long and lossy paths; called by wan.sh inside a private machine.

The line loses the n-th packet in either direction by n and a seed, so every system of a round meets
the same losses; each round has another seed. Each system is brought up over the line on which it is
measured, as the outer connection would otherwise know a path that is gone.
"""
import argparse
import statistics
import sys
from dataclasses import dataclass
from pathlib import Path

import report
import systems
import traffic
from line import Line
from nodes import CONGESTION, Failure, build_sites, on, start_daemons, wait_until

MEGABITS = 100


@dataclass(frozen=True)
class Route:
    """Round-trip time, and losses of each direction."""
    round_trip_ms: int
    loss_percent: float

    @property
    def name(self):
        return f"{self.round_trip_ms} ms, {self.loss_percent:g} %"

    def settings(self, seed):
        """A queue of one product of bandwidth and delay, as routers have."""
        queue = MEGABITS * 1_000_000 // 8 * self.round_trip_ms // 1000
        return (f"delay={self.round_trip_ms / 2}ms rate={MEGABITS}Mb/s queue={queue}B "
                f"loss={self.loss_percent}% seed={seed}")


PATHS = [Route(20, 0), Route(50, 0.5), Route(100, 1), Route(200, 2)]
PLAIN = "plain TCP"


def forget_paths():
    """Kernels remember how congested the way to an address was: here, on another path."""
    for node in ("home", "labs"):
        on(node, "ip", "tcp_metrics", "flush")


def goodput(system, line, settings, seconds):
    """Megabits a second, from the first second of the flow on; None where it failed, with a reason."""
    line.set(settings)
    try:
        forget_paths()
        system.start()
        forget_paths()  # of the tunnel, too
        return traffic.transfer(system.peer, seconds, "-O", "1")[0] * 1000, ""
    except (Failure, OSError) as failure:
        return None, str(failure)
    finally:
        line.set("delay=0ms")  # farewells need not take long
        try:
            system.stop()
        except (Failure, OSError) as failure:
            print(f"{system.name}: {failure}", file=sys.stderr)


def measure(candidates, line, rounds, seconds):
    samples = {}
    failures = {}
    for number in range(rounds):
        for path in PATHS:
            for system in candidates:
                print(f"round {number + 1} of {rounds}: {path.name}: {system.name}",
                      file=sys.stderr, flush=True)
                speed, failure = goodput(system, line, path.settings(number + 1), seconds)
                if failure:
                    failures[system.name, path] = failure
                    print(f"{system.name}: {failure}", file=sys.stderr)
                else:
                    samples.setdefault((system.name, path), []).append(speed)
    return samples, failures


def rows_of(candidates, samples, failures):
    return [{"system": system.name, "round_trip_ms": path.round_trip_ms,
             "loss_percent": path.loss_percent, "failure": failures.get((system.name, path), ""),
             "goodput_mbps": round(statistics.median(values), 2) if values else None}
            for path in PATHS for system in candidates
            for values in [samples.get((system.name, path), [])]]


def cell(row, plain):
    if row["goodput_mbps"] is None:
        return f"failed: {row['failure']}"
    text = f"{row['goodput_mbps']:.1f} Mb/s"
    if plain["goodput_mbps"]:
        text += f" ({100 * row['goodput_mbps'] / plain['goodput_mbps']:.0f} %)"
    return text


def markdown(candidates, rows, options):
    by = {(row["system"], row["round_trip_ms"]): row for row in rows}
    body = [[system.name] + [cell(by[system.name, path.round_trip_ms],
                                  by[PLAIN, path.round_trip_ms]) for path in PATHS]
            for system in candidates]
    method = (f"Goodput of one TCP flow from HOME to Labs, and its share of plain TCP's: medians of "
              f"{options.rounds} interleaved rounds of {options.seconds} s, behind a first second that "
              f"does not count. {MEGABITS} Mb/s, a queue of one round trip, losses in both "
              "directions, the same for all systems. Whoever does not choose a congestion control "
              f"uses {CONGESTION}.")
    return report.table(["System", *(path.name for path in PATHS)], body) + "\n\n" + method


def all_systems():
    sshd = systems.BenchSshd()
    plain = systems.Bare()
    plain.name = PLAIN
    return [plain, systems.Ours("openssh"), systems.Ours("libssh2"), systems.SshTunnel(sshd),
            systems.OpenVpn("UDP"), systems.OpenVpn("TCP")]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=int, default=20)
    parser.add_argument("--json", type=Path)
    parser.add_argument("--markdown", type=Path)
    options = parser.parse_args()
    build_sites()
    line = Line()
    start_daemons()
    wait_until("up")
    candidates = all_systems()
    candidates[1].stop()  # up by itself
    samples, failures = measure(candidates, line, options.rounds, options.seconds)
    rows = rows_of(candidates, samples, failures)
    text = markdown(candidates, rows, options)
    report.write(options, rows, text)


if __name__ == "__main__":
    main()
