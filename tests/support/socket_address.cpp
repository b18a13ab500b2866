#include "tests/support/socket_address.hpp"

#include <arpa/inet.h>

#include <stdexcept>

namespace tunnel::test {

SocketAddress SocketAddress::parse(const std::string& text) {
  SocketAddress address;
  void* const whole = &address.storage_;
  const bool v6 = text.find(':') != std::string::npos;
  address.storage_.ss_family = v6 ? AF_INET6 : AF_INET;
  void* const octets = v6 ? static_cast<void*>(&static_cast<sockaddr_in6*>(whole)->sin6_addr)
                          : static_cast<void*>(&static_cast<sockaddr_in*>(whole)->sin_addr);
  if (::inet_pton(address.family(), text.c_str(), octets) != 1) {
    throw std::runtime_error{"not an address: " + text};
  }
  return address;
}

SocketAddress SocketAddress::any(int family) {
  return parse(family == AF_INET ? "0.0.0.0" : "::");
}

in_port_t& SocketAddress::port() {
  void* const whole = &storage_;
  return family() == AF_INET ? static_cast<sockaddr_in*>(whole)->sin_port
                             : static_cast<sockaddr_in6*>(whole)->sin6_port;
}

}  // namespace tunnel::test
