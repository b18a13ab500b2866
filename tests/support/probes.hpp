#pragma once

#include "tests/support/sites.hpp"
#include "tunneld/base/unique_fd.hpp"

#include <atomic>
#include <cstdint>
#include <string>
#include <thread>
#include <vector>

namespace tunnel::test {

/// Who tries. A gateway that has not started its tunneld since it was switched on has a right to
/// send its own packets where it likes.
enum class From : std::uint8_t { Hosts, HostsAndGateways };

/// Tries to reach the other side all the time, from both sides: SYNs, UDP and echo requests, fifty
/// times a second, whatever comes back.
class Probes {
 public:
  Probes(const World& world, From from);
  Probes(const Probes&) = delete;
  Probes& operator=(const Probes&) = delete;
  ~Probes();

  /// Waits until so many more were sent of each kind, from each node that is on, to each address.
  void more(std::uint64_t rounds, Limit limit = kPatience);

 private:
  void work();
  void round() const;

  const World& world_;
  From from_;
  UniqueFd timer_;
  UniqueFd stop_;
  UniqueFd progress_;
  std::atomic<std::uint64_t> rounds_ = 0;
  std::jthread thread_;
};

}  // namespace tunnel::test
