#pragma once

#include "routes/change.hpp"
#include "routes/model.hpp"
#include "tunneld/base/result.hpp"

#include <cstdint>
#include <memory>
#include <vector>

namespace tunnel::routes {

/// What the notifications of the kernel amount to.
enum class Noticed : std::uint8_t {
  Nothing,
  Changed,  ///< read() again; notifications may also have been lost
};

/// All interfaces of the network namespace of this process; no privilege is needed.
Result<std::vector<Link>> read_links();

/// The network namespace of this process, through rtnetlink.
class Kernel {
 public:
  static Result<Kernel> open();

  Kernel(Kernel&&) noexcept;
  Kernel& operator=(Kernel&&) noexcept;
  ~Kernel();

  /// Everything plan() and conflicts() need to know. Cheap enough for each notification: links and
  /// addresses are dumped, of the routes only those of kRouteProtocol in the main table, and each
  /// network of `wanted` is looked up once.
  Result<Actual> read(const Wanted& wanted);

  /// One change. What is to be deleted may be gone already. The error names the change, and what
  /// to do about it where that is known; its code is the kernel's errno.
  Result<void> apply(const Change& change);

  /// Readable when something may have changed: links, addresses, forwarding, and routes of
  /// ours or made by hand. Not the routes of routing daemons, which can be a million, nor the
  /// deletions that follow from a link going down, for which the kernel sends nothing: read() at
  /// every change and from time to time as well.
  int notification_fd() const noexcept;

  /// Takes all pending notifications; never blocks. Lost ones (ENOBUFS) count as a change.
  Result<Noticed> drain();

 private:
  struct Impl;
  explicit Kernel(std::unique_ptr<Impl> impl) noexcept;

  std::unique_ptr<Impl> impl_;
};

}  // namespace tunnel::routes
