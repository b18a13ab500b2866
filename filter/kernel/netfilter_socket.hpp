#pragma once

#include "filter/kernel/netlink_message.hpp"
#include "tunneld/base/bytes.hpp"
#include "tunneld/base/result.hpp"

#include <netlink/socket.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

// Private to this folder: libnl's types are in no header that others include.

namespace tunnel::filter::kernel {

/// A socket of netlink to netfilter, and a buffer.
class NetfilterSocket {
 public:
  enum class Rest : bool { No, Yes };

  /// `what` is for errors: "NFLOG". The kernel may keep so many octets for us.
  static Result<NetfilterSocket> open(std::string what, int receive_buffer);

  nl_sock* get() const noexcept { return socket_.get(); }

  int fd() const noexcept { return nl_socket_get_fd(socket_.get()); }

  /// Brings the messages that have come, at most kMostDatagrams datagrams of them.
  Result<Rest> read(const std::function<void(const NetlinkMessage&)>& each);

  /// Waits for one datagram, and brings its messages.
  Result<void> wait(const std::function<void(const NetlinkMessage&)>& each);

  std::uint64_t overruns() const noexcept { return overruns_; }

  /// An error of libnl, in words.
  Error failed(int code, const std::string& what) const;

 private:
  static constexpr std::size_t kLargestDatagram = 256 * 1024;
  /// What is to be done besides waits no longer than these take.
  static constexpr int kMostDatagrams = 64;

  struct Free {
    void operator()(nl_sock* socket) const noexcept { nl_socket_free(socket); }
  };

  NetfilterSocket() = default;

  void deliver(std::size_t octets, const std::function<void(const NetlinkMessage&)>& each) const;

  std::string what_{};
  std::unique_ptr<nl_sock, Free> socket_{};
  std::unique_ptr<std::uint8_t[]> buffer_{new std::uint8_t[kLargestDatagram]};
  std::uint64_t overruns_ = 0;
};

}  // namespace tunnel::filter::kernel
