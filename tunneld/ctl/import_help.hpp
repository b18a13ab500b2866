#pragma once

// What `tunnelctl import … --help` says at its end.

namespace tunnel::ctl {

inline constexpr const char* kImportFreebsdFooter =
    R"(DIR is a copy of the gateway's / or /etc, or a folder with these files: ppp.conf, ppp.secret,
ppp.linkup, ppp.linkdown, rc.conf, ipf.rules, ipnat.rules, and of SSH known_hosts, authorized_keys and
the private key. What there is of them is read, and nothing else of this machine is; none of them is
run.

OUT is made, with tunneld.toml, sites/NAME.toml, ipf.rules, ipnat.rules, secrets.toml and keys/NAME:
all of it, or nothing. Nothing that exists is written over.

The list says what is to be filled in, what was not carried over, and what only you can check, each
with its file and line, and what to do. No secret is in it.

Examples:
  tunnelctl import freebsd /mnt/old
  tunnelctl import freebsd gateway-etc --to new && tunnelctl check new

Exit status: 0 when OUT has been written, 1 otherwise.)";

}  // namespace tunnel::ctl
