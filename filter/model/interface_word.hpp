#pragma once

#include "tunneld/base/identifiers.hpp"

#include <optional>
#include <string_view>

namespace tunnel::filter {

/// An interface as rules and packets name it. The loopback has the name that it has here, also
/// where a file says what BSD calls it; nullopt: no interface can be called so.
inline std::optional<InterfaceName> interface_called(std::string_view word) {
  return InterfaceName::parse(word == "lo0" ? "lo" : word);
}

}  // namespace tunnel::filter
