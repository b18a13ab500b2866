#include "pppd-bridge/configurer.hpp"

#include "pppd-bridge/sandbox/powers.hpp"
#include "tunneld/base/bytes.hpp"

#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace tunnel::bridge {

namespace {

constexpr std::uint32_t kMostMtu = 65535;  // of a tun device, and of PPP's MRU
constexpr std::size_t kMostText = 1024;
constexpr std::size_t kMostRequest = 64;

/// A presence octet ahead of each family; the answer is a text, of a NUL where all is well.
std::vector<std::uint8_t> encode(const tun::PointToPoint& wanted) {
  ByteWriter out;
  out.u32(wanted.mtu.bytes);
  out.u8(wanted.ipv4 ? 1 : 0);
  if (wanted.ipv4) {
    out.u32(wanted.ipv4->local.value);
    out.u32(wanted.ipv4->remote.value);
  }
  out.u8(wanted.link_local ? 1 : 0);
  if (wanted.link_local) out.bytes(wanted.link_local->bytes);
  return std::move(out).finish();
}

std::optional<tun::PointToPoint> decode(Bytes request) {
  ByteReader in{request};
  tun::PointToPoint wanted;
  const auto mtu = in.u32();
  const auto has_ipv4 = in.u8();
  if (!mtu || *mtu > kMostMtu || !has_ipv4 || *has_ipv4 > 1) return std::nullopt;
  wanted.mtu = Mtu{*mtu};
  if (*has_ipv4 == 1) {
    const auto local = in.u32();
    const auto remote = in.u32();
    if (!local || !remote) return std::nullopt;
    wanted.ipv4 = tun::Ipv4Ends{Ipv4Address{*local}, Ipv4Address{*remote}};
  }
  const auto has_ipv6 = in.u8();
  if (!has_ipv6 || *has_ipv6 > 1) return std::nullopt;
  if (*has_ipv6 == 1) {
    Ipv6Address address;
    const auto octets = in.take(address.bytes.size());
    if (!octets) return std::nullopt;
    std::copy(octets->begin(), octets->end(), address.bytes.begin());
    wanted.link_local = address;
  }
  if (!in.empty()) return std::nullopt;
  return wanted;
}

/// One datagram; empty: the other end is gone.
Bytes receive(int socket, MutableBytes into) {
  ssize_t got = 0;
  do {
    got = ::read(socket, into.data(), into.size());
  } while (got < 0 && errno == EINTR);
  return into.first(static_cast<std::size_t>(std::max<ssize_t>(got, 0)));
}

bool send(int socket, Bytes datagram) {
  return ::write(socket, datagram.data(), datagram.size()) == static_cast<ssize_t>(datagram.size());
}

/// The other process, to its end.
void serve(int socket, const InterfaceName& interface) {
  std::array<std::uint8_t, kMostRequest> buffer{};
  for (auto request = receive(socket, buffer); !request.empty();
       request = receive(socket, buffer)) {
    const auto wanted = decode(request);
    if (!wanted) return;
    const auto done = tun::configure_point_to_point(interface, *wanted);
    auto text = to_bytes(done ? std::string{} : done.error().message());
    text.resize(std::min(text.size(), kMostText));
    if (text.empty()) text.push_back(0);
    if (!send(socket, text)) return;
  }
}

[[noreturn]] void become_configurer(int socket, const InterfaceName& interface) {
  for (const int number : {SIGTERM, SIGINT, SIGHUP, SIGPIPE}) ::signal(number, SIG_IGN);
  ::dup2(socket, STDIN_FILENO);
  ::close_range(STDIN_FILENO + 1, ~0U, 0);
  if (sandbox::keep_network_administration()) serve(STDIN_FILENO, interface);
  ::_exit(0);
}

}  // namespace

Result<Configurer> Configurer::start(const InterfaceName& interface) {
  std::array<int, 2> ends{};
  if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends.data()) < 0) {
    return errno_error("make a socket pair");
  }
  UniqueFd ours{ends[0]};
  const UniqueFd theirs{ends[1]};
  const auto child = ::fork();
  if (child < 0) return errno_error("fork");
  if (child == 0) become_configurer(theirs.get(), interface);
  return Configurer{std::move(ours)};
}

Result<void> Configurer::configure(const tun::PointToPoint& wanted) const {
  std::array<std::uint8_t, kMostText> buffer{};
  const auto answer =
      send(socket_.get(), encode(wanted)) ? receive(socket_.get(), buffer) : Bytes{};
  if (answer.empty()) {
    return make_error(std::errc::broken_pipe, "the process that configures the interface is gone");
  }
  if (answer.front() == 0) return {};
  return make_error(std::errc::io_error, std::string(answer.begin(), answer.end()));
}

}  // namespace tunnel::bridge
