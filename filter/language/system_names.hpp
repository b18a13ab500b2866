#pragma once

#include "filter/language/names.hpp"

#include <optional>
#include <string>
#include <vector>

namespace tunnel::filter::language {

/// Names as this machine knows them: /etc/hosts and the resolver, /etc/services, /etc/protocols.
/// Hosts are asked for over the network, and may take as long as the resolver does.
class SystemNames final : public Names {
 public:
  std::vector<Address> host(const std::string& name) const override;
  std::optional<std::uint16_t> service(const std::string& name,
                                       const std::string& protocol) const override;
  std::optional<std::uint8_t> protocol(const std::string& name) const override;
};

}  // namespace tunnel::filter::language
