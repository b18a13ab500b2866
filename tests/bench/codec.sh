#!/usr/bin/env bash
# Measures the HDLC codec beside the codec of the textbooks and beside memcpy, in one run.
#
#   tests/bench/codec.sh [--no-build] [--quick] [--json FILE]
#
#   --no-build  use build/bench as it is
#   --quick     one short round of each case
#   --json      also keep Google Benchmark's own results in FILE
#
# Built as the release is (build/bench: the preset release, with tests). Prints gigabytes of payload
# per second of processor time, the median of five interleaved rounds, and behind each figure of ours
# how many times the textbook's it is. A machine is the codec as one kind of processor runs it;
# all those that this processor can be are measured, the first is what it is by choice.
#
# Reports, and judges nothing: absolute figures move with the machine, so that only what is measured
# side by side in one run may be compared. Aims: ten times the textbook on random payloads of 1500
# octets, both ways, and never slower than it.
set -euo pipefail

here=$(dirname "$(readlink -f "$0")")
readonly here
repository=$(readlink -f "$here/../..")
readonly repository
readonly build=$repository/build/bench

no_build=''
results=''
rounds=(--benchmark_repetitions=5 --benchmark_min_time=0.05)

usage() {
  sed -n '2,/^set /s/^# \{0,1\}//p' "$here/codec.sh" >&2
  exit 2
}

while (($# > 0)); do
  case $1 in
    --no-build) no_build=yes ;;
    --quick) rounds=(--benchmark_repetitions=1 --benchmark_min_time=0.01) ;;
    --json)
      (($# >= 2)) || usage
      results=$(readlink -m "$2")
      shift
      ;;
    *) usage ;;
  esac
  shift
done

print_table() {
  python3 - "$1" <<'PYTHON'
import collections
import json
import statistics
import sys

with open(sys.argv[1], encoding="utf-8") as file:
    report = json.load(file)
samples = collections.defaultdict(list)
for run in sorted(report["benchmarks"], key=lambda run: run["family_index"]):  # as they were added
    if run["run_type"] == "iteration":
        samples[run["run_name"]].append(run["bytes_per_second"] / 1e9)
speed = collections.defaultdict(dict)  # (work, payload, octets) -> who -> GB/s
for name, values in samples.items():
    work, who, payload, octets = name.split("/")
    speed[work, payload, octets][who] = statistics.median(values)
machines = [who for who in speed["encode", "random", "1500"] if who != "textbook"]
print(f"{'payload':<17}{'octets':>6}  {'':<8}{'memcpy':>6}{'textbook':>10}" +
      "".join(f"{who:>17}" for who in machines))
for (work, payload, octets), row in speed.items():
    if work == "copy":
        continue
    base = row["textbook"]
    print(f"{payload:<17}{octets:>6}  {work:<8}{speed['copy', payload, octets]['memcpy']:>6.1f}"
          f"{base:>10.3f}" +
          "".join(f"{row[who]:>8.2f} ({row[who] / base:5.1f})" for who in machines))
PYTHON
}

"$repository/rc/install-packages.sh" test
if [[ ! $no_build ]]; then
  cmake -S "$repository" --preset release -B "$build" -D TUNNEL_TESTS=ON </dev/null >&2
  cmake --build "$build" --target codec_bench </dev/null >&2
fi
if [[ ! $results ]]; then
  results=$(mktemp)
  trap 'rm -f "$results"' EXIT
fi
"$build/bin/codec_bench" "${rounds[@]}" --benchmark_enable_random_interleaving=true \
  --benchmark_out="$results" --benchmark_out_format=json >/dev/null 2>"$build/codec_bench.log" ||
  { cat "$build/codec_bench.log" >&2 && exit 1; }
print_table "$results"
