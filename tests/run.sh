#!/usr/bin/env bash
# Builds tunneld and runs every test there is.
#
#   tests/run.sh [--unit] [--netns] [--interop] [--fuzz SECONDS] [--checks] [--bench] [--sanitize]
#                [--filter REGEX] [--preset PRESET]
#
#   --unit      only the hermetic tests, in parallel: no network, no root, no clock
#   --netns     only those that need a network: they run in a private machine
#               (tests/support/private-machine.sh), as root, and leave nothing behind
#   --interop   only those against foreign PPP peers, in a private machine, too; for one of them,
#               Debian's kernel package is downloaded, and kept in the build directory
#   --fuzz      only the fuzz targets (tests/fuzz/README.md), each for so many seconds, which are
#               five when everything is run
#   --checks    only what is not a program: every header compiles alone, formatting, shell scripts
#   --bench     only a short benchmark, of a minute (tests/bench/run.sh), and 20 sites that dial one
#               hub at once (tests/bench/load.sh); figures are shown, and kept in the build
#               directory, but not judged
#   --sanitize  only the hermetic tests and those in a private machine, of a build under
#               AddressSanitizer and UndefinedBehaviorSanitizer (preset asan), and of the latter
#               those that have threads, under ThreadSanitizer (preset tsan); not part of everything
#   --filter    only tests whose name matches, and neither checks nor benchmark
#   --preset    a preset of CMakePresets.json instead of ci (or $PRESET)
#
# Missing Debian packages are installed first (rc/install-packages.sh). Nothing may be skipped: a
# test that does not run has failed. The last line is "N passed, N failed"; the exit status is 0
# only if something passed and nothing failed.
set -euo pipefail

cd "$(dirname "$(readlink -f "$0")")/.."

groups=()
fuzz_seconds=5
filter=''
preset=${PRESET:-ci}
passed=0
failed=0
summary=()

usage() {
  sed -n '2,/^set /s/^# \{0,1\}//p' tests/run.sh >&2
  exit 2
}

heading() { printf '\n== %s\n' "$*"; }

# count GROUP PASSED FAILED
count() {
  passed=$((passed + $2))
  failed=$((failed + $3))
  summary+=("$(printf '%-36s %4d passed, %d failed' "$1" "$2" "$3")")
}

# give_up SENTENCE: what was to run did not.
give_up() {
  printf 'tests/run.sh: %s\n' "$*" >&2
  count "$1" 0 1
}

# ---- Tests known to ctest ----

# Prints the numbers of passed and of all other tests in a JUnit file; a skipped test is no passed one.
junit_totals() {
  python3 - "$1" <<'END'
import sys
import xml.etree.ElementTree as tree

suite = tree.parse(sys.argv[1]).getroot()
total = int(suite.get("tests"))
passed = sum(1 for test in suite.iter("testcase")
             if test.get("status") == "run" and test.find("skipped") is None)
for test in suite.iter("testcase"):
    if test.get("status") not in ("run", "fail"):
        print(f"not run: {test.get('name')}", file=sys.stderr)
print(passed, total - passed)
END
}

# run_ctest GROUP RUNNER... -- SELECTION...
run_ctest() {
  local group=$1 results runner=() status=0 totals
  shift
  while [[ $1 != -- ]]; do runner+=("$1") && shift; done
  shift
  results=$PWD/build/$preset/test-results/$group.xml
  mkdir -p "${results%/*}"
  rm -f "$results"
  "${runner[@]}" ctest --test-dir "build/$preset" "$@" --parallel "$(nproc)" --timeout 300 \
    --output-on-failure --output-junit "$results" </dev/null || status=$?
  if [[ ! -e $results ]]; then
    # Nothing to run, which is to be expected only of a filter.
    if [[ ! $filter ]] || ((status != 0)); then give_up "$group tests" 'did not run'; fi
    return 0
  fi
  totals=$(junit_totals "$results")
  # shellcheck disable=SC2086  # two numbers
  count "$group tests" $totals
}

run_unit() {
  heading 'Hermetic tests'
  run_ctest unit -- --label-exclude '^(netns|interop)$' ${filter:+--tests-regex "$filter"}
}

run_netns() {
  heading 'Tests in a private machine'
  run_ctest netns tests/support/private-machine.sh -- --label-regex '^netns$' \
    ${filter:+--tests-regex "$filter"}
}

run_interop() {
  heading 'Tests against foreign peers'
  local selection=(--label-regex '^interop$' ${filter:+--tests-regex "$filter"})
  # A filter that means other tests needs no guest.
  if ctest --test-dir "build/$preset" --show-only "${selection[@]}" | grep -q '^Total Tests: 0$'; then
    [[ $filter ]] || give_up 'interop tests' 'there are none'
    return 0
  fi
  if ! tests/interop/make-guest.sh "build/$preset/interop"; then
    give_up 'interop tests' 'did not run'
    return 0
  fi
  run_ctest interop tests/support/private-machine.sh -- "${selection[@]}"
}

# Builds of their own, whatever the preset.
run_sanitize() {
  local preset=asan
  if build; then
    run_unit
    run_netns
  else
    give_up 'tests under ASan and UBSan' 'did not build'
  fi
  preset=tsan
  heading "Threads under ThreadSanitizer"
  if cmake --preset tsan </dev/null && cmake --build build/tsan --target threaded_tests </dev/null; then
    # What was not built has no label.
    run_ctest threads tests/support/private-machine.sh -- --label-regex '^(unit|netns)$' \
      ${filter:+--tests-regex "$filter"}
  else
    give_up 'tests under TSan' 'did not build'
  fi
}

run_fuzz() {
  local output=build/fuzz-output totals
  heading "Fuzzing, each target for $fuzz_seconds s"
  mkdir -p build
  tests/fuzz/run.sh "$fuzz_seconds" ${filter:+"$filter"} | tee "$output" | sed '$d' || true
  totals=$(tail -n 1 "$output")
  if [[ $totals =~ ^[0-9]+\ [0-9]+$ ]]; then
    # shellcheck disable=SC2086  # two numbers
    count 'fuzz targets' $totals
  else
    give_up 'fuzz targets' 'did not run'
  fi
}

# ---- Checks ----

# tracked PATTERN...: files of the project, in a clone or in an unpacked archive.
tracked() {
  if git -c safe.directory='*' rev-parse --git-dir >/dev/null 2>&1; then
    git -c safe.directory='*' ls-files -- "$@"
  else
    local pattern names=()
    for pattern in "$@"; do names+=(-o -name "$pattern"); done
    find . -path ./build -prune -o -type f \( -false "${names[@]}" \) -print
  fi
}

# Scripts, by their first line.
shell_scripts() {
  local file
  tracked '*' | while IFS= read -r file; do
    [[ -f $file ]] || continue
    case $(head -c 64 "$file" | tr -d '\0' | head -n 1) in
      '#!'*/sh* | '#!'*bash* | '# shellcheck shell='*) printf '%s\n' "$file" ;;
    esac
  done
}

# check NAME COMMAND...
check() {
  heading "$1"
  if "${@:2}" </dev/null; then
    printf 'ok\n'
    count "$1" 1 0
  else
    count "$1" 0 1
  fi
}

check_formatting() {
  local complaints
  complaints=$(tracked '*.cpp' '*.hpp' | xargs -r clang-format-14 --dry-run -Werror 2>&1) && return
  printf 'To be mended with clang-format-14 -i:\n'
  sed -n 's/:[0-9]*:[0-9]*: error: .*clang-format-violations.*//p; t; /^[^ ].*error:/p' <<<"$complaints" | sort -u
  return 1
}

check_scripts() { shell_scripts | xargs -r shellcheck --external-sources; }

check_headers() { cmake --build "build/$preset" --target all_verify_interface_header_sets; }

run_checks() {
  check 'Every header compiles alone' check_headers
  check 'Formatting (clang-format 14)' check_formatting
  check 'Shell scripts (shellcheck)' check_scripts
}

# ---- Benchmark ----

run_bench() {
  local results=$PWD/build/$preset/test-results
  mkdir -p "$results"
  check 'Short benchmark (not judged)' tests/bench/run.sh --short --programs "build/$preset/bin" \
    --json "$results/bench.json" --markdown "$results/bench.md"
  check 'Many sites at once (not judged)' tests/bench/load.sh --links 20 \
    --programs "build/$preset/bin" --json "$results/load.json" --markdown "$results/load.md"
}

# ---- All ----

parse_arguments() {
  while (($# > 0)); do
    case $1 in
      --unit | --netns | --interop | --checks | --bench | --sanitize) groups+=("${1#--}") ;;
      --fuzz)
        [[ ${2:-} =~ ^[1-9][0-9]*$ ]] || usage
        groups+=(fuzz)
        fuzz_seconds=$2
        shift
        ;;
      --filter) (($# >= 2)) || usage; filter=$2; shift ;;
      --preset) (($# >= 2)) || usage; preset=$2; shift ;;
      *) usage ;;
    esac
    shift
  done
  if ((${#groups[@]} == 0)); then
    groups=(unit netns interop)
    [[ $filter ]] || groups+=(fuzz checks bench)
  fi
}

build() {
  heading "Building (preset $preset)"
  cmake --preset "$preset" </dev/null && cmake --build "build/$preset" </dev/null
}

main() {
  local group line
  parse_arguments "$@"
  rc/install-packages.sh test
  if [[ ${groups[*]} =~ ^(fuzz|sanitize)$ ]] || build; then  # which have builds of their own
    for group in "${groups[@]}"; do "run_$group"; done
  else
    give_up 'build' 'failed, and no test was run'
  fi

  [[ ${groups[*]} != fuzz ]] || preset=fuzz  # of which tests/fuzz/run.sh has made its build
  heading "Run: ${groups[*]} (preset $preset${filter:+, filter $filter})"
  for line in "${summary[@]}"; do printf '%s\n' "$line"; done
  ((passed + failed > 0)) || printf 'No test was run.\n'
  printf '\n%d passed, %d failed\n' "$passed" "$failed"
  ((passed > 0 && failed == 0))
}

main "$@"
