#include "pppd-bridge/tun/interface.hpp"

#include "tunneld/base/unique_fd.hpp"

#include <arpa/inet.h>
#include <linux/if.h>
#include <netinet/in.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <algorithm>
#include <cstring>
#include <string>

namespace tunnel::tun {

namespace {

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

}  // namespace

Result<void> configure_point_to_point(const InterfaceName& name, Ipv4Address local,
                                      Ipv4Address remote, Mtu mtu) {
  const UniqueFd socket{::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0)};
  if (!socket) return errno_error("make a socket");

  auto request = request_for(name);
  set_address(request, local);
  if (auto done = ask(socket, SIOCSIFADDR, request, "set the address"); !done) return done;
  set_address(request, remote);
  if (auto done = ask(socket, SIOCSIFDSTADDR, request, "set the peer address"); !done) return done;

  request = request_for(name);
  request.ifr_mtu = static_cast<int>(mtu.bytes);
  if (auto done = ask(socket, SIOCSIFMTU, request, "set the MTU"); !done) return done;

  request = request_for(name);
  if (auto done = ask(socket, SIOCGIFFLAGS, request, "read the flags"); !done) return done;
  request.ifr_flags = static_cast<short>(request.ifr_flags | IFF_UP | IFF_RUNNING);
  return ask(socket, SIOCSIFFLAGS, request, "set the flags");
}

}  // namespace tunnel::tun
