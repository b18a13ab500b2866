#pragma once

#include "tunneld/base/bytes.hpp"
#include "tunneld/base/result.hpp"

#include <functional>
#include <memory>

namespace tunnel::routes {

/// A socket to rtnetlink for questions and requests, one at a time.
class NetlinkSocket {
 public:
  static Result<NetlinkSocket> open();

  NetlinkSocket(NetlinkSocket&&) noexcept;
  NetlinkSocket& operator=(NetlinkSocket&&) noexcept;
  ~NetlinkSocket();

  /// Sends a whole message and waits for the end of the answer; the kernel answers at once.
  /// `each` gets every message of the answer, valid during the call only. The error's code is the
  /// kernel's errno, its context what the kernel says beside it, often nothing. EINTR: a dump was
  /// overtaken by a change and must be asked for again.
  Result<void> ask(Bytes message, const std::function<void(Bytes)>& each);

  /// The same for a request whose answer is just success or an error.
  Result<void> request(Bytes message);

 private:
  struct Impl;
  explicit NetlinkSocket(std::unique_ptr<Impl> impl) noexcept;

  std::unique_ptr<Impl> impl_;
};

}  // namespace tunnel::routes
