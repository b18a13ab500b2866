#!/usr/bin/env bash
# Measures tunneld beside the VPNs that an administrator would pick instead, on the reference pair
# of sites, in one run: `ssh -w`, OpenVPN (UDP and TCP) and SoftEther.
#
#   tests/bench/run.sh [--quick | --rounds N | --short] [--programs DIR] [--json FILE]
#                      [--markdown FILE] [--plot FILE]
#
# Five rounds of all take about twenty-five minutes.
#
#   --quick     one short round: less than three minutes without the build
#   --rounds    so many short rounds
#   --short     less than one: `ssh -w` alone beside ours
#   --programs  use the programs in DIR (a build's bin) instead of building them, as the release is
#               built, in build/bench
#   --json      also write the rows of the first table, an array of objects, to FILE
#   --markdown  also write the tables to FILE
#   --plot      also write them as a picture (SVG) to FILE
#
# Reports, and judges nothing: absolute figures move with the machine, so that only what is measured
# side by side in one run may be compared. Throughput by iperf3 between the two gateways, one flow,
# both ways; round-trip time by ping, idle and beside a saturating transfer; processor time at both
# ends; libssh2 alone; time from `tunnelctl up` to the first answered ping, beside `ssh host true`;
# memory of the processes. A system that cannot be measured says why in its row; if it is ours, the
# exit status is 1.
set -euo pipefail

# shellcheck source=tests/bench/prepare.sh
. "$(dirname "$(readlink -f "$0")")/prepare.sh"

packages=bench
while (($# > 0)); do
  case $1 in
    --quick) arguments+=(--rounds 1 --seconds 3) ;;
    --rounds) arguments+=(--rounds "$(value_of "$@")" --seconds 3); shift ;;
    --short)
      arguments+=(--rounds 1 --seconds 2 --short)
      packages='test'
      ;;
    --plot) output_file "${@:1:2}"; shift ;;
    *) common_option "${@:1:2}"; shift ;;
  esac
  shift
done

prepare "$packages" libssh2_stream
in_private_machine measure.py "${arguments[@]}"
