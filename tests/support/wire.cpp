#include "tests/support/wire.hpp"

#include <arpa/inet.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <optional>
#include <stdexcept>

namespace tunnel::test {

namespace {

constexpr int kBuffer = 64 * 1024 * 1024;
constexpr std::size_t kBeginning = 128;

struct Addresses {
  std::string kind;
  Ipv4Address source;
  Ipv4Address destination;
};

std::optional<Addresses> read_ipv4(ByteReader in) {
  if (!in.take(9)) return std::nullopt;
  const auto protocol = in.u8();
  in.take(2);
  const auto source = in.u32();
  const auto destination = in.u32();
  if (!destination) return std::nullopt;
  return Addresses{"IPv4 protocol " + std::to_string(*protocol), Ipv4Address{*source},
                   Ipv4Address{*destination}};
}

/// RFC 826, for IPv4 over Ethernet.
std::optional<Addresses> read_arp(ByteReader in) {
  in.take(14);
  const auto sender = in.u32();
  in.take(6);
  const auto target = in.u32();
  if (!target) return std::nullopt;
  return Addresses{"ARP", Ipv4Address{*sender}, Ipv4Address{*target}};
}

std::optional<Addresses> addresses_of(const Frame& frame) {
  ByteReader in{frame.bytes};
  in.take(2 * ETH_ALEN);
  const auto type = in.u16();
  if (!type) return std::nullopt;
  if (*type == ETH_P_IP) return read_ipv4(in);
  if (*type == ETH_P_ARP) return read_arp(in);
  return std::nullopt;
}

}  // namespace

Capture::Capture(const World& world, const std::string& node, const std::string& interface) {
  const InNetwork inside{world, node};
  socket_ = UniqueFd{::socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)};
  if (!socket_) fail_errno("open a packet socket");
  const int size = kBuffer;
  if (::setsockopt(socket_.get(), SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof size) < 0) {
    fail_errno("enlarge the buffer of a packet socket");
  }
  sockaddr_ll where{};
  where.sll_family = AF_PACKET;
  where.sll_protocol = htons(ETH_P_ALL);
  if (interface != kAllInterfaces) {
    where.sll_ifindex = static_cast<int>(::if_nametoindex(interface.c_str()));
    if (where.sll_ifindex == 0) fail_errno("find " + interface + " on " + node);
  }
  if (::bind(socket_.get(), static_cast<const sockaddr*>(static_cast<const void*>(&where)),
             sizeof where) < 0) {
    fail_errno("capture on " + node);
  }
}

std::vector<Frame> Capture::take() {
  std::vector<Frame> frames;
  std::array<std::uint8_t, kBeginning> beginning;
  for (;;) {
    sockaddr_ll from{};
    socklen_t size = sizeof from;
    const auto got = ::recvfrom(socket_.get(), beginning.data(), beginning.size(), 0,
                                static_cast<sockaddr*>(static_cast<void*>(&from)), &size);
    if (got < 0 && errno == EAGAIN) break;
    if (got < 0 && errno != ENETDOWN) fail_errno("read a captured frame");
    if (got < 0) continue;  // an interface went down
    frames.push_back(
        {{beginning.begin(), beginning.begin() + got}, from.sll_pkttype == PACKET_OUTGOING});
  }
  tpacket_stats counted{};
  socklen_t size = sizeof counted;
  if (::getsockopt(socket_.get(), SOL_PACKET, PACKET_STATISTICS, &counted, &size) < 0) {
    fail_errno("ask for the frames that were dropped");
  }
  if (counted.tp_drops > 0) throw std::runtime_error{"the capture lost frames"};
  return frames;
}

bool concerns(const Frame& frame, const std::vector<Prefix>& networks) {
  const auto addresses = addresses_of(frame);
  return addresses && std::any_of(networks.begin(), networks.end(), [&](const Prefix& network) {
           return network.contains(addresses->source) || network.contains(addresses->destination);
         });
}

std::string describe(const Frame& frame) {
  const auto addresses = addresses_of(frame);
  if (!addresses) return "another frame";
  return addresses->kind + ' ' + addresses->source.str() + " -> " + addresses->destination.str();
}

std::vector<Prefix> tunnelled_networks() {
  std::vector<Prefix> networks;
  for (const auto* network :
       {"192.168.1.0/24", "192.168.253.0/24", "172.16.1.0/24", "10.224.1.0/30"}) {
    networks.push_back(*Prefix::parse(network));
  }
  return networks;
}

std::vector<std::string> tunnelled(const std::vector<Frame>& frames) {
  const auto networks = tunnelled_networks();
  std::vector<std::string> found;
  for (const auto& frame : frames) {
    if (concerns(frame, networks)) found.push_back(describe(frame));
  }
  return found;
}

}  // namespace tunnel::test
