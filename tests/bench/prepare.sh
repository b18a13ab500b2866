# shellcheck shell=bash
# What the benchmarks on the reference sites have in common. Sourced.

here=$(dirname "$(readlink -f "$0")")
readonly here
repository=$(readlink -f "$here/../..")
readonly repository
programs=''  # a folder with the programs; made where it is empty

arguments=()  # of the script that measures

help() {
  sed -n '2,/^set /{/^set /d;s/^# \{0,1\}//p}' "$0"
  exit 0
}

# usage SENTENCE: what is wrong with an argument.
usage() {
  printf '%s: %s; see %s --help\n' "${0##*/}" "$1" "$0" >&2
  exit 2
}

# programs_in OPTION [DIR]: they are not to be built.
programs_in() {
  (($# >= 2)) || usage "$1 lacks its value"
  local program
  for program in tunneld tunnelctl pppd-bridge; do
    [[ -x $2/$program ]] || usage "$2 has no $program: $1 is the bin folder of a build"
  done
  programs=$(readlink -f "$2")
}

# output_file OPTION [FILE]: must be possible before an hour of measuring.
output_file() {
  (($# >= 2)) || usage "$1 lacks its value"
  [[ -d $(dirname "$2") && ! -d $2 ]] || usage "$1 $2 is no file in a folder that is there"
  arguments+=("$1" "$(readlink -m "$2")")
}

# common_option OPTION [VALUE]: one that every benchmark has. All of them have a value.
common_option() {
  case $1 in
    --help) help ;;
    --programs) programs_in "$@" ;;
    --json | --markdown) output_file "$@" ;;
    *) usage "$1 is no option" ;;
  esac
}

# value_of OPTION [VALUE]
value_of() {
  (($# >= 2)) || usage "$1 lacks its value"
  printf '%s' "$2"
}

# prepare PACKAGES TARGET...: installs a set of packages (rc/install-packages.sh) and builds our
# programs, and those of the bench that are named.
prepare() {
  "$repository/rc/install-packages.sh" "$1" >&2
  if [[ $programs ]]; then
    local program
    for program in "${@:2}"; do
      [[ -x $programs/$program ]] ||
        usage "$programs has no $program, which a build with its tests has (-D TUNNEL_TESTS=ON)"
    done
    return
  fi
  cmake -S "$repository" --preset release -B "$repository/build/bench" -D TUNNEL_TESTS=ON \
    </dev/null >&2
  cmake --build "$repository/build/bench" --target tunneld tunnelctl pppd-bridge "${@:2}" \
    </dev/null >&2
  programs=$repository/build/bench/bin
}

# in_private_machine SCRIPT ARGUMENT...
in_private_machine() {
  mkdir -p "$repository/build"
  state=$(mktemp -d "$repository/build/bench-sites.XXXXXX")
  trap 'rm -rf "$state"' EXIT
  SITES_DIR=$state TUNNEL_PROGRAMS=$programs PYTHONDONTWRITEBYTECODE=1 \
    "$repository/tests/support/private-machine.sh" "$here/$1" "${@:2}"
}
