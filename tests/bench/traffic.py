"""Transfers and round trips between the gateways of the reference sites."""
import json
import re

from nodes import CONGESTION, Failure, Program, on

FIRST_PORT = 5201


class Server:
    """An iperf3 that serves one transfer at Labs."""

    def __init__(self, peer, port=FIRST_PORT):
        self.program = Program("labs", "iperf3", "-s", "-1", "-B", peer, "-p", str(port),
                               "--forceflush")
        self.program.wait_for("Server listening")

    def __enter__(self):
        return self

    def __exit__(self, kind, _value, _trace):
        if kind is None:
            self.program.finish()
        else:
            self.program.stop()


def client(peer, seconds, *options, port=FIRST_PORT):
    return ["iperf3", "-c", peer, "-p", str(port), "-t", str(seconds), "--connect-timeout", "10000",
            "-C", CONGESTION, *options]


def received(report):
    """Gigabits a second that arrived at the other end, and the bytes."""
    total = json.loads(report)["end"]["sum_received"]
    return total["bits_per_second"] / 1e9, total["bytes"]


def transfer(peer, seconds, *options):
    """One TCP flow from HOME to Labs, or with "-R" the other way: gigabits a second, and bytes."""
    with Server(peer):
        return received(on("home", *client(peer, seconds, *options), "-J",
                           timeout=3 * seconds + 60))


def times_in(text):
    times = [float(ms) for ms in re.findall(r"time=([\d.]+) ms", text)]
    if not times:
        raise Failure("no ping was answered")
    return times


def round_trips(peer, count, interval=0.02):
    """Milliseconds."""
    return times_in(on("home", "ping", "-n", "-i", str(interval), "-c", str(count), peer,
                       timeout=10 + 3 * count * interval))


def loaded_round_trips(peer, seconds):
    """Those of a ping beside a transfer, from its second second on, for so long."""
    with Server(peer):
        load = Program("home", *client(peer, seconds + 2), "--forceflush")
        try:
            load.wait_for(r" 0\.00-1\.\d\d ")
            return round_trips(peer, int(seconds / 0.02))
        finally:
            load.finish(3 * seconds + 60)


def wait_for_answer(node, peer, timeout=30):
    """Until a ping is answered."""
    on(node, "ping", "-n", "-q", "-i", "0.05", "-c", "1", "-w", str(timeout), peer,
       timeout=timeout + 5)
