#!/usr/bin/env bash
# Injects every fault of docs/faults.md several times into the reference pair of sites, under
# traffic, and prints how soon each was noticed and mended, beside what is wanted.
#
#   tests/faults/run.sh [--rounds N] [--only N,M,...] [--quick] [--markdown FILE] [--json FILE]
#                       [--programs DIR]
#   tests/faults/run.sh --soak MINUTES [--seed N] [--programs DIR]
#
# Three rounds of all take about half an hour. It needs root, and makes its sites in private machines
# (tests/support/private-machine.sh), of which nothing is left.
#
#   --rounds    how often each is injected: 3
#   --only      only the faults with these numbers
#   --quick     one round, with one of the two SSH clients
#   --markdown  also write the table to FILE
#   --json      also write its rows, with all values, to FILE
#   --programs  use the programs in DIR, the bin folder of a build with its tests, instead of building
#   --soak      pairs of faults, drawn by lot, for so many minutes; what is drawn depends on the seed
#               alone, which is printed
#
# After each fault: nothing of the tunnelled networks in the clear on the uplinks, no stale route,
# rule or table, no leaked descriptor, no zombie, memory as before. The exit status is 1 if a test
# failed; times, and what is spent, fail at ten times what is wanted, since machines are busy.
set -euo pipefail

here=$(dirname "$(readlink -f "$0")")
readonly here
repository=$(readlink -f "$here/../..")
readonly repository
readonly suites=(processes network device files sshd)
rounds=3
only=()
quick=''
soak=''
seed=$((RANDOM * 32768 + RANDOM))
programs=''
report=()

help() {
  sed -n '2,/^set /{/^set /d;s/^# \{0,1\}//p}' "$0"
  exit 0
}

# usage SENTENCE: what is wrong with an argument.
usage() {
  printf 'run.sh: %s; see run.sh --help\n' "$1" >&2
  exit 2
}

# number OPTION [VALUE]
number() {
  [[ ${2-} =~ ^[1-9][0-9]*$ ]] || usage "$1 takes a number"
  printf '%s' "$2"
}

# output_file OPTION [FILE]: must be possible before an hour of measuring.
output_file() {
  [[ ${2-} && -d $(dirname "$2") && ! -d $2 ]] || usage "$1 takes a file in a folder that is there"
  report+=("$1" "$(readlink -m "$2")")
}

parse_arguments() {
  while (($# > 0)); do
    case $1 in
      --help) help ;;
      --quick) quick=1 rounds=1; shift; continue ;;
      --rounds) rounds=$(number "${@:1:2}") ;;
      --soak) soak=$(number "${@:1:2}") ;;
      --seed) seed=$(number "${@:1:2}") ;;
      --only)
        [[ ${2-} =~ ^[0-9]+(,[0-9]+)*$ ]] || usage '--only takes numbers, as 1,2,18'
        IFS=, read -r -a only <<<"$2"
        ;;
      --markdown | --json) output_file "${@:1:2}" ;;
      --programs)
        [[ ${2-} && -x $2/faults_processes ]] || usage '--programs takes the bin folder of a build'
        programs=$(readlink -f "$2")
        ;;
      *) usage "$1 is no option" ;;
    esac
    shift 2
  done
}

build() {
  "$repository/rc/install-packages.sh" 'test' >&2
  cmake -S "$repository" --preset release -B "$repository/build/bench" -D TUNNEL_TESTS=ON \
    </dev/null >&2
  cmake --build "$repository/build/bench" --target "${suites[@]/#/faults_}" faults_soak \
    </dev/null >&2
  programs=$repository/build/bench/bin
}

# The filter of GoogleTest's for what was asked for.
filter() {
  local each out=''
  for each in "${only[@]}"; do out+=$(printf ':*Fault%02d*' "$((10#$each))"); done
  printf '%s%s' "${out:-:*}" "${quick:+:-*openssh*}" | cut -c 2-
}

# suite NAME: one round of it.
suite() {
  "$repository/tests/support/private-machine.sh" env TUNNEL_FAULTS_RESULTS="$results" \
    "$programs/faults_$1" --gtest_brief=1 --gtest_filter="$(filter)" </dev/null
}

main() {
  local round name status=0
  parse_arguments "$@"
  [[ $programs ]] || build
  if [[ $soak ]]; then
    printf 'seed %d\n' "$seed"
    exec "$repository/tests/support/private-machine.sh" env TUNNEL_SOAK_MINUTES="$soak" \
      TUNNEL_SOAK_SEED="$seed" "$programs/faults_soak" --gtest_brief=1 </dev/null
  fi
  results=$(mktemp "${TMPDIR:-/tmp}/faults.XXXXXX")
  trap 'rm -f "$results"' EXIT
  for ((round = 1; round <= rounds; ++round)); do
    for name in "${suites[@]}"; do
      printf '== round %d of %d: %s\n' "$round" "$rounds" "$name"
      suite "$name" || status=1
    done
  done
  PYTHONDONTWRITEBYTECODE=1 python3 "$here/report.py" "$results" "${report[@]}" || status=1
  return "$status"
}

main "$@"
