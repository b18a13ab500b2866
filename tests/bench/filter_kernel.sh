#!/usr/bin/env bash
# Measures what rules cost packets that the kernel forwards: with 10 and with 10,000 rules.
#
#   tests/bench/filter_kernel.sh [--no-build] [ROUNDS [SHAPE]]
#
# Packets of UDP with 64 octets from one network namespace to another, through a third one with the
# rules; none of the packets is of a known flow, so that each meets the rules. Rounds with few and
# with many rules take turns, since a machine's speed drifts. Reports, and judges nothing. The
# aim is 10,000 rules compiled and applied within a second, and at most 1.5 times the cost. SHAPE:
# "blocks" or "turns", of which filter_kernel.cpp says what they are.
set -euo pipefail

here=$(dirname "$(readlink -f "$0")")
repository=$(readlink -f "$here/../..")
readonly here repository
readonly port=5201

if [[ ${1-} == --no-build ]]; then
  shift
elif [[ ! ${TUNNEL_PRIVATE_MACHINE-} ]]; then
  (cd "$repository" && cmake --preset release -D TUNNEL_TESTS=ON && cmake --build build/release \
    --target filter_kernel_bench) </dev/null >&2
fi
rounds=${1-5}
shape=${2-blocks}
program=${FILTER_KERNEL_BENCH:-$repository/build/release/bin/filter_kernel_bench}
if [[ ! ${TUNNEL_PRIVATE_MACHINE-} ]]; then
  export FILTER_KERNEL_BENCH=$program
  exec "$repository/tests/support/private-machine.sh" "$here/filter_kernel.sh" --no-build "$rounds" \
    "$shape"
fi

make_networks() {
  ip netns add left
  ip netns add gateway
  ip netns add right
  ip -n gateway link add a0 type veth peer name eth0 netns left
  ip -n gateway link add b0 type veth peer name eth0 netns right
  ip -n gateway addr add 172.20.1.1/24 dev a0
  ip -n gateway addr add 172.20.2.1/24 dev b0
  ip -n left addr add 172.20.1.2/24 dev eth0
  ip -n right addr add 172.20.2.2/24 dev eth0
  local space
  for space in left right gateway; do ip -n "$space" link set lo up; done
  ip -n left link set eth0 up
  ip -n right link set eth0 up
  ip -n gateway link set a0 up
  ip -n gateway link set b0 up
  ip -n left route add default via 172.20.1.1
  ip -n right route add default via 172.20.2.1
  ip netns exec gateway sysctl -q net.ipv4.ip_forward=1
}

# Packets a second that arrive.
measure() {
  ip netns exec left iperf3 --client 172.20.2.2 --port "$port" --udp --bitrate 0 --length 64 \
    --time 2 --json | python3 -c '
import json, sys
end = json.load(sys.stdin)["end"]["sum"]
print(round((end["packets"] - end["lost_packets"]) / end["seconds"]))'
}

with_rules() { ip netns exec gateway "$program" "$1" "$port" "$shape"; }

make_networks
ip netns exec right iperf3 --server --port "$port" >/dev/null 2>&1 &
server=$!
trap 'kill "$server" 2>/dev/null' EXIT
until ip netns exec right ss --listening --tcp --numeric | grep -q ":$port"; do :; done

printf '10000 rules in %s:\n' "$shape"
with_rules 10000
few=()
many=()
for ((round = 0; round < rounds; ++round)); do
  with_rules 10 >/dev/null
  few+=("$(measure)")
  with_rules 10000 >/dev/null
  many+=("$(measure)")
done
python3 - "${few[*]}" "${many[*]}" <<'PYTHON'
import statistics
import sys

few, many = (statistics.median(map(int, text.split())) for text in sys.argv[1:])
print(f"10 rules:    {few:9.0f} packets/s")
print(f"10000 rules: {many:9.0f} packets/s")
print(f"cost:        {few / many:9.2f} times")
PYTHON
