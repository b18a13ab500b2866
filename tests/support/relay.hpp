#pragma once

#include "tests/support/sites.hpp"
#include "tunneld/base/unique_fd.hpp"

#include <netinet/in.h>

#include <atomic>
#include <cstdint>
#include <limits>
#include <string>
#include <thread>

namespace tunnel::test {

/// A listening TCP socket on a node, on all its IPv4 addresses. Whoever connects waits for ever.
UniqueFd listen_on(const World& world, const std::string& node, std::uint16_t port);

/// Stands between a dialling gateway and Labs' sshd, and cuts connections off.
class CuttingRelay {
 public:
  static constexpr std::uint64_t kNever = std::numeric_limits<std::uint64_t>::max();

  /// Listens on port 22 of Labs, and connects to the sshd on `sshd_port` there.
  CuttingRelay(const World& world, std::uint16_t sshd_port);
  CuttingRelay(const CuttingRelay&) = delete;
  CuttingRelay& operator=(const CuttingRelay&) = delete;
  ~CuttingRelay();

  /// Every connection is cut off after so many bytes from the server; the present one at once, if
  /// it has had as many.
  void cut_after(std::uint64_t bytes);

  /// How many bytes the server has sent in the present connection, or in the last one.
  std::uint64_t from_server() const noexcept { return from_server_; }

 private:
  struct Pair {
    UniqueFd client;
    UniqueFd server;
  };

  void work();
  void serve(Pair pair);
  Pair accept();

  const World& world_;
  std::uint16_t sshd_port_;
  UniqueFd listener_;
  UniqueFd wake_;  // the limit has changed, or it is over
  std::atomic<bool> over_ = false;
  std::atomic<std::uint64_t> limit_ = kNever;
  std::atomic<std::uint64_t> from_server_ = 0;
  std::jthread thread_;
};

}  // namespace tunnel::test
