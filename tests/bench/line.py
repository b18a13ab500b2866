"""A long-distance line (tests/support/link_emulator) in the place of HOME's uplink."""
from nodes import PROGRAMS, Failure, Program, holder, on, set_default_route


class Line:
    """From now on HOME reaches the internet over it."""

    def __init__(self):
        on("home", "ip", "link", "delete", "uplink0")  # and with it the other end of the wire
        self.program = Program(
            None, str(PROGRAMS / "link_emulator"), f"/proc/{holder('home')}/ns/net", "uplink0",
            f"/proc/{holder('internet')}/ns/net", "home")
        self.program.wait_for("^ready")
        for node, interface, address in (("home", "uplink0", "198.51.100.10/24"),
                                         ("internet", "home", "198.51.100.1/24")):
            # Nothing but IPv4, or unasked-for packets would move the seed's losses.
            on(node, "sysctl", "-qw", f"net.ipv6.conf.{interface}.disable_ipv6=1")
            on(node, "ip", "address", "add", address, "dev", interface)
            on(node, "ip", "link", "set", interface, "up")
        set_default_route("home")

    def set(self, settings):
        """Words as link_emulator has them. The line is a new one: empty, its seed at the start."""
        self.program.say(f"both {settings}")
        answer = self.program.wait_for("^(ready|error.*)").group(1)
        if answer != "ready":
            raise Failure(answer)

    def statistics(self):
        self.program.say("statistics")
        return self.program.wait_for("^left .*").group(0)
