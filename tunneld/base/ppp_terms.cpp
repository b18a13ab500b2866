#include "tunneld/base/ppp_terms.hpp"

namespace tunnel {

Prefix AddressWish::network() const {
  return fixed() ? Prefix::host(preferred) : *Prefix::containing(preferred, length);
}

std::string AddressWish::str() const {
  return fixed() ? preferred.str() : preferred.str() + '/' + std::to_string(length);
}

}  // namespace tunnel
