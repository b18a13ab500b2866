# shellcheck shell=bash
# What the benchmarks on the reference sites have in common. Sourced.

here=$(dirname "$(readlink -f "$0")")
readonly here
repository=$(readlink -f "$here/../..")
readonly repository
programs=''  # a folder with the programs; made where it is empty

usage() {
  sed -n '2,/^set /s/^# \{0,1\}//p' "$0" >&2
  exit 2
}

# prepare PACKAGES TARGET...: installs a set of packages (rc/install-packages.sh) and builds our
# programs, and those of the bench that are named.
prepare() {
  "$repository/rc/install-packages.sh" "$1" >&2
  [[ ! $programs ]] || return 0
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
