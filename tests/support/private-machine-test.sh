#!/usr/bin/env bash
# The private machine keeps its promises: what happens in it stays in it, and ends with it.
#
#   private-machine-test.sh      as root (in a private machine: they nest)
set -euo pipefail

machine=$(dirname "$(readlink -f "$0")")/private-machine.sh
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
failures=0

# expect SENTENCE COMMAND...
expect() {
  local output
  if output=$("${@:2}" 2>&1); then
    printf 'ok    %s\n' "$1"
  else
    printf 'FAIL  %s\n%s\n' "$1" "$output"
    failures=$((failures + 1))
  fi
}

not() { ! "$@"; }

# ends_with STATUS COMMAND...
ends_with() {
  local status=0
  "${@:2}" || status=$?
  ((status == $1)) || {
    printf 'exit status %d\n' "$status"
    return 1
  }
}

# Everything of the host that a machine could change.
outside() {
  getent passwd
  getent group
  hostname
  ls -ld /etc/tunneld /run/tunneld /run/private-file /etc/private-file /var/log/private-file \
    /var/lib/private-file /dev/net/tun 2>&1 || true
  ip -brief link
  cat /proc/sys/net/ipv4/ip_forward /proc/self/mountinfo
}

change_everything() {
  cat <<'END'
set -e
useradd --system stranger
hostname elsewhere
touch /run/private-file /etc/private-file /var/log/private-file /var/lib/private-file
ip link add bridge0 type bridge
echo 1 >/proc/sys/net/ipv4/ip_forward
setpriv --reuid tunneld --clear-groups --regid tunneld sh -c ': <>/dev/net/tun'
setpriv --reuid pppossh --clear-groups --regid pppossh sh -c ': <>/dev/net/tun'
test "$(ip -brief link | wc -l)" = 2
END
}

# start_in_machine: the machine's script in the background, once a process in it is up.
start_in_machine() {
  mkfifo "$work/up"
  "$machine" bash -c "echo up >$work/up; exec cat $work/never" &
  script=$!
  read -r _ <"$work/up"
  rm "$work/up"
  # It is still a bash for a moment.
  until process=$(pgrep --full "^cat $work/never"); do kill -0 "$script"; done
}

outside >"$work/before"
expect 'everything can be changed inside' "$machine" bash -c "$(change_everything)"
expect 'and nothing is changed outside' diff "$work/before" <(outside)
expect 'the exit status is the command'\''s' ends_with 7 "$machine" bash -c 'exit 7'
expect 'standard input is the command'\''s' test "$(echo word | "$machine" cat)" = word
expect 'without standard input it works as well' ends_with 0 "$machine" true <&-

mkfifo "$work/never"
# shellcheck disable=SC2034  # while it is open for writing, readers of the pipe wait
exec {never}<>"$work/never"
start_in_machine
kill -TERM "$script"
wait "$script" && status=0 || status=$?
expect 'SIGTERM reaches the command' test "$status" = 143
expect 'and nothing survives' not kill -0 "$process"
start_in_machine
kill -KILL "$script"
wait "$script" 2>/dev/null || true
expect 'nothing survives its SIGKILL' timeout 5 tail --pid="$process" -f /dev/null

expect 'a failed command keeps no machine' ends_with 1 "$machine" --keep "$work" false
expect 'there is none to be entered' ends_with 125 "$machine" --enter "$work" true
expect 'a machine can be kept' "$machine" --keep "$work" touch /run/kept
expect 'and entered' "$machine" --enter "$work" test -e /run/kept
expect 'and ended' "$machine" --end "$work"
expect 'and is gone' ends_with 125 "$machine" --enter "$work" true
printf '%d failed\n' "$failures"
((failures == 0))
