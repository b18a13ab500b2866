#!/usr/bin/env bash
# The reference pair of sites by itself: what the tests of tunnels take for granted.
#
#   sites-test.sh      in a private machine, as root
set -euo pipefail

here=$(dirname "$(readlink -f "$0")")
SITES_DIR=$(mktemp -d /run/sites-test.XXXXXX)
# shellcheck source=examples/two-sites/sites.sh
. "$here/../../examples/two-sites/sites.sh"
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

reaches() { sites_exec "$1" ping -c 1 -W 1 "$2"; }

has_address() { [[ $(sites_exec "$1" ip -brief address show) == *" $2/"* ]]; }

sites_build
for address in 192.168.1.6 192.168.1.8 192.168.1.10; do
  expect "the client PC reaches $address at HOME" reaches client "$address"
done
for address in 192.168.253.1 192.168.253.2 192.168.253.4; do
  expect "Labs' name server reaches $address" reaches labs-dns "$address"
done
expect "Labs' second network reaches its gateway" reaches sql 172.16.1.4
expect 'HOME reaches Labs by name' reaches home vpn.labs.example
expect 'and by IPv6' reaches home 2001:db8:2::4
expect 'the internet has no route to HOME' not reaches internet 192.168.1.10
expect 'nor to Labs' not reaches internet 192.168.253.4
expect 'no host reaches the other site without a tunnel' not reaches client 192.168.253.1
expect 'a gateway forwards nothing by itself' not reaches client 198.51.100.1
expect 'a gateway has its own name' test "$(sites_exec home hostname)" = talisker
sites_exec labs touch /etc/tunneld/a-file /run/tunneld/a-file
expect "a gateway's files are its own" not sites_exec home test -e /etc/tunneld/a-file
expect 'and the tests can see them' test -e "$SITES_DIR/nodes/labs/etc/a-file"

sites_power_off labs
expect 'a node that is off does not answer' not reaches home 203.0.113.4
sites_power_on labs
expect 'a node that is on again does' reaches home 203.0.113.4
expect 'its disk is as it was' sites_exec labs test -e /etc/tunneld/a-file
expect 'its /run is new' not sites_exec labs test -e /run/tunneld/a-file
expect 'its links are as they were' has_address labs 172.16.1.4

sites_destroy
expect 'nothing is left of it' not pgrep --full "$SITES_DIR"
printf '%d failed\n' "$failures"
((failures == 0))
