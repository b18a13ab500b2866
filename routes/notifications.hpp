#pragma once

#include "routes/kernel.hpp"
#include "tunneld/base/result.hpp"
#include "tunneld/base/unique_fd.hpp"

namespace tunnel::routes {

/// The kernel's announcements of changes, so filtered (in the kernel) that each one matters.
class Notifications {
 public:
  static Result<Notifications> open();

  int fd() const noexcept { return socket_.get(); }

  /// Takes all that are there; never blocks.
  Result<Noticed> drain();

 private:
  explicit Notifications(UniqueFd socket) noexcept : socket_{std::move(socket)} {}

  UniqueFd socket_;
};

}  // namespace tunnel::routes
