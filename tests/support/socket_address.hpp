#pragma once

#include <netinet/in.h>
#include <sys/socket.h>

#include <string>

namespace tunnel::test {

/// Of IPv4 or IPv6, as the socket calls take it.
class SocketAddress {
 public:
  /// With port 0. Throws if it is none.
  static SocketAddress parse(const std::string& text);

  /// 0.0.0.0 or ::, with port 0.
  static SocketAddress any(int family);

  int family() const { return storage_.ss_family; }

  sockaddr* generic() { return static_cast<sockaddr*>(static_cast<void*>(&storage_)); }

  static constexpr socklen_t size() { return sizeof(sockaddr_storage); }

  /// In network order.
  in_port_t& port();

 private:
  sockaddr_storage storage_{};
};

}  // namespace tunnel::test
