# shellcheck shell=bash disable=SC2034  # sites.sh uses the tables, too
# The network of the two sites, as tables, and the functions that build it. Sourced by sites.sh.
#
#   HOME 192.168.1.0/24                                       Labs 192.168.253.0/24
#        client .215 ─┐                                       ┌─ labs-dns .2
#     home-dns .6 .8 ─┴─ .10 home ─── internet ─── labs .4 ───┴─ routera .1
#                    198.51.100.10              203.0.113.4
#                                                labs .4 ────── sql .100
#                                                              Labs 172.16.1.0/24
# Every node is a network, a mount and a UTS namespace; "switch" holds one bridge for each LAN. The
# internet has no route to the private networks, so what leaks from a gateway can be seen there and
# goes nowhere.

readonly NODES=(switch internet client home-dns home labs labs-dns routera sql)

# The host name of a node, where it is not the node's own.
declare -rA HOST_NAMES=([home]=talisker [labs]=labs-gateway)

readonly BRIDGES=(home-lan labs-lan labs-second)

# node  interface  addresses  far end: node/interface, a bridge or addresses
readonly WIRES=(
  'client    eth0     192.168.1.215/24                    switch/client    home-lan'
  'home-dns  eth0     192.168.1.6/24,192.168.1.8/24       switch/home-dns  home-lan'
  'home      lan0     192.168.1.10/24                     switch/home      home-lan'
  'home      uplink0  198.51.100.10/24,2001:db8:1::10/64  internet/home    198.51.100.1/24,2001:db8:1::1/64'
  'labs      em0      192.168.253.4/24                    switch/labs-em0  labs-lan'
  'labs      em1      172.16.1.4/24                       switch/labs-em1  labs-second'
  'labs      uplink0  203.0.113.4/24,2001:db8:2::4/64     internet/labs    203.0.113.1/24,2001:db8:2::1/64'
  'labs-dns  eth0     192.168.253.2/24                    switch/labs-dns  labs-lan'
  'routera   eth0     192.168.253.1/24                    switch/routera   labs-lan'
  'sql       eth0     172.16.1.100/24                     switch/sql       labs-second'
)

# node -> its default gateways
declare -rA DEFAULT_ROUTES=(
  [client]=192.168.1.10 [home-dns]=192.168.1.10
  [home]='198.51.100.1 2001:db8:1::1' [labs]='203.0.113.1 2001:db8:2::1'
  [labs-dns]=192.168.253.4 [routera]=192.168.253.4 [sql]=172.16.1.4
)

readonly HOSTS='127.0.0.1 localhost
198.51.100.10 talisker
203.0.113.4 vpn.labs.example
192.168.1.215 client
192.168.1.6 home-dns
192.168.253.1 routera
192.168.253.2 labs-dns
172.16.1.100 sql'

has_ipv6() { [[ -e /proc/net/if_inet6 ]]; }

# in_network NODE COMMAND...: the node's network, the machine's own files.
in_network() { nsenter --net="/proc/$(<"$(handle "$1")")/ns/net" -- "${@:2}"; }

# Prints the hardware address of interface $1: a node that is switched off and on has the same one,
# as its neighbours expect.
hardware_address() {
  local digest
  digest=$(sha256sum <<<"$1")
  printf '02:%s:%s:%s:%s:%s' "${digest:0:2}" "${digest:2:2}" "${digest:4:2}" "${digest:6:2}" "${digest:8:2}"
}

# Prints the commands of ip(8) that give interface $1 the addresses $2.
address_commands() {
  local address
  for address in ${2//,/ }; do
    case $address in
      *:*) ! has_ipv6 || printf 'address add %s dev %s nodad\n' "$address" "$1" ;;
      *) printf 'address add %s dev %s\n' "$address" "$1" ;;
    esac
  done
  printf 'link set %s up\n' "$1"
}

# Prints the commands that bring up the far end $1 of a wire: in a bridge, or with addresses $2.
far_end_commands() {
  if [[ $2 == */* ]]; then
    address_commands "$1" "$2"
  else
    printf 'link set %s master %s up\n' "$1" "$2"
  fi
}

# Settings of a new network namespace may be the host's: what matters is set. A gateway's
# forwarding is tunneld's to turn on.
set_kernel_parameters() {
  local forwarding=0
  [[ $1 != internet ]] || forwarding=1
  in_network "$1" sysctl --quiet --write \
    net.ipv4.conf.all.forwarding=$forwarding net.ipv4.conf.default.forwarding=$forwarding \
    net.ipv4.conf.all.rp_filter=0 net.ipv4.conf.default.rp_filter=0
  ! has_ipv6 || in_network "$1" sysctl --quiet --write \
    net.ipv6.conf.all.forwarding=$forwarding net.ipv6.conf.default.accept_ra=0 \
    net.ipv6.conf.default.accept_dad=0  # which takes a second before addresses can be used
}

# Builds the wires of node $1, whose network is empty but for the loopback. Both ends are new.
wire_node() {
  local node interface addresses far far_interface far_settings gateway
  set_kernel_parameters "$1"
  in_network "$1" ip link set lo up
  if [[ $1 == switch ]]; then
    for interface in "${BRIDGES[@]}"; do
      printf 'link add %s type bridge\nlink set %s up\n' "$interface" "$interface"
    done | in_network switch ip -batch -
  fi
  while read -r node interface addresses far far_settings; do
    [[ $node == "$1" ]] || continue
    far_interface=${far#*/} far=${far%/*}
    in_network "$node" ip link add "$interface" address "$(hardware_address "$node/$interface")" \
      type veth \
      peer name "$far_interface" netns "$(<"$(handle "$far")")"
    address_commands "$interface" "$addresses" | in_network "$node" ip -batch -
    far_end_commands "$far_interface" "$far_settings" | in_network "$far" ip -batch -
  done < <(printf '%s\n' "${WIRES[@]}")
  for gateway in ${DEFAULT_ROUTES[$1]-}; do
    [[ $gateway != *:* ]] || has_ipv6 || continue
    in_network "$1" ip route add default via "$gateway"
  done
}

# Pulls the plugs of node $1: from now on it says nothing, whatever its processes do. A plug that
# somebody has pulled before is no error.
unwire_node() {
  local node interface
  while read -r node interface _; do
    [[ $node == "$1" ]] || continue
    in_network "$node" ip link delete "$interface" 2>/dev/null || true
  done < <(printf '%s\n' "${WIRES[@]}")
}
