#!/usr/bin/env python3
"""Starts a program and waits until it is ready; stops programs and waits until they are gone.

    process.py start --pid-file FILE --log FILE [--timeout SECONDS] -- PROGRAM [ARGUMENT...]
    process.py stop  (--pid-file FILE | --pid N...) [--signal NAME] [--timeout SECONDS]

"Ready" is the program's own word, sd_notify(3)'s READY=1; sshd and tunneld both speak it. Nothing
is polled: the word arrives on a socket, and a death on a pidfd. Exit status: 0 done, 1 not (a
sentence on stderr says why).
"""

import argparse
import os
import pathlib
import select
import signal
import socket
import subprocess
import sys
import tempfile
import time


def wait_for_ready(notifications: socket.socket, pidfd: int, deadline: float) -> str | None:
    """Returns None when the program is ready, or what happened instead."""
    while (left := deadline - time.monotonic()) > 0:
        readable, _, _ = select.select([notifications, pidfd], [], [], left)
        if notifications in readable:
            if b"READY=1" in notifications.recv(65536).split(b"\n"):
                return None
        elif pidfd in readable:
            return "ended before it was ready"
    return "did not become ready in time"


def start(options: argparse.Namespace) -> str | None:
    """Leaves a ready program behind, its process id in the file; or returns what went wrong."""
    with tempfile.TemporaryDirectory(dir="/run", prefix="notify.") as directory:
        os.chmod(directory, 0o711)  # a program that has given up root must reach the socket
        path = f"{directory}/socket"
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as notifications:
            notifications.bind(path)
            os.chmod(path, 0o666)
            with open(options.log, "ab") as log:
                program = subprocess.Popen(
                    options.program,
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=log,
                    env=os.environ | {"NOTIFY_SOCKET": path},
                    start_new_session=True,
                )
            options.pid_file.write_text(f"{program.pid}\n")
            pidfd = os.pidfd_open(program.pid)
            problem = wait_for_ready(notifications, pidfd, time.monotonic() + options.timeout)
    if problem:
        program.kill()
        program.wait()
        options.pid_file.unlink()
        return f"{options.program[0]} {problem}; its last words are in {options.log}"
    return None


def stop(options: argparse.Namespace) -> str | None:
    """Signals the programs and waits for their end; one that is not there is stopped already."""
    pids = options.pid or []
    if options.pid_file and options.pid_file.exists():
        pids = [int(options.pid_file.read_text())]
    running = {}
    for pid in pids:
        try:
            running[pid] = os.pidfd_open(pid)
            signal.pidfd_send_signal(running[pid], signal.Signals[f"SIG{options.signal}"])
        except ProcessLookupError:
            running.pop(pid, None)
    deadline = time.monotonic() + options.timeout
    for pid, pidfd in running.items():
        if not select.select([pidfd], [], [], max(0.0, deadline - time.monotonic()))[0]:
            return f"process {pid} is still there {options.timeout:g} s after SIG{options.signal}"
    if options.pid_file:
        options.pid_file.unlink(missing_ok=True)
    return None


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    verbs = parser.add_subparsers(required=True)
    for verb in (start, stop):
        arguments = verbs.add_parser(verb.__name__)
        arguments.set_defaults(verb=verb)
        arguments.add_argument("--timeout", type=float, default=15.0)
        if verb is start:
            arguments.add_argument("--pid-file", type=pathlib.Path, required=True)
            arguments.add_argument("--log", required=True)
            arguments.add_argument("program", nargs="+")
        else:
            which = arguments.add_mutually_exclusive_group(required=True)
            which.add_argument("--pid-file", type=pathlib.Path)
            which.add_argument("--pid", type=int, nargs="+")
            arguments.add_argument("--signal", default="TERM")
    options = parser.parse_args()
    problem = options.verb(options)
    if problem:
        print(f"process.py: {problem}", file=sys.stderr)
    return 1 if problem else 0


sys.exit(main())
