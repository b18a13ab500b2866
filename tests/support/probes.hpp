#pragma once

#include "tests/support/sites.hpp"
#include "tunneld/base/unique_fd.hpp"

#include <atomic>
#include <cstdint>
#include <string>
#include <thread>
#include <vector>

namespace tunnel::test {

/// From hosts of both sites and from both gateways, tries to reach the other side all the time:
/// SYNs, UDP and echo requests, fifty times a second, whatever comes back.
class Probes {
 public:
  explicit Probes(const World& world);
  Probes(const Probes&) = delete;
  Probes& operator=(const Probes&) = delete;
  ~Probes();

  /// Waits until so many more were sent of each kind, from each node that is on, to each address.
  void more(std::uint64_t rounds, Limit limit = kPatience);

 private:
  void work();
  void round() const;

  const World& world_;
  UniqueFd timer_;
  UniqueFd stop_;
  UniqueFd progress_;
  std::atomic<std::uint64_t> rounds_ = 0;
  std::jthread thread_;
};

}  // namespace tunnel::test
