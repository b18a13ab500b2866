#!/usr/bin/env bash
# A demonstration: two gateways, a real sshd, one tunnel, and packets across it.
#
#   examples/two-sites/run.sh [--keep] [--no-build]
#   examples/two-sites/run.sh --end
#
#   --keep      leave everything up at the end, to look around; says how
#   --no-build  use build/release as it is
#   --end       end what --keep left up
#
# Builds the release, makes the reference pair of sites (topology.sh) in a private machine
# (tests/support/private-machine.sh), gives the gateways the profiles in home/ and labs/ with fresh
# keys, starts sshd and tunneld, and shows the link, a ping, a transfer, the packet filter at work,
# the status and the audit log of both ends. Takes everything down again, also on failure and on Ctrl-C. Nothing of this
# machine is changed but installed packages and the build folder; logs stay in build/two-sites.
# Exit status: 0 if all of it worked.
set -euo pipefail

# shellcheck source=examples/two-sites/sites.sh
. "$(dirname "$(readlink -f "$0")")/sites.sh"  # and its variables
readonly programs=${TUNNEL_BIN_DIR:-$repository/build/release/bin}

keep=''
no_build=''
succeeded=''

fail() {
  printf '\nrun.sh: %s\n' "$*" >&2
  exit 1
}

usage() {
  sed -n '2,/^set /s/^# \{0,1\}//p' "$sites_source/run.sh" >&2
  exit 2
}

if [[ -t 1 ]]; then readonly bold=$'\e[1m' plain=$'\e[0m'; else readonly bold='' plain=''; fi

heading() { printf '\n%s== %s%s\n' "$bold" "$*" "$plain"; }

# ---- In the private machine ----

# on NODE COMMAND...: shows the command, as typed on that node, and runs it.
on() {
  printf '%s%s# %s%s\n' "$bold" "$1" "${*:2}" "$plain"
  sites_exec "$@"
}

show_log() {
  [[ -s $2 ]] || return 0
  printf '\n-- %s\n' "$1"
  tail -n 25 "$2"
}

# What is left to do when the demonstration ends, however it ends.
clean_up() {
  trap '' HUP INT TERM
  local gateway log
  if [[ ! $succeeded ]]; then
    heading 'It failed. The last words of everybody:'
    for gateway in home labs; do
      for log in tunneld.log sshd.log log/ppp.log log/auth.log; do
        show_log "$gateway: ${log#log/}" "$SITES_DIR/nodes/$gateway/$log"
      done
    done
  fi
  if [[ ! $succeeded || ! $keep ]]; then
    heading 'Taking everything down'
    for gateway in home labs; do sites_stop "$gateway" tunneld || true; done
    sites_stop labs sshd || true
    printf 'The rest ends with the private machine. Logs are in %s/nodes.\n' "$SITES_DIR"
  fi
}

# receive NODE FILE: prints a line when it listens; FILE is whole when it ends.
receive() {
  sites_exec "$1" socat -d -d -u TCP-LISTEN:5000 CREATE:"$2" 2>&1
}

transfer_file() {
  local sent=$SITES_DIR/sent received=$SITES_DIR/received listening receiver
  head -c 64M /dev/urandom >"$sent"
  exec {listening}< <(receive routera "$received")
  receiver=$!
  read -r -u "$listening" _ || fail 'no listener at routera'
  on client socat -u FILE:"$sent" TCP:192.168.253.1:5000
  wait "$receiver" || fail 'the transfer broke off'
  cmp "$sent" "$received" || fail 'what arrived is not what was sent'
  printf '64 MiB arrived at routera; SHA-256 at both ends %s\n' \
    "$(sha256sum "$received" | cut -d ' ' -f 1)"
  rm -f "$sent" "$received"
}

# What the reference policy makes of HOME at Labs.
filter_at_labs() {
  local folder=$SITES_DIR/nodes/labs/etc
  cp "$repository"/examples/profiles/labs/{ipf,ipnat}.rules "$folder/"
  printf '\n[filter]\nrules = "ipf.rules"\nnat   = "ipnat.rules"\n' >>"$folder/tunneld.toml"
  on labs tunnelctl reload
  on client ping -c 2 -i 0.2 192.168.253.1
  on client socat -T 1 - TCP:192.168.253.1:8080,connect-timeout=1 </dev/null || true
  on labs tunnelctl filter test --rules /etc/tunneld/ipf.rules --explain \
    'in on tun0 tcp 192.168.1.215,3936 192.168.253.1,8080 S'
  on labs tunnelctl filter stats
  on labs tail -n 8 /var/log/tunneld/filter.log
  on labs tail -n 4 /var/log/tunneld/nat.log
}

demonstrate() {
  trap clean_up EXIT
  trap 'exit 130' HUP INT TERM

  heading 'Two sites and an internet between them'
  sites_build "$SITES_DIR"
  sites_install_programs "$programs"
  sed -n '/^#   HOME /,/172.16/s/^#  //p' "$sites_source/topology.sh"

  heading 'Keys and profiles'
  printf '%shome# tunnelctl key gen labs%s\n' "$bold" "$plain"
  sites_configure
  on home tunnelctl check
  on labs tunnelctl check

  heading 'Labs answers (sshd and tunneld), HOME dials (tunneld)'
  sites_start_sshd
  sites_start_tunneld labs
  sites_start_tunneld home
  on home tunnelctl status labs --until up --timeout 20s

  heading 'A ping from the client PC at HOME to routerA at Labs'
  on client ping -c 3 -i 0.2 192.168.253.1

  heading 'A transfer from the client PC to routerA'
  transfer_file

  heading 'Labs filters: pings may cross, port 8080 may not, and HOME is seen as the gateway'
  filter_at_labs

  heading 'Status of both ends'
  on home tunnelctl status
  on labs tunnelctl status

  heading 'The audit log of both ends'
  on home tail -n 20 /var/log/tunneld/ppp.log
  on labs tail -n 20 /var/log/tunneld/ppp.log
  succeeded=yes
  if [[ $keep ]]; then explain; fi
}

explain() {
  heading 'It stays up'
  cat <<END
Enter a node:       examples/two-sites/sites.sh exec home tunnelctl status
                    examples/two-sites/sites.sh exec client bash
Nodes:              ${NODES[*]}
Reboot a gateway:   examples/two-sites/sites.sh reboot labs
Logs and profiles:  build/two-sites/nodes/home, build/two-sites/nodes/labs
End it:             examples/two-sites/run.sh --end
END
}

# ---- Outside ----

build_release() {
  heading 'Building the release'
  (cd "$repository" && cmake --preset release && cmake --build build/release) </dev/null
}

end_kept() {
  "$private_machine" --end "$SITES_DIR"
  printf 'Nothing of the two sites is up any more.\n'
}

main() {
  case "${1-}" in
    --end) (($# == 1)) || usage; end_kept; return ;;
    --inside) keep=${2-}; demonstrate; return ;;
  esac
  while (($# > 0)); do
    case $1 in
      --keep) keep=yes ;;
      --no-build) no_build=yes ;;
      *) usage ;;
    esac
    shift
  done
  ((EUID == 0)) || fail 'only root can make network namespaces and tun devices: run it as root (sudo).'
  ! "$private_machine" --enter "$SITES_DIR" true 2>/dev/null ||
    fail 'the two sites are up already; end them with examples/two-sites/run.sh --end'
  "$repository/rc/install-packages.sh" demo
  [[ $no_build ]] || build_release
  if [[ $keep ]]; then
    exec "$private_machine" --keep "$SITES_DIR" "$sites_source/run.sh" --inside keep
  fi
  exec "$private_machine" "$sites_source/run.sh" --inside
}

main "$@"
