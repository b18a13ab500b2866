#!/usr/bin/env bash
# The Debian package, from building to purging it.
#
#   package-test.sh BUILD_DIR      in a private machine, as root
#
# Builds the package from BUILD_DIR, looks into it, and installs, removes, purges and installs it
# again in a copy-on-write copy of the root file system, of which nothing is left. Each check is a
# sentence; all of them are made, and one that fails makes the exit status 1.
set -euo pipefail

readonly build=$1
readonly work=/run/package-test
readonly root=$work/root
failures=0

# expect SENTENCE COMMAND...: the command must succeed.
expect() {
  local output
  if output=$("${@:2}" 2>&1); then
    printf 'ok    %s\n' "$1"
  else
    printf 'FAIL  %s\n      %s\n%s\n' "$1" "${*:2}" "$output"
    failures=$((failures + 1))
  fi
}

not() { ! "$@"; }

inside() { chroot "$root" "$@"; }

# mode_is MODE OWNER:GROUP PATH
mode_is() { [[ $(inside stat --format '%a %U:%G' "$3") == "$1 $2" ]]; }

package_file_is() { grep --quiet --extended-regexp "^$1 root/root .* \./$2\$" "$work/contents"; }

build_package() {
  mkdir -p "$work/package"
  if ! cpack -G DEB --config "$build/CPackConfig.cmake" -B "$work/package" >"$work/cpack" 2>&1; then
    cat "$work/cpack"
    exit 1
  fi
  package=("$work"/package/tunneld_*.deb)
  dpkg-deb --contents "${package[0]}" >"$work/contents"
}

check_contents() {
  local file
  for file in usr/sbin/tunneld usr/sbin/pppd-bridge usr/bin/tunnelctl etc/init.d/tunneld; do
    expect "has the program /$file" package_file_is -rwxr-xr-x "$file"
  done
  for file in usr/lib/systemd/system/tunneld.service \
    usr/lib/systemd/system/tunneld-filter.service usr/lib/sysusers.d/tunneld.conf \
    usr/lib/tmpfiles.d/tunneld.conf etc/ssh/sshd_config.d/tunneld.conf etc/logrotate.d/tunneld \
    usr/share/bash-completion/completions/tunnelctl usr/share/man/man8/tunneld.8.gz \
    usr/share/man/man8/pppd-bridge.8.gz usr/share/man/man8/tunnelctl.8.gz \
    usr/share/man/man5/tunneld.toml.5.gz \
    usr/share/doc/tunneld/examples/home/sites/labs.toml; do
    expect "has /$file" package_file_is -rw-r--r-- "$file"
  done
  expect 'brings no profiles of its own' not grep ' \./etc/tunneld' "$work/contents"
  expect 'depends on the libraries it is linked with' \
    grep --quiet 'libssh2-1' <(dpkg-deb --field "${package[0]}" Depends)
  # The project has not stated a licence.
  expect 'lintian finds no error' \
    lintian --fail-on error --suppress-tags no-copyright-file "${package[0]}"
}

# A root file system where everything may be changed. What is mounted on the host's is not in it.
make_root() {
  mkdir -p "$work/upper" "$work/scratch" "$root"
  mount -t overlay -o "lowerdir=/,upperdir=$work/upper,workdir=$work/scratch" overlay "$root" || {
    printf 'package-test.sh: this kernel mounts no overlay file system; load the module overlay\n' >&2
    exit 1
  }
  mount -t proc proc "$root/proc"
  mount --rbind /dev "$root/dev"
  mount -t tmpfs -o mode=755 run "$root/run"
  mkdir "$root/run/sshd" "$root/run/lock"
  # Services may be started here: the package is not to try.
  : >"$root/run/service-requests"
  printf '#!/bin/sh\necho "$@" >>/run/service-requests\n' >"$root/usr/sbin/policy-rc.d"
  chmod 755 "$root/usr/sbin/policy-rc.d"
  inside ssh-keygen -A >/dev/null
}

# Prints the processes that run in the copy of the root file system.
processes_inside() {
  local process
  for process in /proc/[0-9]*; do
    [[ $(readlink "$process/root") != "$root" ]] || tr '\0' ' ' <"$process/cmdline"
  done
}

nothing_runs_inside() {
  local processes
  processes=$(processes_inside)
  printf '%s\n' "$processes"
  [[ -z $processes ]]
}

install_package() {
  cp "${package[0]}" "$root/run/tunneld.deb"
  DEBIAN_FRONTEND=noninteractive inside dpkg --install /run/tunneld.deb </dev/null
}

check_accounts() {
  expect 'tunneld cannot log in' \
    grep --quiet '^tunneld:.*:/nonexistent:/usr/sbin/nologin$' "$root/etc/passwd"
  expect 'pppossh has a shell for forced commands, and a home that exists' \
    grep --quiet '^pppossh:.*:/:/bin/sh$' "$root/etc/passwd"
  expect 'tunneld can give a socket to those who may look on' \
    grep --quiet '^tunneld-read:.*:tunneld$' "$root/etc/group"
  expect 'pppossh has no password, and is not locked' \
    grep --quiet '^pppossh:\*:' "$root/etc/shadow"
}

check_folders() {
  expect 'profiles are for root and the daemon' mode_is 750 root:tunneld /etc/tunneld
  expect 'so are the sites' mode_is 750 root:tunneld /etc/tunneld/sites
  expect 'and the keys' mode_is 750 root:tunneld /etc/tunneld/keys
  expect 'logs can be read by adm' mode_is 2750 tunneld:adm /var/log/tunneld
  expect 'state is for the daemon' mode_is 750 tunneld:tunneld /var/lib/tunneld
}

check_nothing_started() {
  expect 'no process was started' nothing_runs_inside
  expect 'none was asked for' not grep --quiet --word-regexp start "$root/run/service-requests"
  expect 'the unit is not enabled' not find_links "$root/etc/systemd/system" tunneld
  expect 'nor the init script' not find_links "$root/etc" 'S*tunneld'
}

# find_links FOLDER NAME: succeeds if there is a symbolic link of that name.
find_links() { [[ $(find "$1" -type l -name "$2*") ]]; }

check_configuration() {
  expect 'sshd accepts the drop-in' inside /usr/sbin/sshd -t
  inside /usr/sbin/sshd -T -C user=pppossh,host=h,addr=192.0.2.1 >"$work/pppossh"
  inside /usr/sbin/sshd -T -C user=root,host=h,addr=192.0.2.1 >"$work/root-account"
  expect 'keys of pppossh come from tunnelctl' \
    grep --quiet '^authorizedkeyscommand /usr/bin/tunnelctl key authorized-keys ' "$work/pppossh"
  expect 'pppossh forwards nothing' grep --quiet '^disableforwarding yes$' "$work/pppossh"
  expect 'pppossh has no terminal' grep --quiet '^permittty no$' "$work/pppossh"
  expect 'pppossh has no password' grep --quiet '^passwordauthentication no$' "$work/pppossh"
  expect 'other accounts are as before' grep --quiet '^disableforwarding no$' "$work/root-account"
  expect 'systemd accepts the units' \
    inside systemd-analyze verify --man=no tunneld.service tunneld-filter.service
  expect 'sysusers agrees with the accounts that are there' \
    inside systemd-sysusers /usr/lib/sysusers.d/tunneld.conf
  expect 'tmpfiles agrees with the folders that are there' \
    inside systemd-tmpfiles --create /usr/lib/tmpfiles.d/tunneld.conf
  check_folders
  expect 'logrotate accepts its rules' inside logrotate --debug /etc/logrotate.d/tunneld
  expect 'the daemon runs' inside tunneld --version
  expect 'the bridge runs' inside pppd-bridge --version
  expect 'tunnelctl runs' inside tunnelctl version
}

check_removal() {
  inside systemctl enable tunneld >/dev/null 2>&1
  expect 'it can be enabled' find_links "$root/etc/systemd/system" tunneld
  printf 'a key\n' >"$root/etc/tunneld/keys/labs"
  printf 'a line\n' >"$root/var/log/tunneld/ppp.log"
  expect 'it can be removed' inside dpkg --remove tunneld
  expect 'programs are gone' not test -e "$root/usr/sbin/tunneld"
  expect 'logs stay' test -e "$root/var/log/tunneld/ppp.log"
  expect 'it can be purged' inside dpkg --purge tunneld
  expect 'nothing is left of its being enabled' not find_links "$root/etc/systemd/system" tunneld
  expect 'logs are gone' not test -e "$root/var/log/tunneld"
  expect 'the drop-in is gone' not test -e "$root/etc/ssh/sshd_config.d/tunneld.conf"
  expect 'keys stay' test -e "$root/etc/tunneld/keys/labs"
  expect 'pppossh is locked' grep --quiet '^pppossh:!' "$root/etc/shadow"
}

main() {
  local package
  mkdir -p "$work"
  build_package
  check_contents
  make_root
  expect 'it can be installed' install_package
  check_accounts
  check_folders
  check_nothing_started
  check_configuration
  check_removal
  expect 'it can be installed again' install_package
  check_accounts
  check_nothing_started
  printf '%d failed\n' "$failures"
  ((failures == 0))
}

main
