#!/usr/bin/env bash
# The init script, with a real daemon.
#
#   init-test.sh PROGRAMS      in a private machine, as root; PROGRAMS is the folder with tunneld
set -euo pipefail

readonly programs=$1
here=$(dirname "$(readlink -f "$0")")
readonly init=/run/tunneld-init
readonly pid_file=/run/tunneld.pid
failures=0

# expect STATUS SENTENCE COMMAND...
expect() {
  local output status=0
  output=$("${@:3}" 2>&1) || status=$?
  if ((status == $1)); then
    printf 'ok    %s\n' "$2"
  else
    printf 'FAIL  %s (exit status %d)\n%s\n' "$2" "$status" "$output"
    failures=$((failures + 1))
  fi
}

write_profiles() {
  ssh-keygen -q -t ed25519 -N '' -f /run/key
  printf '[gateway]\nname = "init-test"\n' >/etc/tunneld/tunneld.toml
  cat >/etc/tunneld/sites/home.toml <<END
[site]
role = "answer"
[ssh]
authorized_keys = ["$(cat /run/key.pub)"]
[ppp]
interface = "tun0"
local     = "10.224.1.2"
remote    = "10.224.1.1"
[routes]
remote = ["192.168.1.0/24"]
END
  chown -R root:tunneld /etc/tunneld
  chmod 640 /etc/tunneld/tunneld.toml /etc/tunneld/sites/home.toml
}

started() { { "$programs/tunnelctl" status --json || true; } | grep -o '"started":"[^"]*"'; }

user_of_daemon() { stat --format %U "/proc/$(<"$pid_file")"; }

sed "s|@CMAKE_INSTALL_FULL_S\{0,1\}BINDIR@|$programs|" "$here/../../rc/tunneld.init.in" >"$init"
chmod 755 "$init"
write_profiles

expect 3 'a daemon that does not run has status 3' "$init" status
expect 0 'it can be started' "$init" start
expect 3 'it answers when start returns, and has no link yet' "$programs/tunnelctl" status
expect 0 'its device is there' ip link show tun0
expect 0 'its status is 0' "$init" status
expect 0 'it runs as tunneld' test "$(user_of_daemon)" = tunneld
first=$(<"$pid_file")
expect 0 'starting it again is no error' "$init" start
expect 0 'and changes nothing' test "$(<"$pid_file")" = "$first"
expect 0 'it can be reloaded' "$init" reload
expect 0 'and runs on' kill -0 "$first"
before=$(started)
expect 0 'it can be restarted' "$init" restart
expect 0 'which makes another of it' test "$(started)" != "$before"
expect 0 'in the same process' test "$(<"$pid_file")" = "$first"
kill -STOP "$first"
expect 0 'also if it does not answer' "$init" restart
expect 1 'which is another process then' test "$(<"$pid_file")" = "$first"
second=$(<"$pid_file")
printf 'nonsense\n' >>/etc/tunneld/tunneld.toml
expect 1 'it is not restarted with a mistake in its configuration' "$init" restart
expect 0 'and runs on' kill -0 "$second"
sed -i '$d' /etc/tunneld/tunneld.toml
expect 0 'it can be stopped' "$init" stop
expect 1 'and is gone' kill -0 "$second"
expect 1 'with its device' ip link show tun0
expect 3 'and has status 3 again' "$init" status
expect 0 'stopping it again is no error' "$init" stop

printf 'nonsense\n' >>/etc/tunneld/tunneld.toml
expect 1 'with a mistake in its configuration it does not start' "$init" start
expect 0 'and says why in its log' grep --quiet nonsense /var/log/tunneld/daemon.log
expect 3 'and leaves nothing behind' "$init" status
expect 3 'other words are refused' "$init" dance

printf '%d failed\n' "$failures"
((failures == 0))
