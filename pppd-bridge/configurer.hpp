#pragma once

#include "pppd-bridge/tun/interface.hpp"
#include "tunneld/base/identifiers.hpp"
#include "tunneld/base/result.hpp"
#include "tunneld/base/unique_fd.hpp"

#include <utility>

namespace tunnel::bridge {

/// What tunneld is to other bridges, for one that runs without it: a process of its own that holds
/// CAP_NET_ADMIN, reads nothing of the peer's, and gives one interface the addresses that were
/// agreed. The process that does read the peer's octets can then be confined.
class Configurer {
 public:
  /// Starts it, with no descriptor but the socket to this process, with whose end it ends. It
  /// ignores the signals by which a link is closed.
  static Result<Configurer> start(const InterfaceName& interface);

  /// Waits until it is done, or for the reason why not.
  Result<void> configure(const tun::PointToPoint& wanted) const;

 private:
  explicit Configurer(UniqueFd socket) noexcept : socket_{std::move(socket)} {}

  UniqueFd socket_;
};

}  // namespace tunnel::bridge
