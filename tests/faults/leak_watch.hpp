#pragma once

#include "tests/support/sites.hpp"
#include "tests/support/wire.hpp"
#include "tunneld/base/unique_fd.hpp"

#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace tunnel::test {

/// Looks at all that leaves the gateways by their uplinks, for packets of the tunnelled networks in
/// the clear: on the internet node, where both arrive, whatever becomes of the gateways. A thread
/// of its own takes what is captured, so that there is always room for more.
class LeakWatch {
 public:
  explicit LeakWatch(const World& world);
  LeakWatch(const LeakWatch&) = delete;
  LeakWatch& operator=(const LeakWatch&) = delete;
  ~LeakWatch();

  /// Those since this was asked last. Throws if one may have been missed.
  std::vector<std::string> take();

 private:
  void work();
  void drain();

  Capture capture_;
  UniqueFd stop_;
  std::mutex mutex_;  // what follows, and the capture
  std::vector<std::string> found_;
  std::string broken_;
  std::jthread thread_;
};

}  // namespace tunnel::test
