#!/usr/bin/env bash
# Runs a command in a machine of its own, of which nothing is left afterwards.
#
#   private-machine.sh [--keep DIR] COMMAND [ARGUMENT...]
#   private-machine.sh --enter DIR COMMAND [ARGUMENT...]
#   private-machine.sh --end DIR
#
# The command runs as root in new mount, PID, network, UTS and IPC namespaces. Private to it are
# /etc (a copy, with the accounts tunneld, pppossh and sshd), /run, /var/log, /var/lib/tunneld,
# /dev/net/tun (for every user, whatever the mode of the host's) and the whole network, of which
# only the loopback is up. The host's /tmp, home directories and source trees are seen as they are.
# When the command ends, or this script is killed, every process in the machine is killed too, and
# accounts, mounts, interfaces and settings are gone with it.
#
#   --keep DIR   if the command succeeds, return but leave the machine up, its handle in DIR
#   --enter DIR  run another command in a machine that was kept
#   --end DIR    end a machine that was kept; nothing to do is success
#
# Exit status: the command's; 125 if there could be no machine (a sentence on stderr says why).
set -euo pipefail

readonly no_machine=125
self=$(readlink -f "$0")
readonly self

fail() {
  printf 'private-machine.sh: %s\n' "$*" >&2
  exit "$no_machine"
}

# ---- Outside: make the namespaces, wait, and let nothing outlive this script. ----

check_host() {
  local refusal
  ((EUID == 0)) || fail 'only root can make namespaces and tun devices: run it as root (sudo).'
  [[ -c /dev/net/tun ]] ||
    fail '/dev/net/tun is missing, and without it there are no tunnels. Load the driver on the' \
      'host (modprobe tun); in a container, start it with --device /dev/net/tun.'
  refusal=$(unshare --mount --pid --net --uts --ipc --fork --propagation private true 2>&1) ||
    fail "new namespaces are refused (${refusal#unshare: }). In a container, start it with" \
      '--privileged; elsewhere, use a virtual machine.'
}

# Ends the machine whose unshare is process $1, by way of its first process.
end_command_of() {
  local first_process
  first_process=$(cat "/proc/$1/task/$1/children" 2>/dev/null) || return 0
  [[ -z $first_process ]] || kill -TERM "${first_process%% *}" 2>/dev/null || true
}

# Waits for the background process $1, also when signals interrupt; its exit status is ours.
# Their traps must set signalled=1.
wait_for() {
  local status
  while :; do
    signalled=
    wait "$1" && status=0 || status=$?
    [[ $signalled ]] || return "$status"
  done
}

# run_machine KEEP_DIR COMMAND...; KEEP_DIR is empty for a machine that ends with its command.
run_machine() {
  local keep_dir=$1 machine
  local tie=(setpriv --pdeathsig KILL) tie_inside=(--kill-child=KILL)
  shift
  check_host
  if [[ $keep_dir ]]; then
    mkdir -p "$keep_dir"
    keep_dir=$(readlink -f "$keep_dir")
    end_machine "$keep_dir"
    rm -f "$keep_dir/status"
    mkfifo "$keep_dir/status"
    tie=()
    tie_inside=()
  fi
  # A background command of a shell ignores SIGINT; this one must not, or Ctrl-C would not reach it.
  env --default-signal=INT,QUIT "${tie[@]}" unshare --mount --pid --net --uts --ipc \
    --fork "${tie_inside[@]}" --propagation private "$self" --inside "$keep_dir" "$@" <&0 &
  machine=$!
  # shellcheck disable=SC2064  # the process id is known now
  trap "signalled=1; end_command_of $machine" HUP INT TERM
  if [[ $keep_dir ]]; then wait_until_kept "$machine" "$keep_dir"; else wait_for "$machine"; fi
}

# The machine of unshare process $1 either ends, or says in $2/status that it stays.
wait_until_kept() {
  local reader ended='' status
  (read -r status <"$2/status" && exit "$status") &
  reader=$!
  while [[ ! $ended ]]; do  # empty after a wait that a signal interrupted
    wait -n -p ended "$1" "$reader" && status=0 || status=$?
  done
  rm -f "$2/status"
  if [[ $ended == "$reader" ]]; then
    kill -KILL "$1"  # it would hold our output open; the machine does not need it
    wait "$1" 2>/dev/null || true
  else
    kill "$reader" 2>/dev/null || true
    rm -f "$2/machine"
  fi
  return "$status"
}

# While a kept machine lives, its first process holds a lock on the handle.
machine_lives() { [[ -e $1/machine ]] && ! flock --nonblock "$1/machine" true; }

end_machine() {
  local first_process
  if machine_lives "$1"; then
    read -r first_process <"$1/machine"
    kill -KILL "$first_process"
    flock --timeout 10 "$1/machine" true || fail "the machine of $1 does not end"
  fi
  rm -f "$1/machine"
}

enter_machine() {
  local first_process
  machine_lives "$1" || fail "there is no machine in $1 (any more)"
  read -r first_process <"$1/machine"
  shift
  exec nsenter --target "$first_process" --mount --pid --net --uts --ipc -- \
    env --chdir="$PWD" TUNNEL_PRIVATE_MACHINE=1 "$@"
}

# ---- Inside: the machine's first process. It arranges the private parts, then runs the command. ----

# Every entry of $1 stays as it is, but what is added to $1 from now on is private.
make_directory_private() {
  local original entry
  original=$(mktemp -d /run/private.XXXXXX)
  mount --bind "$1" "$original"
  mount -t tmpfs -o mode=755 private "$1"
  for entry in "$original"/*; do
    if [[ -L $entry ]]; then
      cp --no-dereference "$entry" "$1/"
      continue
    fi
    if [[ -d $entry ]]; then mkdir "$1/${entry##*/}"; else : >"$1/${entry##*/}"; fi
    mount --bind "$entry" "$1/${entry##*/}"
  done
  umount "$original"
}

make_files_private() {
  mount -t proc proc /proc
  mount -t tmpfs -o mode=755 private /run
  mkdir -p /run/etc /run/lock /run/netns /run/sshd
  cp --archive /etc/. /run/etc/
  mount --bind /run/etc /etc
  mount -t tmpfs -o mode=755 private /var/log
  make_directory_private /var/lib
}

# A node of its own, since the host's may be for root only.
make_tun_device() {
  mknod -m 666 /run/tun c 10 200 ||
    fail 'a device node for /dev/net/tun is refused. In a container, start it with --privileged.'
  mount --bind /run/tun /dev/net/tun
  (: <>/dev/net/tun) 2>/dev/null ||
    fail '/dev/net/tun is there but does not open. Load the driver on the host (modprobe tun); in a' \
      'container, start it with --device /dev/net/tun.'
}

# make_account NAME SHELL [HOME]: a system account and a group of that name, if the host has none.
make_account() {
  getent passwd "$1" >/dev/null && return
  local group=(--user-group)
  ! getent group "$1" >/dev/null || group=(--gid "$1")
  useradd --system "${group[@]}" --no-create-home --home-dir "${3-/nonexistent}" --shell "$2" "$1"
}

make_accounts() {
  make_account tunneld /usr/sbin/nologin
  # sshd hands forced commands to the account's shell, and complains of a home that is not there.
  make_account pppossh /bin/sh /
  getent group tunneld-read >/dev/null || groupadd --system tunneld-read
  usermod --append --groups tunneld-read tunneld
  make_account sshd /usr/sbin/nologin
  # Root's own shell would read ~/.bashrc for every command that sshd is given.
  sed -i 's|^\(root:.*\):[^:]*$|\1:/bin/sh|' /etc/passwd
  # No password fits "*", but unlike "!" it does not lock the account for an sshd without PAM.
  usermod --password '*' pppossh
  install -d -o root -g tunneld -m 750 /etc/tunneld /etc/tunneld/sites /etc/tunneld/keys
  install -d -o tunneld -g adm -m 750 /var/log/tunneld
  install -d -o tunneld -g tunneld -m 755 /run/tunneld
  install -d -o tunneld -g tunneld -m 750 /var/lib/tunneld
}

run_inside() {
  local keep_dir=$1 host_pid command status lock
  shift
  read -r host_pid _ </proc/self/stat  # the host's /proc: this process as the host knows it
  if [[ $keep_dir ]]; then
    printf '%d\n' "$host_pid" >"$keep_dir/machine"
    exec {lock}<"$keep_dir/machine"
    flock --nonblock "$lock"
  else
    exec {lock}</dev/null
  fi
  export TUNNEL_PRIVATE_MACHINE=1 PATH=/usr/local/sbin:/usr/sbin:/sbin:$PATH
  unset NOTIFY_SOCKET WATCHDOG_PID WATCHDOG_USEC LISTEN_FDS LISTEN_PID JOURNAL_STREAM
  hostname private-machine
  make_files_private
  make_tun_device
  make_accounts
  ip link set lo up

  # The first process of a PID namespace ignores what it does not handle. It stays a shell, not the
  # command, so that orphans are reaped and signals have their usual meaning for the command.
  env --default-signal=INT,QUIT "$@" <&0 {lock}<&- &
  command=$!
  # shellcheck disable=SC2064  # the process id is known now
  trap "signalled=1; kill -TERM $command 2>/dev/null || true" HUP TERM
  trap signalled=1 INT  # from the terminal; the command has it too
  wait_for "$command" && status=0 || status=$?
  if [[ $keep_dir ]] && ((status == 0)); then
    printf '%d\n' "$status" >"$keep_dir/status"
    exec setsid "$self" --idle </dev/null >/dev/null 2>&1
  fi
  return "$status"
}

# What becomes of the first process of a kept machine: it reaps orphans until it is killed.
idle() {
  local never
  trap '' HUP INT TERM
  exec {never}<> <(:)
  while :; do read -r -u "$never" || true; done
}

usage() {
  sed -n '2,/^set /s/^# \{0,1\}//p' "$self" >&2
  exit "$no_machine"
}

main() {
  case "${1-}" in
    --inside) shift && run_inside "$@" ;;
    --idle) idle ;;
    --keep) (($# >= 3)) || usage; run_machine "${@:2}" ;;
    --enter) (($# >= 3)) || usage; enter_machine "${@:2}" ;;
    --end) (($# == 2)) || usage; end_machine "$2" ;;
    '' | -*) usage ;;
    *) run_machine '' "$@" ;;
  esac
}

main "$@"
