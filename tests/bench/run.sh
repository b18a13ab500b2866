#!/usr/bin/env bash
# Measures tunneld beside `ssh -w`, on the reference pair of sites, in one run.
#
#   tests/bench/run.sh [--quick] [--no-build] [--json FILE] [--markdown FILE]
#
#   --quick     fewer and shorter rounds: about a minute and a half
#   --no-build  use build/release as it is
#   --json      also write the rows, an array of objects, to FILE
#   --markdown  also write the table to FILE
#
# Reports, and judges nothing: absolute figures move with the machine, so that only what is measured
# side by side in one run may be compared. Throughput by iperf3 between the two gateways, both ways;
# round-trip time by ping, idle and beside a saturating transfer; time from `tunnelctl up` to the
# first answered ping, beside `ssh host true`; resident memory of the processes.
set -euo pipefail

here=$(dirname "$(readlink -f "$0")")
readonly here
repository=$(readlink -f "$here/../..")
readonly repository

no_build=''
arguments=()

usage() {
  sed -n '2,/^set /s/^# \{0,1\}//p' "$here/run.sh" >&2
  exit 2
}

while (($# > 0)); do
  case $1 in
    --quick) arguments+=(--quick) ;;
    --no-build) no_build=yes ;;
    --json | --markdown)
      (($# >= 2)) || usage
      arguments+=("$1" "$(readlink -m "$2")")
      shift
      ;;
    *) usage ;;
  esac
  shift
done

"$repository/rc/install-packages.sh" test
if [[ ! $no_build ]]; then
  (cd "$repository" && cmake --preset release && cmake --build build/release) </dev/null >&2
fi
export SITES_DIR=$repository/build/bench-sites
exec "$repository/tests/support/private-machine.sh" "$here/measure.py" "${arguments[@]}"
