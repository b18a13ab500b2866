"""Profiles and keys of many links between the two gateways of the reference sites."""
import os
import shutil

from nodes import STATE, on

DIAL = """[site]
description = "Link {number}"
role        = "dial"
autostart   = false

[ssh]
host     = "vpn.labs.example"
user     = "pppossh"
identity = "keys/{name}"
host_key = ["{host_key}"]
client   = "{client}"

[ppp]
interface = "tun{number}"
local     = "{home}"
remote    = "{labs}"

[routes]
remote = ["10.232.{number}.0/24"]
"""

ANSWER = """[site]
description = "Link {number}"
role        = "answer"

[ssh]
authorized_keys = ["{key}"]

[ppp]
interface = "tun{number}"
local     = "{labs}"
remote    = "{home}"

[routes]
remote = ["10.231.{number}.0/24"]
"""


class Link:
    """The n-th of them, from 1 to 254."""

    def __init__(self, number):
        self.number = number
        self.name = f"link-{number}"
        self.home = f"10.230.{number}.1"
        self.labs = f"10.230.{number}.2"

    def profile(self, template, **values):
        return template.format(number=self.number, name=self.name, home=self.home, labs=self.labs,
                               **values)


def _replace(gateway, texts):
    """The site profiles of a gateway by others, with owner and mode as the package gives them."""
    folder = STATE / "nodes" / gateway / "etc/sites"
    for old in folder.iterdir():
        old.unlink()
    for name, text in texts.items():
        path = folder / f"{name}.toml"
        path.write_text(text)
        shutil.copystat(STATE / "nodes" / gateway / "etc/tunneld.toml", path)
        owner = folder.stat()
        os.chown(path, owner.st_uid, owner.st_gid)


def generate(count, client):
    """The links, once both gateways know them; no daemon may run yet."""
    links = [Link(number) for number in range(1, count + 1)]
    host_key = " ".join(
        (STATE / "nodes/labs/ssh/ssh_host_ed25519_key.pub").read_text().split()[:2])
    keys = {link.name: on("home", "tunnelctl", "key", "gen", link.name).strip() for link in links}
    _replace("home", {link.name: link.profile(DIAL, host_key=host_key, client=client)
                      for link in links})
    _replace("labs", {link.name: link.profile(ANSWER, key=keys[link.name]) for link in links})
    return links
