#!/usr/bin/env bash
# Installs the Debian 12 packages that tunneld is built, demonstrated and tested with.
#
#   rc/install-packages.sh build   compile and package the programs
#   rc/install-packages.sh demo    the same, and what examples/two-sites/run.sh runs
#   rc/install-packages.sh test    the same, and what tests/run.sh runs
#   rc/install-packages.sh bench   the same, and what tests/bench/run.sh measures ours beside
#
# apt-get is run only when a package is missing. No package may start a service meanwhile: the
# packages bring an ssh server, and a demonstration must not open one. Needs root only to install.
# Exit status: 0 all installed, 1 not, 2 wrong usage.
set -euo pipefail

readonly build_packages=(
  g++ cmake ninja-build pkg-config
  libboost1.81-dev libboost-json1.81-dev libcap-ng-dev libcli11-dev libfmt-dev libnftables-dev
  libnl-3-dev libnl-nf-3-dev libnl-route-3-dev libseccomp-dev libssh2-1-dev libssl-dev
  libsystemd-dev libtomlplusplus-dev zlib1g-dev
  dpkg-dev file scdoc
)
readonly demo_packages=(
  iperf3 iproute2 iputils-ping jq openssh-client openssh-server procps python3 socat util-linux
)
readonly test_packages=(
  adduser bash-completion busybox-static clang-14 clang-format cpio curl git libbenchmark-dev
  libclang-rt-14-dev libgmock-dev libgtest-dev lintian logrotate netcat-openbsd nftables nsd ppp
  qemu-system-x86 shellcheck slirp systemd tcpdump vsftpd
)
readonly bench_packages=(openvpn softether-vpnclient softether-vpncmd softether-vpnserver)
readonly service_policy=/usr/sbin/policy-rc.d

fail() {
  printf 'install-packages.sh: %s\n' "$*" >&2
  exit 1
}

# Prints those of the named packages that are not installed.
missing_of() {
  local package
  local -A installed=()
  while read -r package; do
    installed[$package]=1
  done < <(dpkg-query -W -f '${db:Status-Abbrev} ${Package}\n' | sed -n 's/^ii  *//p')
  for package in "$@"; do
    [[ -v installed[$package] ]] || printf '%s\n' "$package"
  done
}

check_distribution() {
  local ID='' VERSION_ID=''
  if [[ -r /etc/os-release ]]; then
    # shellcheck source=/dev/null
    . /etc/os-release
  fi
  [[ $ID == debian && $VERSION_ID == 12 ]] ||
    fail "this is ${ID:-an unknown system} ${VERSION_ID}; the packages are named as in Debian 12" \
      "(bookworm). Install the equivalents of the lists in $0 by hand."
}

# Packages ask policy-rc.d before they start a service. An existing policy is left alone.
forbid_service_starts() {
  if [[ ! -e $service_policy ]]; then
    trap 'rm -f "$service_policy"' EXIT
    trap 'exit 1' HUP INT TERM
    printf '#!/bin/sh\nexit 101\n' >"$service_policy"
    chmod 755 "$service_policy"
  fi
}

apt() {
  DEBIAN_FRONTEND=noninteractive NEEDRESTART_MODE=l \
    apt-get --quiet --yes -o DPkg::Lock::Timeout=300 -o Dpkg::Options::=--force-confold \
    "$@" </dev/null
}

install_packages() {
  apt update || printf 'install-packages.sh: apt-get update failed; trying the lists at hand\n' >&2
  apt install --no-install-recommends "$@" ||
    fail "apt-get could not install: $*. What it said is above; the usual reasons are no network," \
      "a wrong /etc/apt/sources.list, or a full disk."
}

main() {
  local packages missing
  case "${1-}" in
    build) packages=("${build_packages[@]}") ;;
    demo) packages=("${build_packages[@]}" "${demo_packages[@]}") ;;
    test) packages=("${build_packages[@]}" "${demo_packages[@]}" "${test_packages[@]}") ;;
    bench)
      packages=("${build_packages[@]}" "${demo_packages[@]}" "${test_packages[@]}"
        "${bench_packages[@]}")
      ;;
    *)
      printf 'usage: %s build|demo|test|bench\n' "$0" >&2
      exit 2
      ;;
  esac
  command -v dpkg-query >/dev/null || check_distribution
  mapfile -t missing < <(missing_of "${packages[@]}")
  ((${#missing[@]} > 0)) || return 0

  check_distribution
  ((EUID == 0)) || fail "packages are missing and only root can install them: ${missing[*]}"
  printf 'Installing %d Debian packages: %s\n' "${#missing[@]}" "${missing[*]}"
  forbid_service_starts
  install_packages "${missing[@]}"
  mapfile -t missing < <(missing_of "${packages[@]}")
  ((${#missing[@]} == 0)) || fail "still missing after apt-get: ${missing[*]}"
}

main "$@"
