#!/usr/bin/env bash
# Measures a gateway that answers 200 links: memory of a bridge, processor time of all while nothing
# is sent, and the throughput of 20 links at once beside that of one.
#
#   tests/bench/hub.sh [--quick] [--links N] [--client libssh2|openssh] [--programs DIR]
#                      [--json FILE] [--markdown FILE]
#
# All of it takes about five minutes.
#
#   --quick     look at the idle links for ten seconds instead of a minute; one short round
#   --links     other than 200, from 20 to 254
#   --client    the SSH client of the dialling ends; libssh2 otherwise
#   --programs  use the programs in DIR (a build's bin) instead of building them, as the release is
#               built, in build/bench
#   --json      also write the figures, an object, to FILE
#   --markdown  also write the table to FILE
#
# Both gateways, and so all ends, are on this machine: 200 links need about 5 GB of its memory, most
# of it sshd's. Reports, and judges nothing.
set -euo pipefail

# shellcheck source=tests/bench/prepare.sh
. "$(dirname "$(readlink -f "$0")")/prepare.sh"

while (($# > 0)); do
  case $1 in
    --quick) arguments+=(--idle 10 --rounds 1 --seconds 3) ;;
    --links | --client) arguments+=("$1" "$(value_of "$@")"); shift ;;
    *) common_option "${@:1:2}"; shift ;;
  esac
  shift
done

prepare test
in_private_machine hub.py "${arguments[@]}"
