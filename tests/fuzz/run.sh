#!/usr/bin/env bash
# Builds the fuzz targets and runs each for a while, as many at a time as there are processors.
#
#   tests/fuzz/run.sh SECONDS [REGEX]     of the names in tests/fuzz/CMakeLists.txt
#
# What they find that is new goes to build/fuzz/found/NAME and is built upon the next time; what
# makes one fail is named, and stays in build/fuzz/failures. The last line is the numbers of targets
# that found nothing and of those that did.
set -euo pipefail

cd "$(dirname "$(readlink -f "$0")")/../.."

# fuzz NAME SECONDS
fuzz() {
  local name=$1 log=build/fuzz/logs/$1
  mkdir -p "build/fuzz/found/$name"
  # 0 as the length control: most inputs are long sequences of decisions, and short ones say little.
  if "build/fuzz/bin/fuzz-$name" "build/fuzz/found/$name" "build/fuzz/corpus/$name" \
    -max_total_time="$2" -len_control=0 -max_len=4096 -timeout=20 -rss_limit_mb=2048 \
    -artifact_prefix="build/fuzz/failures/$name-" >"$log" 2>&1 </dev/null; then
    printf '%-16s %s\n' "$name" "$(tail -n 1 "$log")"
  else
    printf '%-16s failed:\n' "$name"
    grep -E 'broken invariant|ERROR|SUMMARY|runtime error|^    #[0-9]+ .*tunnel|Test unit written' "$log" ||
      tail -n 20 "$log"
    return 1
  fi
}

targets() { find build/fuzz/bin -name 'fuzz-*' -printf '%f\n' | sed 's/^fuzz-//' | sort; }

# reap PID: counts how it ended.
reap() {
  if wait "$1"; then passed=$((passed + 1)); else failed=$((failed + 1)); fi
}

if (($# < 1)) || [[ ! $1 =~ ^[1-9][0-9]*$ ]]; then
  sed -n '2,/^set /s/^# \{0,1\}//p' "$0" >&2
  exit 2
fi

cmake --preset fuzz </dev/null
cmake --build build/fuzz </dev/null
mkdir -p build/fuzz/logs build/fuzz/failures
running=()
passed=0
failed=0
for name in $(targets | grep -E "${2:-.}"); do
  if ((${#running[@]} == $(nproc))); then
    reap "${running[0]}"
    running=("${running[@]:1}")
  fi
  fuzz "$name" "$1" &
  running+=($!)
done
for pid in "${running[@]}"; do reap "$pid"; done
printf '%d %d\n' "$passed" "$failed"
