#!/usr/bin/env bash
# Measures one TCP flow through the tunnels over long and lossy paths, beside a plain TCP connection
# over the same path, `ssh -w` and OpenVPN (UDP and TCP).
#
#   tests/bench/wan.sh [--quick] [--congestion NAME] [--programs DIR] [--json FILE]
#                      [--markdown FILE]
#
# Three rounds of all take about half an hour.
#
#   --quick       one short round: about four minutes
#   --congestion  the congestion control of every TCP connection whose program does not choose one,
#                 at both gateways: cubic otherwise, which is Debian's
#   --programs    use the programs in DIR (a build's bin) instead of building them, as the release
#                 is built, in build/bench
#   --json        also write the figures, an array of objects, to FILE
#   --markdown    also write the table to FILE
#
# The path is a user-space emulator (tests/support/link_emulator), whose losses a seed decides: 20 ms
# without loss, to 200 ms and 2 %, at 100 Mb/s. Reports, and judges nothing.
set -euo pipefail

# shellcheck source=tests/bench/prepare.sh
. "$(dirname "$(readlink -f "$0")")/prepare.sh"

while (($# > 0)); do
  case $1 in
    --quick) arguments+=(--rounds 1 --seconds 4) ;;
    --congestion)
      TUNNEL_CONGESTION=$(value_of "$@")
      read -r available </proc/sys/net/ipv4/tcp_available_congestion_control
      [[ " $available " == *" $TUNNEL_CONGESTION "* ]] ||
        usage "--congestion $TUNNEL_CONGESTION is none that this kernel has ($available)"
      export TUNNEL_CONGESTION
      shift
      ;;
    *) common_option "${@:1:2}"; shift ;;
  esac
  shift
done

prepare bench link_emulator
in_private_machine wan.py "${arguments[@]}"
