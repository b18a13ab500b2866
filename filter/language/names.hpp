#pragma once

#include "tunneld/base/address.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace tunnel::filter::language {

/// Where the words for hosts, services and protocols come from: the system's files and resolver, or
/// a test.
class Names {
 public:
  virtual ~Names() = default;

  using Address = std::variant<Ipv4Address, Ipv6Address>;

  /// All addresses; empty: the name has none.
  virtual std::vector<Address> host(const std::string& name) const = 0;
  /// In host byte order. `protocol`: "tcp", "udp", or empty for either.
  virtual std::optional<std::uint16_t> service(const std::string& name,
                                               const std::string& protocol) const = 0;
  virtual std::optional<std::uint8_t> protocol(const std::string& name) const = 0;
};

}  // namespace tunnel::filter::language
