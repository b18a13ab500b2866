#!/usr/bin/env python3
"""Measures the systems side by side; called by run.sh inside a private machine.

Rounds are interleaved, so that a machine whose speed drifts is unfair to none. Every figure is the
median over the rounds.
"""
import argparse
import json
import os
import re
import statistics
import subprocess
import sys
import time
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]
SITES = REPOSITORY / "examples/two-sites/sites.sh"
STATE = Path(os.environ["SITES_DIR"])
SSH_PORT = "2222"  # a second sshd, for ssh -w and `ssh host true`: root, as those need it
SSH = ["ssh", "-p", SSH_PORT, "-i", "/run/ssh-bench", "-o", "StrictHostKeyChecking=no",
       "-o", "UserKnownHostsFile=/dev/null", "-o", "LogLevel=ERROR", "-o", "BatchMode=yes",
       "-c", "aes128-gcm@openssh.com"]
OURS = {"tunneld, libssh2": "libssh2", "tunneld, openssh": "openssh"}
PEER = {"ours": "10.224.1.2", "ssh -w": "10.99.0.2"}


def sites(*words):
    subprocess.run([SITES, *words], check=True, stdout=subprocess.DEVNULL)


def on(node, *command, **options):
    return subprocess.run([SITES, "exec", node, *command], check=True, text=True,
                          stdout=subprocess.PIPE, **options).stdout


def begin(node, *command):
    return subprocess.Popen([SITES, "exec", node, *command], text=True, stdin=subprocess.DEVNULL,
                            stdout=subprocess.PIPE, stderr=subprocess.STDOUT)


def wait_for_line(process, pattern):
    """The first line that matches; everything before it is thrown away."""
    for line in process.stdout:
        found = re.search(pattern, line)
        if found:
            return found
    raise SystemExit(f"measure.py: {process.args} ended without {pattern!r}")


def set_client(client):
    profile = STATE / "nodes/home/etc/sites/labs.toml"
    text = re.sub(r'^client .*\n', "", profile.read_text(), flags=re.M)
    profile.write_text(re.sub(r'^user .*$', rf'\g<0>\nclient = "{client}"', text, flags=re.M))
    on("home", "tunnelctl", "reload")
    wait_until_up()


def wait_until_up():
    on("home", "tunnelctl", "status", "labs", "--watch", "--until", "up", "--timeout", "20s")


def build_sites():
    sites("build", str(STATE))
    sites("install-programs", str(REPOSITORY / "build/release/bin"))
    sites("configure", str(REPOSITORY / "examples/two-sites"))
    sites("start-sshd")
    sites("start-tunneld", "labs")
    sites("start-tunneld", "home")
    wait_until_up()


def start_second_sshd():
    on("home", "ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", "/run/ssh-bench")
    configuration = STATE / "nodes/labs/ssh/bench_config"
    configuration.write_text(
        f"Port {SSH_PORT}\nHostKey /etc/ssh/ssh_host_ed25519_key\nUsePAM no\nPidFile none\n"
        "AuthorizedKeysFile /etc/ssh/bench_keys\nPermitRootLogin yes\nPermitTunnel yes\n"
        "StrictModes no\n")
    key = on("home", "cat", "/run/ssh-bench.pub")
    (STATE / "nodes/labs/ssh/bench_keys").write_text(key)
    sshd = begin("labs", "/usr/sbin/sshd", "-D", "-e", "-f", "/etc/ssh/bench_config")
    wait_for_line(sshd, "Server listening")
    return sshd


def start_ssh_w():
    tunnel = begin("home", *SSH, "-o", "ExitOnForwardFailure=yes", "-w", "9:9",
                   "root@203.0.113.4", "ip addr add 10.99.0.2 peer 10.99.0.1 dev tun9; "
                   "ip link set tun9 up; echo ready; exec tail -f /dev/null")
    wait_for_line(tunnel, "ready")
    on("home", "ip", "addr", "add", "10.99.0.1", "peer", "10.99.0.2", "dev", "tun9")
    on("home", "ip", "link", "set", "tun9", "up")
    return tunnel


def transfer(peer, seconds, reverse):
    server = begin("labs", "iperf3", "-s", "-1", "-B", peer, "--forceflush")
    wait_for_line(server, "Server listening")
    words = ["iperf3", "-c", peer, "-t", str(seconds), "-J"] + (["-R"] if reverse else [])
    report = json.loads(on("home", *words))
    server.wait()
    return report["end"]["sum_received"]["bits_per_second"] / 1e9


def round_trips(peer, count):
    text = on("home", "ping", "-n", "-i", "0.02", "-c", str(count), peer)
    return [float(ms) for ms in re.findall(r"time=([\d.]+) ms", text)]


def loaded_round_trips(peer, seconds):
    server = begin("labs", "iperf3", "-s", "-1", "-B", peer, "--forceflush")
    wait_for_line(server, "Server listening")
    load = begin("home", "iperf3", "-c", peer, "-t", str(seconds), "--forceflush")
    wait_for_line(load, r"0\.00-1\.00")
    times = round_trips(peer, int((seconds - 2) / 0.02))
    load.wait()
    server.wait()
    return times


def time_to_first_ping():
    """From `tunnelctl up` to the first answered ping."""
    on("home", "tunnelctl", "down", "labs")
    on("home", "tunnelctl", "status", "labs", "--watch", "--until", "down", "--timeout", "10s")
    started = time.monotonic()
    on("home", "tunnelctl", "up", "labs")
    ping = begin("home", "ping", "-n", "-i", "0.01", PEER["ours"])
    wait_for_line(ping, r"time=[\d.]+ ms")
    taken = time.monotonic() - started
    ping.terminate()
    ping.wait()
    return taken


def time_of_ssh_true():
    started = time.monotonic()
    on("home", *SSH, "root@203.0.113.4", "true")
    return time.monotonic() - started


def resident(pid):
    status = Path(f"/proc/{pid}/status").read_text()
    return int(re.search(r"VmRSS:\s+(\d+)", status).group(1)) / 1024


def memory():
    figures = {}
    for node in ("home", "labs"):
        site = json.loads(on(node, "tunnelctl", "status", "--json"))
        figures[f"tunneld at {node}"] = resident(site["pid"])
        figures[f"bridge at {node}"] = resident(site["sites"][0]["bridge_pid"])
    return figures


def median(values):
    return statistics.median(values)


def percentile(values, part):
    return sorted(values)[min(len(values) - 1, int(len(values) * part))]


def measure(rounds, seconds):
    raw = {name: {"forward": [], "reverse": [], "idle": [], "loaded": []}
           for name in (*OURS, "ssh -w")}
    figures = {"up": {name: [] for name in OURS}, "ssh_true": [], "memory": {}}
    for number in range(rounds):
        for name, system in raw.items():
            print(f"round {number + 1} of {rounds}: {name}", file=sys.stderr, flush=True)
            if name in OURS:
                set_client(OURS[name])
                figures["up"][name].append(time_to_first_ping())
                figures["ssh_true"].append(time_of_ssh_true())
            peer = PEER["ours"] if name in OURS else PEER["ssh -w"]
            system["idle"] += round_trips(peer, 50)
            system["forward"].append(transfer(peer, seconds, reverse=False))
            system["reverse"].append(transfer(peer, seconds, reverse=True))
            system["loaded"] += loaded_round_trips(peer, seconds + 2)
            if name in OURS:
                time.sleep(3)  # until the bridges have noticed that the burst is over
                figures["memory"][name] = memory()
    return raw, figures


def rows_of(raw):
    return [{"system": name,
             "forward_gbps": round(median(system["forward"]), 3),
             "reverse_gbps": round(median(system["reverse"]), 3),
             "rtt_idle_ms": round(median(system["idle"]), 3),
             "rtt_loaded_p50_ms": round(median(system["loaded"]), 3),
             "rtt_loaded_p99_ms": round(percentile(system["loaded"], 0.99), 3)}
            for name, system in raw.items()]


def table(rows, figures):
    base = next(row for row in rows if row["system"] == "ssh -w")
    lines = ["| System | to Labs | from Labs | × `ssh -w` | idle RTT | loaded RTT, median | 99 % |",
             "|---|---|---|---|---|---|---|"]
    for row in rows:
        ratios = [row[key] / base[key] for key in ("forward_gbps", "reverse_gbps")]
        lines.append(f"| {row['system']} | {row['forward_gbps']:.2f} Gb/s "
                     f"| {row['reverse_gbps']:.2f} Gb/s | {ratios[0]:.1f}, {ratios[1]:.1f} "
                     f"| {row['rtt_idle_ms']:.2f} ms | {row['rtt_loaded_p50_ms']:.1f} ms "
                     f"| {row['rtt_loaded_p99_ms']:.1f} ms |")
    lines += ["", "| Figure | Median |", "|---|---|",
              f"| `ssh host true` | {median(figures['ssh_true']):.2f} s |"]
    for name, times in figures["up"].items():
        lines.append(f"| `tunnelctl up` to the first answered ping, {name} "
                     f"| {median(times):.2f} s |")
    for name, sizes in figures["memory"].items():
        for process, size in sizes.items():
            lines.append(f"| resident memory after the load, {process}, {name} | {size:.1f} MiB |")
    return "\n".join(lines)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--json")
    parser.add_argument("--markdown")
    options = parser.parse_args()
    build_sites()
    sshd = start_second_sshd()
    tunnel = start_ssh_w()
    raw, figures = measure(*((1, 4) if options.quick else (5, 8)))
    rows = rows_of(raw)
    text = table(rows, figures)
    print(text)
    if options.json:
        Path(options.json).write_text(json.dumps(rows, indent=2) + "\n")
    if options.markdown:
        Path(options.markdown).write_text(text + "\n")
    for process in (tunnel, sshd):
        process.terminate()
    sites("destroy")


if __name__ == "__main__":
    main()
