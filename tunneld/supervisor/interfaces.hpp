#pragma once

#include "tunneld/base/address.hpp"
#include "tunneld/base/identifiers.hpp"
#include "tunneld/base/time.hpp"

#include <optional>
#include <set>
#include <unordered_map>
#include <utility>

namespace tunnel::supervisor {

/// What the kernel's interfaces are called and which addresses they have, asked at most once in a
/// while.
class Interfaces {
 public:
  /// A name may go with another index after this time.
  static constexpr std::chrono::seconds kFresh{1};

  /// "if7" for one that never was known.
  InterfaceName name(unsigned index, TimePoint now);

  bool has_address(const InterfaceName& interface, Ipv4Address address, TimePoint now);

 private:
  struct Name {
    InterfaceName name;
    TimePoint asked;
  };

  std::unordered_map<unsigned, Name> names_{};
  std::set<std::pair<InterfaceName, Ipv4Address>> addresses_{};
  std::optional<TimePoint> asked_{};
};

}  // namespace tunnel::supervisor
