#include "tests/routes/private_network.hpp"

#include <arpa/inet.h>
#include <fcntl.h>
#include <linux/if.h>
#include <linux/if_tun.h>
#include <netinet/in.h>
#include <poll.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <memory>
#include <sstream>
#include <stdexcept>
#include <system_error>

namespace tunnel::routes {

namespace {

constexpr int kWaitMilliseconds = 10'000;
constexpr std::uint16_t kDiscardPort = 9;
constexpr std::uint8_t kIcmp = 1;
constexpr std::uint8_t kUdp = 17;
constexpr std::uint8_t kHopByHop = 0;
constexpr std::uint8_t kIcmpv6 = 58;
constexpr std::size_t kIpv4Header = 20;
constexpr std::size_t kIpv6Header = 40;
constexpr std::uint8_t kRouterAdvertisement = 134;

[[noreturn]] void fail(const std::string& what) {
  throw std::system_error{errno, std::system_category(), what};
}

std::string trimmed(std::string text) {
  text.erase(text.find_last_not_of(" \n") + 1);
  return text;
}

/// RFC 1071.
std::uint16_t checksum(Bytes header) {
  std::uint32_t sum = 0;
  ByteReader in{header};
  while (const auto word = in.u16()) sum += *word;
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >> 16);
  return static_cast<std::uint16_t>(~sum);
}

int send_empty(int family, const void* to, socklen_t size) {
  const UniqueFd socket{::socket(family, SOCK_DGRAM | SOCK_CLOEXEC, 0)};
  const auto sent = ::sendto(socket.get(), "", 0, 0, static_cast<const sockaddr*>(to), size);
  return sent < 0 ? errno : 0;
}

Ipv6Address ipv6_address_at(Bytes packet, std::size_t offset) {
  Ipv6Address address;
  const auto bytes = packet.subspan(offset, address.bytes.size());
  std::copy(bytes.begin(), bytes.end(), address.bytes.begin());
  return address;
}

/// RFC 8200 §3, and its §8.1 for the checksum at `checksum_offset` of the payload.
std::vector<std::uint8_t> ipv6_packet(const Ipv6Address& source, const Ipv6Address& destination,
                                      std::uint8_t protocol, std::vector<std::uint8_t> payload,
                                      std::size_t checksum_offset) {
  const auto length = static_cast<std::uint16_t>(payload.size());
  ByteWriter pseudo;
  pseudo.bytes(source.bytes);
  pseudo.bytes(destination.bytes);
  pseudo.u32(length);
  pseudo.u32(protocol);
  pseudo.bytes(payload);
  const auto sum = checksum(pseudo.view());
  payload[checksum_offset] = static_cast<std::uint8_t>(sum >> 8);
  payload[checksum_offset + 1] = static_cast<std::uint8_t>(sum);
  ByteWriter out;
  out.u32(0x60000000);
  out.u16(length);
  out.u8(protocol);
  out.u8(255);
  out.bytes(source.bytes);
  out.bytes(destination.bytes);
  out.bytes(payload);
  return std::move(out).finish();
}

std::size_t header_length(Family family) {
  return family == Family::Ipv4 ? kIpv4Header : kIpv6Header;
}

bool is_of(Family family, Bytes packet) {
  return packet.size() >= header_length(family) &&
         packet.front() >> 4 == static_cast<std::uint8_t>(family);
}

Ipv4Address address_at(Bytes packet, std::size_t offset) {
  ByteReader in{packet.subspan(offset)};
  return Ipv4Address{in.u32().value_or(0)};
}

}  // namespace

void enter_private_network() {
  if (::unshare(CLONE_NEWNET) != 0) fail("unshare(CLONE_NEWNET), which needs root");
  run("ip link set lo up");
}

std::string run(const std::string& command) {
  std::FILE* pipe = ::popen((command + " 2>&1").c_str(), "re");
  if (pipe == nullptr) fail("popen");
  std::string output;
  std::array<char, 4096> chunk{};
  while (const auto size = std::fread(chunk.data(), 1, chunk.size(), pipe)) {
    output.append(chunk.data(), size);
  }
  if (::pclose(pipe) != 0) throw std::runtime_error{command + ": " + output};
  return trimmed(output);
}

std::vector<std::string> lines_of(const std::string& command) {
  std::istringstream output{run(command)};
  std::vector<std::string> lines;
  for (std::string line; std::getline(output, line);) lines.push_back(trimmed(line));
  return lines;
}

std::vector<std::string> routes_to(const std::string& network) {
  return lines_of("ip -4 route show table main " + network);
}

std::vector<std::string> ipv6_routes_to(const std::string& network) {
  auto lines = lines_of("ip -6 route show table main " + network);
  for (auto& line : lines) {
    if (const auto end = line.find(" pref medium"); end != std::string::npos) line.resize(end);
  }
  return lines;
}

bool wait_readable(int fd) {
  pollfd item{.fd = fd, .events = POLLIN, .revents = 0};
  return ::poll(&item, 1, kWaitMilliseconds) == 1 && (item.revents & POLLIN) != 0;
}

TestTun::TestTun(const std::string& name)
    : fd_{::open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC)} {
  if (!fd_) fail("open /dev/net/tun");
  ifreq request{};
  name.copy(request.ifr_name, IFNAMSIZ - 1);
  request.ifr_flags = IFF_TUN | IFF_NO_PI;
  if (::ioctl(fd_.get(), TUNSETIFF, &request) != 0) fail("TUNSETIFF " + name);
}

void TestTun::set_carrier(bool on) const {
  int value = on ? 1 : 0;
  if (::ioctl(fd_.get(), TUNSETCARRIER, &value) != 0) fail("TUNSETCARRIER");
}

void TestTun::inject(Bytes packet) const {
  if (::write(fd_.get(), packet.data(), packet.size()) < 0) fail("write to a tun");
}

std::optional<std::vector<std::uint8_t>> TestTun::take() const {
  std::vector<std::uint8_t> packet(65536);
  const auto size = ::read(fd_.get(), packet.data(), packet.size());
  if (size < 0 && errno == EAGAIN) return std::nullopt;
  if (size < 0) fail("read from a tun");
  packet.resize(static_cast<std::size_t>(size));
  return packet;
}

std::vector<std::uint8_t> TestTun::next(Family family) const {
  for (;;) {
    if (!wait_readable(fd_.get())) throw std::runtime_error{"no packet came out of the tun"};
    auto packet = take();
    if (packet && is_of(family, *packet)) return *packet;
  }
}

std::vector<std::vector<std::uint8_t>> TestTun::pending(Family family) const {
  std::vector<std::vector<std::uint8_t>> packets;
  while (auto packet = take()) {
    if (is_of(family, *packet)) packets.push_back(*packet);
  }
  return packets;
}

std::vector<std::uint8_t> TestTun::next_ipv4() const {
  return next(Family::Ipv4);
}

std::vector<std::vector<std::uint8_t>> TestTun::pending_ipv4() const {
  return pending(Family::Ipv4);
}

std::vector<std::uint8_t> TestTun::next_ipv6() const {
  return next(Family::Ipv6);
}

std::vector<std::vector<std::uint8_t>> TestTun::pending_ipv6() const {
  return pending(Family::Ipv6);
}

std::vector<std::uint8_t> udp_packet(Ipv4Address source, Ipv4Address destination) {
  ByteWriter out;
  out.u16(0x4500);
  out.u16(kIpv4Header + 8);
  out.u32(0);
  out.u8(64);
  out.u8(kUdp);
  out.u16(0);
  out.u32(source.value);
  out.u32(destination.value);
  out.patch_u16(10, checksum(out.view()));
  out.u16(40000);
  out.u16(kDiscardPort);
  out.u16(8);
  out.u16(0);  // no checksum
  return std::move(out).finish();
}

std::vector<std::uint8_t> udp_packet(const Ipv6Address& source, const Ipv6Address& destination) {
  ByteWriter datagram;
  datagram.u16(40000);
  datagram.u16(kDiscardPort);
  datagram.u16(8);
  datagram.u16(0);
  return ipv6_packet(source, destination, kUdp, std::move(datagram).finish(), 6);
}

std::vector<std::uint8_t> router_advertisement(const Ipv6Address& router) {
  ByteWriter out;
  out.u8(kRouterAdvertisement);
  out.u8(0);
  out.u16(0);
  out.u8(64);     // hop limit
  out.u8(0);      // neither managed nor other configuration
  out.u16(1800);  // seconds that it serves as the default router
  out.u32(0);     // reachable time and retransmission: unspecified
  out.u32(0);
  return ipv6_packet(router, *Ipv6Address::parse("ff02::1"), kIcmpv6, std::move(out).finish(), 2);
}

Ipv6Address ipv6_source_of(Bytes packet) {
  return ipv6_address_at(packet, 8);
}

Ipv6Address ipv6_destination_of(Bytes packet) {
  return ipv6_address_at(packet, 24);
}

Ipv4Address source_of(Bytes packet) {
  return address_at(packet, 12);
}

Ipv4Address destination_of(Bytes packet) {
  return address_at(packet, 16);
}

std::string icmp_of(Bytes packet) {
  std::size_t offset = kIpv4Header;
  bool found = is_of(Family::Ipv4, packet) && packet[9] == kIcmp;
  if (is_of(Family::Ipv6, packet)) {
    offset = kIpv6Header;
    auto protocol = packet[6];
    if (protocol == kHopByHop && packet.size() > offset + 1) {
      protocol = packet[offset];
      offset += (packet[offset + 1] + std::size_t{1}) * 8;
    }
    found = protocol == kIcmpv6;
  }
  if (!found || packet.size() < offset + 2) return {};
  return std::to_string(packet[offset]) + '/' + std::to_string(packet[offset + 1]);
}

int send_udp(Ipv4Address destination) {
  sockaddr_in to{};
  to.sin_family = AF_INET;
  to.sin_port = htons(kDiscardPort);
  to.sin_addr.s_addr = htonl(destination.value);
  return send_empty(to.sin_family, &to, sizeof to);
}

int send_udp(const Ipv6Address& destination) {
  sockaddr_in6 to{};
  to.sin6_family = AF_INET6;
  to.sin6_port = htons(kDiscardPort);
  std::copy(destination.bytes.begin(), destination.bytes.end(), to.sin6_addr.s6_addr);
  return send_empty(to.sin6_family, &to, sizeof to);
}

}  // namespace tunnel::routes
