#!/usr/bin/env bash
# Has 200 sites dial one hub at the same moment, and again after the hub's sshd was restarted with
# all its sessions: how long until all are up, what sshd refused, and what tunneld has more of then.
#
#   tests/bench/load.sh [--links N] [--client libssh2|openssh] [--programs DIR] [--json FILE]
#                       [--markdown FILE]
#
#   --links     other than 200, up to 254
#   --client    the SSH client of the dialling ends; libssh2 otherwise
#   --programs  use the programs in DIR (a build's bin) instead of building them, as the release is
#               built, in build/bench
#   --json      also write the figures, an object, to FILE
#   --markdown  also write the table to FILE
#
# sshd is configured as Debian does it (MaxStartups 10:30:100), and each site dials by itself as one
# of another gateway would; but both gateways, and so all ends, are on this machine: 200 links need
# about 5 GB of its memory, and each login a third of a second of a processor. Reports, and judges
# nothing but whether all came up.
set -euo pipefail

# shellcheck source=tests/bench/prepare.sh
. "$(dirname "$(readlink -f "$0")")/prepare.sh"

while (($# > 0)); do
  case $1 in
    --links | --client) arguments+=("$1" "$(value_of "$@")"); shift ;;
    *) common_option "${@:1:2}"; shift ;;
  esac
  shift
done

prepare test
in_private_machine load.py "${arguments[@]}"
