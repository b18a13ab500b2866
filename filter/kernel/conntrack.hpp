#pragma once

#include "filter/flows/flow.hpp"
#include "tunneld/base/result.hpp"

#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

namespace tunnel::filter::kernel {

/// What the kernel's conntrack says about flows that begin and end, of the network namespace in
/// which open() was called.
class FlowEvents {
 public:
  static Result<FlowEvents> open();

  FlowEvents(FlowEvents&&) noexcept;
  FlowEvents& operator=(FlowEvents&&) noexcept;
  ~FlowEvents();

  enum class Changes : bool { Untold, Told };

  /// Whether flows that change are told of, which is several times for each; first they are not.
  Result<void> set_changes(Changes changes);

  /// To wait for; readable when there is something to read().
  int fd() const noexcept;

  enum class Rest : bool { No, Yes };

  /// Brings what has come, but not for ever: Rest::Yes, there is more. Not an error: that the
  /// kernel had to drop events, see overruns().
  Result<Rest> read(const std::function<void(const flows::FlowEvent&)>& each);

  /// How often the kernel has dropped events because they were not read in time. How many it does
  /// not say: what is missing is in list_flows().
  std::uint64_t overruns() const noexcept;

 private:
  struct Impl;
  explicit FlowEvents(std::unique_ptr<Impl> impl) noexcept;

  std::unique_ptr<Impl> impl_;
};

/// All flows that the kernel knows now.
Result<std::vector<flows::Flow>> list_flows();

}  // namespace tunnel::filter::kernel
