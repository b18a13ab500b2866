#include "pppd-bridge/tun/interface.hpp"

#include "tunneld/base/unique_fd.hpp"

#include <arpa/inet.h>
#include <fcntl.h>
#include <ifaddrs.h>
#include <linux/if.h>
#include <linux/if_link.h>
#include <linux/ipv6.h>
#include <netinet/in.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <memory>
#include <string>
#include <vector>

namespace tunnel::tun {

namespace {

/// RFC 8200 §5. With a smaller one the kernel has no IPv6 on an interface.
constexpr Mtu kMinIpv6Mtu{1280};
/// RFC 5072 §5: fe80::/64 and the identifier.
constexpr unsigned kLinkLocalLength = 64;

ifreq request_for(const InterfaceName& name) {
  ifreq request{};
  std::copy(name.str().begin(), name.str().end(), request.ifr_name);
  return request;
}

void set_address(ifreq& request, Ipv4Address address) {
  sockaddr_in in{};
  in.sin_family = AF_INET;
  in.sin_addr.s_addr = htonl(address.value);
  static_assert(sizeof in == sizeof request.ifr_addr);
  std::memcpy(&request.ifr_addr, &in, sizeof in);
}

Result<void> ask(const UniqueFd& socket, unsigned long code, ifreq& request, const char* what) {
  if (::ioctl(socket.get(), code, &request) < 0) {
    return errno_error(std::string{what} + " of " + request.ifr_name);
  }
  return {};
}

Result<void> set_ipv4(const UniqueFd& socket, const InterfaceName& name, const Ipv4Ends& ends) {
  auto request = request_for(name);
  set_address(request, ends.local);
  if (auto done = ask(socket, SIOCSIFADDR, request, "set the address"); !done) return done;
  set_address(request, ends.remote);
  return ask(socket, SIOCSIFDSTADDR, request, "set the peer address");
}

/// net.ipv6.conf.NAME.KEY
Result<void> set_ipv6(const InterfaceName& name, const std::string& key, const std::string& value) {
  const auto path = "/proc/sys/net/ipv6/conf/" + name.str() + '/' + key;
  const UniqueFd file{::open(path.c_str(), O_WRONLY | O_CLOEXEC)};
  if (!file && errno == ENOENT) {
    return make_error(std::errc::address_family_not_supported,
                      "give " + name.str() + " an IPv6 address, for the kernel runs without IPv6");
  }
  const auto size = static_cast<ssize_t>(value.size());
  if (!file || ::write(file.get(), value.data(), value.size()) != size) {
    return errno_error("set " + path + " to " + value);
  }
  return {};
}

/// The link-local addresses that an interface has.
Result<std::vector<Ipv6Address>> link_local_addresses(const InterfaceName& name) {
  ifaddrs* list = nullptr;
  if (::getifaddrs(&list) < 0) return errno_error("read the addresses of interfaces");
  const std::unique_ptr<ifaddrs, decltype(&::freeifaddrs)> owned{list, &::freeifaddrs};
  std::vector<Ipv6Address> found;
  for (const auto* each = list; each != nullptr; each = each->ifa_next) {
    if (each->ifa_addr == nullptr || each->ifa_addr->sa_family != AF_INET6) continue;
    if (name.str() != each->ifa_name) continue;
    sockaddr_in6 in{};
    std::memcpy(&in, each->ifa_addr, sizeof in);
    Ipv6Address address;
    std::copy_n(in.sin6_addr.s6_addr, address.bytes.size(), address.bytes.begin());
    if (IN6_IS_ADDR_LINKLOCAL(&in.sin6_addr)) found.push_back(address);
  }
  return found;
}

Result<void> ask_ipv6(const UniqueFd& socket, unsigned long code, int index,
                      const Ipv6Address& address, const std::string& what) {
  in6_ifreq request{};
  std::copy(address.bytes.begin(), address.bytes.end(), request.ifr6_addr.s6_addr);
  request.ifr6_prefixlen = kLinkLocalLength;
  request.ifr6_ifindex = index;
  if (::ioctl(socket.get(), code, &request) < 0) return errno_error(what + ' ' + address.str());
  return {};
}

/// Before the interface is up: the kernel would give it a link-local address of its own then, and
/// look for routers with it.
Result<void> set_link_local(const UniqueFd& ipv4_socket, const InterfaceName& name,
                            const Ipv6Address& address) {
  struct Setting {
    const char* key;
    std::string value;
  };

  const std::array<Setting, 4> settings{{{"addr_gen_mode", std::to_string(IN6_ADDR_GEN_MODE_NONE)},
                                         {"accept_ra", "0"},
                                         {"autoconf", "0"},
                                         {"disable_ipv6", "0"}}};
  for (const auto& [key, value] : settings) {
    if (auto done = set_ipv6(name, key, value); !done) return done;
  }
  const UniqueFd socket{::socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0)};
  if (!socket) return errno_error("make a socket");
  auto request = request_for(name);
  if (auto done = ask(ipv4_socket, SIOCGIFINDEX, request, "read the index"); !done) return done;
  const auto there = link_local_addresses(name);
  if (!there) return there.error();
  for (const auto& each : *there) {
    if (each == address) continue;
    auto done = ask_ipv6(socket, SIOCDIFADDR, request.ifr_ifindex, each, "remove the address");
    if (!done) return done;
  }
  if (std::find(there->begin(), there->end(), address) != there->end()) return {};
  return ask_ipv6(socket, SIOCSIFADDR, request.ifr_ifindex, address, "set the address");
}

}  // namespace

Result<void> configure_point_to_point(const InterfaceName& name, const PointToPoint& wanted) {
  const UniqueFd socket{::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0)};
  if (!socket) return errno_error("make a socket");
  if (wanted.ipv4) {
    if (auto done = set_ipv4(socket, name, *wanted.ipv4); !done) return done;
  }

  auto request = request_for(name);
  request.ifr_mtu = static_cast<int>(wanted.mtu.bytes);
  if (auto done = ask(socket, SIOCSIFMTU, request, "set the MTU"); !done) return done;
  if (wanted.link_local && wanted.mtu >= kMinIpv6Mtu) {
    if (auto done = set_link_local(socket, name, *wanted.link_local); !done) return done;
  }

  request = request_for(name);
  if (auto done = ask(socket, SIOCGIFFLAGS, request, "read the flags"); !done) return done;
  request.ifr_flags = static_cast<short>(request.ifr_flags | IFF_UP | IFF_RUNNING);
  return ask(socket, SIOCSIFFLAGS, request, "set the flags");
}

}  // namespace tunnel::tun
