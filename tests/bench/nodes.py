"""The nodes of the reference sites (examples/two-sites), for programs that measure on them.

Everything happens inside a private machine (tests/support/private-machine.sh), in which the sites
are built under $SITES_DIR and from which nothing is left. Nothing here sleeps or polls: programs
are waited for by what they print, and by their end.
"""
import functools
import json
import os
import queue
import re
import subprocess
import threading
import time
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]
SITES = REPOSITORY / "examples/two-sites/sites.sh"
STATE = Path(os.environ["SITES_DIR"])
PROGRAMS = Path(os.environ["TUNNEL_PROGRAMS"])  # ours, and those of the bench
PATIENCE = 30.0  # seconds, for anything that should happen soon


class Failure(Exception):
    """What could not be measured, and why, in a sentence for the table."""


def sites(*words):
    done = subprocess.run([SITES, *words], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
                          text=True, check=False)
    if done.returncode != 0:
        raise Failure(f"sites.sh {words[0]}: {last_words(done.stderr)}")


@functools.cache
def holder(node):
    """The process whose namespaces are the node's."""
    return int(subprocess.run([SITES, "pid", node], check=True, text=True,
                              stdout=subprocess.PIPE).stdout)


def command_on(node, command):
    return ["nsenter", "--target", str(holder(node)), "--net", "--mount", "--uts", "--", *command]


def last_words(text):
    """The line of a program's output that says most of why it failed."""
    lines = [line.strip() for line in text.splitlines() if line.strip()] or ["it said nothing"]
    return next((line for line in lines if "error:" in line), lines[-1])


def on(node, *command, timeout=PATIENCE, text=None):
    """The command's standard output; what it is given as text is its standard input."""
    try:
        done = subprocess.run(command_on(node, command), text=True, timeout=timeout, check=False,
                              input=text or "", stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    except subprocess.TimeoutExpired as expired:
        raise Failure(f"{command[0]} takes longer than {timeout:g} s") from expired
    if done.returncode != 0:
        raise Failure(f"{' '.join(command[:3])}: {last_words(done.stderr or done.stdout)}")
    return done.stdout


class Program:
    """A program on a node, or on none. Its output is always read, so that it never waits for us."""

    def __init__(self, node, *command):
        self.name = Path(command[0]).name
        self.lines = queue.SimpleQueue()
        self.process = subprocess.Popen(
            command_on(node, command) if node else command, text=True, stdin=subprocess.PIPE,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        threading.Thread(target=self._read, daemon=True).start()

    @property
    def pid(self):
        return self.process.pid

    def _read(self):
        for line in self.process.stdout:
            self.lines.put(line)
        self.lines.put(None)

    def wait_for(self, pattern, timeout=PATIENCE):
        """The first line that matches; everything before it is thrown away."""
        deadline = time.monotonic() + timeout
        last = "nothing"
        while True:
            try:
                line = self.lines.get(timeout=max(0.0, deadline - time.monotonic()))
            except queue.Empty:
                raise Failure(f"{self.name} has not said {pattern!r} in {timeout:g} s, "
                              f"but: {last}") from None
            if line is None:
                raise Failure(f"{self.name} ended: {last}")
            found = re.search(pattern, line)
            if found:
                return found
            last = line.strip() or last

    def say(self, line):
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()

    def finish(self, timeout=PATIENCE):
        try:
            return self.process.wait(timeout)
        except subprocess.TimeoutExpired as expired:
            raise Failure(f"{self.name} does not end") from expired

    def output(self, timeout=PATIENCE):
        """All that it says, to its end."""
        lines = []
        try:
            while (line := self.lines.get(timeout=timeout)) is not None:
                lines.append(line)
        except queue.Empty:
            raise Failure(f"{self.name} has said nothing for {timeout:g} s") from None
        if self.finish() != 0:
            raise Failure(f"{self.name}: {last_words(''.join(lines))}")
        return "".join(lines)

    def stop(self):
        self.process.terminate()
        try:
            self.process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


class Programs:
    """Several of them, ended together, the last one first; also when one of them failed."""

    def __init__(self):
        self.running = []

    def start(self, node, *command):
        program = Program(node, *command)
        self.running.append(program)
        return program

    def stop(self):
        while self.running:
            self.running.pop().stop()


# Of every TCP connection whose program does not choose another: Debian's, not whatever this
# machine's kernel was told. (A network namespace may not choose among all by sysctl, but by route.)
CONGESTION = os.environ.get("TUNNEL_CONGESTION", "cubic")
UPLINKS = {"home": "198.51.100.1", "labs": "203.0.113.1"}


def set_default_route(node):
    on(node, "ip", "route", "replace", "default", "via", UPLINKS[node], "congctl", CONGESTION)


def build_sites():
    """All but the daemons."""
    sites("build", str(STATE))
    for node in UPLINKS:
        set_default_route(node)
    sites("install-programs", str(PROGRAMS))
    sites("configure", str(REPOSITORY / "examples/two-sites"))
    sites("start-sshd")


def start_daemons():
    sites("start-tunneld", "labs")
    sites("start-tunneld", "home")


def status(node, site=None):
    """What tunnelctl shows of the gateway, or of one site; it exits with 3 where a link is down."""
    done = subprocess.run(command_on(node, ["tunnelctl", "status", "--json"]), text=True,
                          stdout=subprocess.PIPE, check=False, timeout=PATIENCE)
    gateway = json.loads(done.stdout)
    if site is None:
        return gateway
    return next(one for one in gateway["sites"] if one["site"] == site)


def wait_until(state, site="labs", node="home"):
    on(node, "tunnelctl", "status", site, "--until", state, "--timeout", f"{PATIENCE:g}s",
       timeout=2 * PATIENCE)
