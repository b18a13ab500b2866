"""The systems that are measured beside each other, each between the gateways of the reference sites.

One is up at a time: start() brings it up and returns when a packet has crossed, stop() ends it. Both
may be called again and again. `peer` is the address of Labs in it. What goes wrong is a Failure.
"""
import time

import processes
from nodes import STATE, Failure, Program, Programs, on, sites, status, wait_until
from traffic import wait_for_answer

LABS = "203.0.113.4"
BENCH_PORT = "2222"  # a second sshd, which lets root in: ssh -w and `ssh host true` need that
BENCH_KEY = "/run/ssh-bench"
SSH = ["ssh", "-p", BENCH_PORT, "-i", BENCH_KEY, "-o", "StrictHostKeyChecking=no",
       "-o", "UserKnownHostsFile=/dev/null", "-o", "LogLevel=ERROR", "-o", "BatchMode=yes",
       "-c", "aes128-gcm@openssh.com"]


class System:
    name = ""
    peer = ""

    def start(self):
        pass

    def stop(self):
        pass

    def processes(self):
        """Those that carry its packets, at each gateway; none where that is the kernel alone."""
        return {}


class Bare(System):
    name = "the bare path"
    peer = LABS


# ---- Ours ----

class Ours(System):
    peer = "10.224.1.2"
    profiles = {"home": STATE / "nodes/home/etc/sites/labs.toml",
                "labs": STATE / "nodes/labs/etc/sites/home.toml"}

    def __init__(self, client, name=None, labs_ppp=""):
        """`labs_ppp` are lines for [ppp] in Labs' profile."""
        self.name = name or f"tunneld, {client}"
        self.original = {node: path.read_text() for node, path in self.profiles.items()}
        self.wanted = {
            "home": self.original["home"].replace("[ssh]\n", f'[ssh]\nclient = "{client}"\n'),
            "labs": self.original["labs"].replace("[ppp]\n", f"[ppp]\n{labs_ppp}")}

    def _write_profiles(self, texts):
        for node, path in self.profiles.items():
            path.write_text(texts[node])  # owner and mode stay
            on(node, "tunnelctl", "reload")

    def start(self):
        self._write_profiles(self.wanted)
        on("home", "tunnelctl", "up", "labs")
        wait_until("up")
        wait_for_answer("home", self.peer)

    def stop(self):
        on("home", "tunnelctl", "down", "labs")
        wait_until("down")
        self._write_profiles(self.original)

    def processes(self):
        sshd = int((STATE / "nodes/labs/sshd.pid").read_text())
        return {"home": processes.descendants(status("home", "labs")["bridge_pid"]),
                "labs": processes.up_to(status("labs", "home")["bridge_pid"], sshd)}

    def time_to_first_ping(self):
        """Seconds from `tunnelctl up` to the first answered ping, of one that was up before."""
        on("home", "tunnelctl", "down", "labs")
        wait_until("down")
        started = time.monotonic()
        on("home", "tunnelctl", "up", "labs")
        on("home", "ping", "-n", "-q", "-i", "0.01", "-c", "1", "-w", "20", self.peer)
        return time.monotonic() - started

    def memory(self):
        """MiB of each process, on a link that has carried a few pings."""
        ours = {"bridge at HOME": status("home", "labs")["bridge_pid"],
                "bridge at Labs": status("labs", "home")["bridge_pid"],
                "tunneld at HOME": status("home")["pid"],
                "tunneld at Labs": status("labs")["pid"]}
        return {what: (processes.proportional_mib(pid), processes.resident_mib(pid))
                for what, pid in ours.items()}


# ---- ssh -w, and the sshd that it needs ----

class BenchSshd:
    def __init__(self):
        on("home", "ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", BENCH_KEY)
        ssh = STATE / "nodes/labs/ssh"
        (ssh / "bench_config").write_text(
            f"Port {BENCH_PORT}\nHostKey /etc/ssh/ssh_host_ed25519_key\nUsePAM no\nPidFile none\n"
            "AuthorizedKeysFile /etc/ssh/bench_keys\nPermitRootLogin yes\nPermitTunnel yes\n"
            "StrictModes no\n")
        (ssh / "bench_keys").write_text(on("home", "cat", f"{BENCH_KEY}.pub"))
        self.host_key = ssh / "ssh_host_ed25519_key.pub"
        self.program = Program("labs", "/usr/sbin/sshd", "-D", "-e", "-f", "/etc/ssh/bench_config")
        self.program.wait_for("Server listening")

    def sessions(self):
        return processes.descendants(self.program.pid)[1:]

    def stop(self):
        self.program.stop()


def time_of_ssh_true():
    started = time.monotonic()
    on("home", *SSH, f"root@{LABS}", "true")
    return time.monotonic() - started


class SshTunnel(System):
    name = "ssh -w"
    peer = "10.99.0.2"

    def __init__(self, sshd):
        self.sshd = sshd
        self.programs = Programs()

    def start(self):
        ssh = self.programs.start(
            "home", *SSH, "-o", "ExitOnForwardFailure=yes", "-w", "9:9", f"root@{LABS}",
            "ip addr add 10.99.0.2 peer 10.99.0.1 dev tun9; ip link set tun9 up; echo ready; "
            "exec tail -f /dev/null")
        ssh.wait_for("ready")
        on("home", "ip", "addr", "add", "10.99.0.1", "peer", "10.99.0.2", "dev", "tun9")
        on("home", "ip", "link", "set", "tun9", "up")
        wait_for_answer("home", self.peer)

    def stop(self):
        sessions = self.sshd.sessions()
        self.programs.stop()
        processes.wait_for_end(sessions)  # the other tun9 is theirs

    def processes(self):
        return {"home": [program.pid for program in self.programs.running],
                "labs": self.sshd.sessions()}


# ---- OpenVPN ----

class OpenVpn(System):
    """Point to point with static certificates, otherwise as it comes; AES-128-GCM."""
    peer = "10.98.0.2"
    protocols = {"UDP": ("udp", "udp"), "TCP": ("tcp-server", "tcp-client")}

    def __init__(self, transport):
        self.name = f"OpenVPN, {transport}"
        self.server_protocol, self.client_protocol = self.protocols[transport]
        self.programs = Programs()

    @staticmethod
    def _certificate(node):
        """Makes one where there is none; its fingerprint."""
        path = STATE / f"openvpn-{node}"
        if not path.with_suffix(".crt").exists():
            on(node, "openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
               "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2", "-subj", f"/CN={node}",
               "-keyout", f"{path}.key", "-out", f"{path}.crt")
        text = on(node, "openssl", "x509", "-in", f"{path}.crt", "-noout", "-sha256",
                  "-fingerprint")
        return text.strip().partition("=")[2]

    def _command(self, node, *words):
        other = "labs" if node == "home" else "home"
        return ["openvpn", "--dev", "tun20", "--cert", f"{STATE}/openvpn-{node}.crt",
                "--key", f"{STATE}/openvpn-{node}.key",
                "--peer-fingerprint", self._certificate(other),
                "--data-ciphers", "AES-128-GCM", "--cipher", "AES-128-GCM", "--dh", "none", *words]

    def start(self):
        self._certificate("home")
        self._certificate("labs")
        server = self.programs.start("labs", *self._command(
            "labs", "--proto", self.server_protocol, "--local", LABS, "--tls-server",
            "--ifconfig", "10.98.0.2", "10.98.0.1"))
        server.wait_for(r"Listening for incoming|UDPv4 link local \(bound\)")
        client = self.programs.start("home", *self._command(
            "home", "--proto", self.client_protocol, "--remote", LABS, "--nobind", "--tls-client",
            "--ifconfig", "10.98.0.1", "10.98.0.2"))
        for program in (server, client):
            program.wait_for("Initialization Sequence Completed")
        wait_for_answer("home", self.peer)

    def stop(self):
        self.programs.stop()

    def processes(self):
        if len(self.programs.running) != 2:
            return {}
        server, client = self.programs.running
        return {"home": [client.pid], "labs": [server.pid]}


# ---- SoftEther ----

class SoftEther(System):
    """Layer 2, with its acceleration by UDP, which is on unless somebody turns it off."""
    name = "SoftEther, layer 2"
    peer = "10.97.0.2"
    folder = "/usr/libexec/softether"
    server_setup = (
        "HubCreate bench /PASSWORD:bench\n"
        "BridgeCreate bench /DEVICE:bench /TAP:yes\n"
        "Hub bench\n"
        "LogDisable packet\n"
        "UserCreate home /GROUP:none /REALNAME:none /NOTE:none\n"
        "UserPasswordSet home /PASSWORD:bench\n")
    client_setup = (
        "NicCreate bench\n"
        f"AccountCreate labs /SERVER:{LABS}:443 /HUB:bench /USERNAME:home /NICNAME:bench\n"
        "AccountPasswordSet labs /PASSWORD:bench /TYPE:standard\n")

    def __init__(self):
        self.programs = Programs()

    def _daemon(self, node, program):
        for folder in ("/var/lib/softether", "/var/log/softether", "/run/softether"):
            on(node, "mkdir", "-p", folder)
            on(node, "mount", "-t", "tmpfs", "softether", folder)
        return self.programs.start(node, f"{self.folder}/{program}/{program}", "execsvc")

    @staticmethod
    def _manage(node, kind, commands):
        """The words of vpncmd. A daemon that does not listen yet is asked again, since nothing says
        when it does; asking takes a third of a second."""
        deadline = time.monotonic() + 20
        script = STATE / f"softether-{kind}.txt"
        script.write_text(commands)
        while True:
            try:
                return on(node, "vpncmd", f"/{kind}", "localhost", f"/IN:{script}")
            except Failure:
                if time.monotonic() > deadline:
                    raise

    def _set_up(self):
        self._daemon("labs", "vpnserver")
        self._manage("labs", "SERVER", "ServerInfoGet\n")
        links = self.programs.start("labs", "ip", "monitor", "link")
        self._manage("labs", "SERVER", self.server_setup)
        links.wait_for(r"\btap_bench\b")  # made by another thread than the one that answers
        on("labs", "ip", "addr", "add", "10.97.0.2/24", "dev", "tap_bench")
        self._daemon("home", "vpnclient")
        self._manage("home", "CLIENT", "VersionGet\n")
        self._manage("home", "CLIENT", self.client_setup)
        on("home", "ip", "addr", "add", "10.97.0.1/24", "dev", "vpn_bench")

    def start(self):
        try:
            if not self.programs.running:
                self._set_up()
        except Failure:
            self.programs.stop()
            raise
        self._manage("home", "CLIENT", "AccountConnect labs\n")
        wait_for_answer("home", self.peer)

    def stop(self):
        if self.programs.running:
            self._manage("home", "CLIENT", "AccountDisconnect labs\n")

    def processes(self):
        server, _, client = self.programs.running
        return {"home": processes.descendants(client.pid),
                "labs": processes.descendants(server.pid)}

