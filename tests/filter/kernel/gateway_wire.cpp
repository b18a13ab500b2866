#include "tests/filter/kernel/gateway_wire.hpp"

#include <boost/json/serialize.hpp>

#include <arpa/inet.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/nfnetlink_conntrack.h>
#include <linux/netlink.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <poll.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <stdexcept>
#include <utility>

namespace tunnel::filter::test {

namespace {

constexpr std::array<std::uint8_t, 6> kNobody{0x02, 0, 0, 0, 0, 0x99};
constexpr std::uint16_t kArp = 0x0806;
constexpr std::uint16_t kIpv4 = 0x0800;
constexpr std::uint16_t kIpv6 = 0x86dd;
constexpr std::size_t kEthernet = 14;
constexpr int kPatience = 10'000;  // ms

[[noreturn]] void fail(const std::string& what) {
  throw std::runtime_error{what + ": " + std::strerror(errno)};
}

void shell(const std::string& command) {
  if (std::system(command.c_str()) != 0) throw std::runtime_error{"failed: " + command};
}

void write_file(const std::string& path, const std::string& text) {
  std::ofstream out{path};
  out << text;
  if (!out.flush()) fail(path);
}

/// 198.51.100.1 on em0, 198.51.100.129 on tun0: no packet of a test is for the gateway itself.
std::string address_of(const std::string& interface) {
  return interface == "em0" ? "198.51.100.1" : "198.51.100.129";
}

std::string neighbour_of(const std::string& interface) {
  return interface == "em0" ? "198.51.100.2" : "198.51.100.130";
}

void make_side(const std::string& name) {
  shell("ip link add " + name + " type veth peer name " + name + "_w");
  shell("ip addr add " + address_of(name) + "/25 dev " + name);
  for (const auto& end : {name, name + "_w"}) {
    shell("ip link set " + end + " up");
    write_file("/proc/sys/net/ipv4/conf/" + end + "/rp_filter", "0");
    write_file("/proc/sys/net/ipv6/conf/" + end + "/accept_dad", "0");
  }
  // The far end is a cable, not a host.
  write_file("/proc/sys/net/ipv6/conf/" + name + "_w/disable_ipv6", "1");
  write_file("/proc/sys/net/ipv4/conf/" + name + "_w/arp_ignore", "8");
  shell("ip neigh replace " + neighbour_of(name) + " lladdr 02:00:00:00:00:99 dev " + name);
  shell("ip neigh replace fe80::99 lladdr 02:00:00:00:00:99 dev " + name);
}

void route_through(const std::string& from, const std::string& to, int table) {
  const auto number = std::to_string(table);
  shell("ip route add default via " + neighbour_of(to) + " dev " + to + " table " + number);
  shell("ip rule add iif " + from + " lookup " + number);
  shell("ip -6 route add default via fe80::99 dev " + to + " table " + number);
  shell("ip -6 rule add iif " + from + " lookup " + number);
}

/// Whether what came out is what went in, translated perhaps: the number of an IPv4 packet, which
/// those of a test have and the gateway's own have not, or all but the hop limit of an IPv6 packet.
bool is_forwarded(Bytes out, Bytes in) {
  constexpr std::ptrdiff_t kAddresses = 12;
  constexpr std::size_t kNumber = 4;
  constexpr std::size_t kProtocol = 9;
  if (out.size() != in.size() || out[0] != in[0]) return false;
  if (in[0] >> 4 == 6) {
    return std::equal(out.begin() + kAddresses, out.end(), in.begin() + kAddresses);
  }
  return out[kNumber] == in[kNumber] && out[kNumber + 1] == in[kNumber + 1] &&
         out[kProtocol] == in[kProtocol];
}

}  // namespace

GatewayWire::GatewayWire() {
  if (::unshare(CLONE_NEWNET) != 0) fail("unshare(CLONE_NEWNET), which needs root");
  // One processor handles all packets in the order in which they are sent.
  cpu_set_t one;
  CPU_ZERO(&one);
  CPU_SET(static_cast<unsigned>(::sched_getcpu()), &one);
  if (::sched_setaffinity(0, sizeof one, &one) != 0) fail("sched_setaffinity");
  shell("ip link set lo up");
  write_file("/proc/sys/net/ipv4/conf/all/rp_filter", "0");
  write_file("/proc/sys/net/ipv4/ip_forward", "1");
  write_file("/proc/sys/net/ipv6/conf/all/forwarding", "1");
  make_side("em0");
  make_side("tun0");
  shell(std::string{"ip addr add "} + kOwnIpv6 + "/64 dev em0 nodad");
  shell(std::string{"ip neigh replace "} + kNeighbourIpv6 + " lladdr 02:00:00:00:00:99 dev em0");
  route_through("em0", "tun0", 100);
  route_through("tun0", "em0", 101);
  // What the gateway itself answers goes back the way of the question.
  shell("ip route add default via " + neighbour_of("em0") + " dev em0");
  sides_ = {open_side("em0"), open_side("tun0")};
  auto log = kernel::LogSocket::open(5, kernel::LogSocket::Delivery::AtOnce);
  if (!log) fail("NFLOG");
  log_ = std::move(*log);
}

GatewayWire::Side GatewayWire::open_side(const std::string& name) {
  Side side;
  side.name = name;
  side.index = static_cast<int>(::if_nametoindex((name + "_w").c_str()));
  side.wire =
      UniqueFd{::socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, htons(ETH_P_ALL))};
  sockaddr_ll address{};
  address.sll_family = AF_PACKET;
  address.sll_protocol = htons(ETH_P_ALL);
  address.sll_ifindex = side.index;
  if (::bind(side.wire.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) {
    fail("bind to " + name);
  }
  ifreq request{};
  name.copy(request.ifr_name, IFNAMSIZ - 1);
  if (::ioctl(side.wire.get(), SIOCGIFHWADDR, &request) != 0) fail("address of " + name);
  std::copy_n(request.ifr_hwaddr.sa_data, side.gateway_mac.size(), side.gateway_mac.begin());
  return side;
}

GatewayWire::Side& GatewayWire::side(const std::string& interface) {
  return sides_[0].name == interface ? sides_[0] : sides_[1];
}

std::string GatewayWire::apply(const boost::json::object& commands) {
  const auto done = kernel::Nftables{}.run(commands);
  return done ? std::string{} : done.error().message();
}

std::string GatewayWire::listed() {
  const auto answer = kernel::Nftables{}.list("tunneld");
  return answer ? boost::json::serialize(*answer) : answer.error().message();
}

/// IPCTNL_MSG_CT_DELETE of nothing in particular: of all.
void GatewayWire::forget_flows() {
  struct {
    nlmsghdr header;
    nfgenmsg family;
  } message{};

  message.header.nlmsg_len = sizeof message;
  message.header.nlmsg_type = NFNL_SUBSYS_CTNETLINK << 8 | IPCTNL_MSG_CT_DELETE;
  message.header.nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK;
  const UniqueFd socket{::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_NETFILTER)};
  if (::send(socket.get(), &message, sizeof message, 0) < 0) fail("forget flows");

  struct {
    nlmsghdr header;
    nlmsgerr error;
    char rest[256];
  } answer{};

  if (::recv(socket.get(), &answer, sizeof answer, 0) < 0 || answer.error.error != 0) {
    fail("forget flows");
  }
}

void GatewayWire::transmit(Side& side, std::uint16_t type, Bytes payload) {
  ByteWriter frame;
  frame.bytes(side.gateway_mac);
  frame.bytes(kNobody);
  frame.u16(type);
  frame.bytes(payload);
  const auto octets = std::move(frame).finish();
  if (::send(side.wire.get(), octets.data(), octets.size(), 0) < 0) fail("send to " + side.name);
}

/// A question to the gateway's ARP, which no rule touches: when the answer is here, so is
/// everything that came before.
void GatewayWire::await_quiet(Side& side, Seen& seen) {
  const auto numbers = [](const std::string& text) { return *Ipv4Address::parse(text); };
  ByteWriter question;
  question.u16(1);  // Ethernet
  question.u16(kIpv4);
  question.u8(6);
  question.u8(4);
  question.u16(1);  // a request
  question.bytes(kNobody);
  question.u32(numbers(neighbour_of(side.name)).value);
  question.bytes(std::array<std::uint8_t, 6>{});
  question.u32(numbers(address_of(side.name)).value);
  transmit(side, kArp, std::move(question).finish());

  std::array<std::uint8_t, 65536> buffer;
  for (bool answered = false; !answered;) {
    pollfd waiting{side.wire.get(), POLLIN, 0};
    if (::poll(&waiting, 1, kPatience) <= 0) fail("the gateway does not answer on " + side.name);
    for (;;) {
      sockaddr_ll from{};
      socklen_t size = sizeof from;
      const auto got = ::recvfrom(side.wire.get(), buffer.data(), buffer.size(), 0,
                                  reinterpret_cast<sockaddr*>(&from), &size);
      if (got < static_cast<ssize_t>(kEthernet)) break;
      if (from.sll_pkttype == PACKET_OUTGOING) continue;  // what we have sent
      // The gateway's own words to its neighbours (RFC 2464 §7).
      if (buffer[0] == 0x33 && buffer[1] == 0x33) continue;
      const auto type = static_cast<std::uint16_t>(buffer[12] << 8 | buffer[13]);
      const Bytes packet{buffer.data() + kEthernet, static_cast<std::size_t>(got) - kEthernet};
      if (type == kArp && packet[7] == 2) {
        answered = true;
      } else if (type == kIpv4 || type == kIpv6) {
        seen.answers.emplace_back(packet.begin(), packet.end());
      }
    }
  }
}

Seen GatewayWire::send(const std::string& interface, Bytes packet) {
  Seen seen;
  auto& from = side(interface);
  auto& to = side(interface == "em0" ? "tun0" : "em0");
  transmit(from, packet[0] >> 4 == 6 ? kIpv6 : kIpv4, packet);
  await_quiet(from, seen);
  Seen beyond;
  await_quiet(to, beyond);
  seen.beyond = beyond.answers;
  for (auto& other : beyond.answers) {
    // An answer of the gateway's may leave this way as well.
    if (is_forwarded(other, packet)) {
      seen.forwarded = std::move(other);
    }
  }
  const auto read = log_->read([&](const kernel::LoggedPacket& logged) {
    // What the gateway says to its neighbours, whenever it likes.
    if (logged.packet.size() > 9 && logged.packet[8] == 0xfe && logged.packet[9] == 0x80 &&
        logged.packet[0] >> 4 == 6) {
      return;
    }
    std::array<char, IF_NAMESIZE> name{};
    static_cast<void>(::if_indextoname(logged.interface, name.data()));
    seen.records.push_back({logged.direction,
                            logged.mark,
                            logged.prefix,
                            name.data(),
                            {logged.packet.begin(), logged.packet.end()}});
  });
  if (!read) throw std::runtime_error{read.error().message()};
  return seen;
}

}  // namespace tunnel::filter::test
