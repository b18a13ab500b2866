#!/usr/bin/env bash
# The reference pair of sites: HOME, which dials, and Labs, which answers, with their hosts and an
# internet between them (topology.sh has the picture), inside a private machine
# (tests/support/private-machine.sh). A command, and functions to be sourced.
#
#   sites.sh build [DIR]            make the nodes and their wires; DIR keeps their files
#   sites.sh install-programs BIN   give both gateways the programs of a build, in /usr/local/sbin
#   sites.sh configure [PROFILES]   keys, host key and profiles, from a folder like this one
#   sites.sh start-sshd [labs]      a real sshd with the drop-in of rc/
#   sites.sh start-tunneld home|labs
#   sites.sh exec NODE COMMAND...   run a command on a node
#   sites.sh pid NODE [PROGRAM]     print the process id of a started program, or of the process
#                                   that holds the node's namespaces, for nsenter --target
#   sites.sh stop NODE PROGRAM [SIGNAL]
#                                   SIGTERM it, or another signal, and wait until it is gone
#   sites.sh power-off NODE         pull the plugs without a word, then kill every process on it
#   sites.sh power-on NODE          its network anew, and its files as they were on the disk
#   sites.sh reboot home|labs       both, and start what a gateway starts at boot
#   sites.sh destroy                everything gone, DIR included
#
# Nodes: client home-dns home internet labs labs-dns routera sql; and switch, which holds the LANs.
# DIR is $SITES_DIR, or what was built last in this machine, or build/two-sites. In it:
#   nodes/{home,labs}/{etc,log,lib,ssh} the gateway's /etc/tunneld, /var/log/tunneld,
#                                       /var/lib/tunneld and /etc/ssh
#   nodes/{home,labs}/PROGRAM.{pid,log} process id and standard error of a started program
#   programs                            the gateways' /usr/local/sbin
# When the machine was kept (run.sh --keep), every command works from outside it, too.
set -euo pipefail

sites_source=$(readlink -f "${BASH_SOURCE[0]%/*}")
readonly sites_source
readonly sites_last_built=/run/two-sites
repository=$(readlink -f "$sites_source/../..")
readonly repository
readonly private_machine=$repository/tests/support/private-machine.sh

if [[ -z ${SITES_DIR-} ]]; then
  if [[ -d $sites_last_built ]]; then SITES_DIR=$(readlink -f "$sites_last_built"); fi
  : "${SITES_DIR:=$repository/build/two-sites}"
fi
export SITES_DIR

# shellcheck source=examples/two-sites/topology.sh
. "$sites_source/topology.sh"

sites_fail() {
  printf 'sites.sh: %s\n' "$*" >&2
  exit 1
}

# ---- Nodes ----

is_gateway() { [[ $1 == home || $1 == labs ]]; }

# The file that has the process id of the holder of node $1. /run ends with the machine, so that
# no other process is ever taken for it.
handle() { printf '/run/sites%s/%s' "$SITES_DIR" "$1"; }

is_on() { [[ -e $(handle "$1") ]]; }

check_node() {
  [[ " ${NODES[*]} " == *" ${1-} "* ]] || sites_fail "no node \"${1-}\"; there are: ${NODES[*]}"
  is_on "$1" ||
    sites_fail "the node $1 is not there: build the sites, or power it on"
}

check_gateway() { is_gateway "${1-}" || sites_fail "not a gateway: \"${1-}\" (home or labs)"; }

# Runs first of all in the namespaces of node $1: the files that are its own.
set_up_files() {
  local files=$SITES_DIR/nodes/$1
  hostname "${HOST_NAMES[$1]-$1}"
  mount --bind "$files/hosts" /etc/hosts
  if is_gateway "$1"; then
    mount --bind "$files/etc" /etc/tunneld
    mount --bind "$files/log" /var/log/tunneld
    mount --bind "$files/lib" /var/lib/tunneld
    mount --bind "$files/ssh" /etc/ssh
    mount --bind "$SITES_DIR/programs" /usr/local/sbin
    mount -t tmpfs -o mode=755,uid=tunneld,gid=tunneld runtime /run/tunneld
    mount -t tmpfs -o mode=755 runtime /run/sshd
  fi
}

# The disk of a gateway, with modes as the package gives them.
make_disk() {
  local files=$SITES_DIR/nodes/$1
  install -d -m 755 "$files" "$files/ssh" "$files/ssh/sshd_config.d" "$files/ssh/ssh_config.d"
  install -d -o root -g tunneld -m 750 "$files/etc" "$files/etc/sites" "$files/etc/keys"
  install -d -o tunneld -g adm -m 750 "$files/log"
  install -d -o tunneld -g tunneld -m 750 "$files/lib"
}

# A node's namespaces are held by a process that does nothing. (Handles in the file system would
# need none, but Linux 6.18 refuses them for mount namespaces, depending on the processor.)
power_on() {
  local holder_output _
  exec {holder_output}< <(
    exec unshare --net --mount --uts --propagation private "$sites_source/sites.sh" hold "$1"
  )
  printf '%d\n' $! >"$(handle "$1")"
  read -r -u "$holder_output" _ || sites_fail "could not set up the node $1"
  exec {holder_output}<&-
  wire_node "$1"
}

hold() {
  set_up_files "$1"
  printf 'done\n'
  exec tail -n 0 -f "$SITES_DIR/nodes/$1/hosts" >/dev/null 2>&1
}

# Kills every process on the nodes, the holders of their namespaces too, and forgets what it was.
kill_all_on() {
  local node network any_network=(-false) processes
  for node in "$@"; do
    network=$(in_network "$node" readlink /proc/self/ns/net)
    any_network+=(-o -lname "${network//[\[\]]/?}")
  done
  mapfile -t processes < <(find /proc -maxdepth 3 -path '/proc/[0-9]*/ns/net' \
    \( "${any_network[@]}" \) 2>/dev/null | cut -d / -f 3)
  "$sites_source/process.py" stop --signal KILL --pid "${processes[@]}"
  for node in "$@"; do
    rm -f "$SITES_DIR/nodes/$node"/*.pid "$(handle "$node")"
  done
}

power_off() {
  unwire_node "$1"
  kill_all_on "$1"
}

sites_power_off() {
  check_node "$1"
  power_off "$1"
}

sites_power_on() {
  ! is_on "$1" || sites_fail "the node $1 is on already"
  power_on "$1"
}

sites_reboot() {
  check_gateway "$1"
  sites_power_off "$1"
  sites_power_on "$1"
  [[ $1 != labs ]] || sites_start_sshd
  sites_start_tunneld "$1"
}

# ---- Building ----

sites_build() {
  local node
  [[ ${TUNNEL_PRIVATE_MACHINE-} ]] ||
    sites_fail "sites are built in a private machine: $private_machine COMMAND..."
  mkdir -p "${1:-$SITES_DIR}"
  SITES_DIR=$(readlink -f "${1:-$SITES_DIR}")
  [[ ! -d $SITES_DIR/nodes ]] || sites_destroy
  install -d -m 700 "$SITES_DIR"
  install -d -m 755 "$SITES_DIR/programs"
  mkdir -p "$(handle '')"
  ln -sfn "$SITES_DIR" "$sites_last_built"
  for node in "${NODES[@]}"; do
    install -d -m 755 "$SITES_DIR/nodes/$node"
    printf '%s\n' "$HOSTS" >"$SITES_DIR/nodes/$node/hosts"
    ! is_gateway "$node" || make_disk "$node"
    power_on "$node"
  done
}

# Copies, since sshd runs nothing that others than root could write to or replace.
sites_install_programs() {
  local program
  for program in tunneld pppd-bridge tunnelctl; do
    install -m 755 "$1/$program" "$SITES_DIR/programs/"
  done
}

# The sshd of Labs: its own host key, no PAM, and else only what the drop-in of rc/ says.
configure_sshd() {
  local ssh=$SITES_DIR/nodes/labs/ssh
  rm -f "$ssh"/ssh_host_ed25519_key{,.pub}
  ssh-keygen -q -t ed25519 -N '' -C labs-gateway -f "$ssh/ssh_host_ed25519_key"
  sed 's|@[A-Z_]*BINDIR@|/usr/local/sbin|g' "$repository/rc/sshd-tunneld.conf.in" \
    >"$ssh/sshd_config.d/tunneld.conf"
  cat >"$ssh/sshd_config" <<'END'
Include /etc/ssh/sshd_config.d/*.conf
HostKey /etc/ssh/ssh_host_ed25519_key
UsePAM no
PasswordAuthentication no
KbdInteractiveAuthentication no
PidFile none
LogLevel VERBOSE
END
  sites_exec labs /usr/sbin/sshd -t
}

# install_profile GATEWAY TEMPLATE TARGET, filling in the keys.
install_profile() {
  local target=$SITES_DIR/nodes/$1/etc/$3
  sed -e "s|@HOME_KEY@|$home_key|" -e "s|@LABS_HOST_KEY@|$labs_host_key|" "$2" >"$target"
  chown root:tunneld "$target"
  chmod 640 "$target"
}

sites_configure() {
  local profiles home_key labs_host_key gateway profile
  profiles=$(readlink -f "${1:-$sites_source}")
  configure_sshd
  rm -f "$SITES_DIR"/nodes/home/etc/keys/*
  home_key=$(sites_exec home tunnelctl key gen labs)
  labs_host_key=$(cut -d ' ' -f 1,2 "$SITES_DIR/nodes/labs/ssh/ssh_host_ed25519_key.pub")
  for gateway in home labs; do
    rm -f "$SITES_DIR/nodes/$gateway"/etc/sites/*
    for profile in tunneld.toml sites; do
      [[ -e $profiles/$gateway/$profile ]] || sites_fail "there is no $profiles/$gateway/$profile"
    done
    install_profile "$gateway" "$profiles/$gateway/tunneld.toml" tunneld.toml
    for profile in "$profiles/$gateway"/sites/*.toml; do
      install_profile "$gateway" "$profile" "sites/${profile##*/}"
    done
  done
}

# Namespaces take their wires with them.
sites_destroy() {
  local node on=()
  for node in "${NODES[@]}"; do
    ! is_on "$node" || on+=("$node")
  done
  ((${#on[@]} == 0)) || kill_all_on "${on[@]}"
  rm -rf "$SITES_DIR/nodes" "$SITES_DIR/programs"
}

# ---- Programs on the nodes ----

# sites_exec NODE COMMAND...
sites_exec() {
  check_node "$1"
  nsenter --target "$(<"$(handle "$1")")" --net --mount --uts -- "${@:2}"
}

# start NODE PROGRAM COMMAND...: when it returns, the program is ready.
start() {
  local files=$SITES_DIR/nodes/$1
  ! pid_of "$1" "$2" >/dev/null || sites_fail "$2 runs on $1 already"
  sites_exec "$1" "$sites_source/process.py" start --pid-file "$files/$2.pid" \
    --log "$files/$2.log" -- "${@:3}"
}

pid_of() {
  local pid
  { read -r pid <"$SITES_DIR/nodes/$1/$2.pid"; } 2>/dev/null && kill -0 "$pid" 2>/dev/null &&
    printf '%s\n' "$pid"
}

sites_pid() {
  check_node "$1"
  if [[ ${2-} ]]; then
    pid_of "$1" "$2" || sites_fail "$2 does not run on $1"
  else
    cat "$(handle "$1")"
  fi
}

sites_start_sshd() { start labs sshd /usr/sbin/sshd -D -e; }

sites_start_tunneld() {
  check_gateway "$1"
  start "$1" tunneld tunneld
}

# sites_stop NODE PROGRAM [SIGNAL]
sites_stop() {
  check_node "$1"
  "$sites_source/process.py" stop --pid-file "$SITES_DIR/nodes/$1/$2.pid" --signal "${3:-TERM}"
}

# ---- The command ----

sites_usage() {
  sed -n '2,/^set /s/^# \{0,1\}//p' "$sites_source/sites.sh" >&2
  exit 2
}

sites_main() {
  local verb=${1-}
  if [[ ! ${TUNNEL_PRIVATE_MACHINE-} && $verb && $verb != build ]]; then
    exec "$private_machine" --enter "$SITES_DIR" "$sites_source/sites.sh" "$@"
  fi
  (($# == 0)) || shift
  case $verb/$# in
    build/[01]) sites_build "$@" ;;
    install-programs/1) sites_install_programs "$1" ;;
    configure/[01]) sites_configure "$@" ;;
    start-sshd/0 | start-sshd/1) sites_start_sshd ;;
    start-tunneld/1) sites_start_tunneld "$1" ;;
    exec/[0-9]*) (($# >= 2)) || sites_usage; sites_exec "$@" ;;
    pid/[12]) sites_pid "$@" ;;
    stop/[23]) sites_stop "$@" ;;
    power-off/1) sites_power_off "$1" ;;
    power-on/1) sites_power_on "$1" ;;
    reboot/1) sites_reboot "$1" ;;
    destroy/0) sites_destroy ;;
    hold/1) hold "$1" ;;
    *) sites_usage ;;
  esac
}

if [[ ${BASH_SOURCE[0]} == "$0" ]]; then sites_main "$@"; fi
