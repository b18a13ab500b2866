"""What measure.py collects, and report.py makes tables of."""
from dataclasses import dataclass, field


@dataclass
class Samples:
    """What was measured of one system in all rounds."""
    forward: list = field(default_factory=list)  # gigabits a second, to Labs
    reverse: list = field(default_factory=list)
    idle: list = field(default_factory=list)  # milliseconds of every ping
    loaded: list = field(default_factory=list)
    # (direction, gateway) -> seconds of processor time for a gigabyte
    processor: dict = field(default_factory=dict)
    to_first_ping: list = field(default_factory=list)  # seconds
    memory: dict = field(default_factory=dict)  # process -> MiB, proportional and resident
    failure: str = ""


@dataclass
class Alone:
    """What is measured beside the systems."""
    ssh_true: list = field(default_factory=list)  # seconds
    # direction -> gigabits a second
    libssh2: dict = field(default_factory=lambda: {"send": [], "receive": []})
    failure: str = ""
