#include "tunneld/config/configuration.hpp"

namespace tunnel::config {

Prefix AddressWish::network() const {
  return *Prefix::make(Ipv4Address{preferred.value & mask()}, length);
}

std::string AddressWish::str() const {
  return fixed() ? preferred.str() : preferred.str() + '/' + std::to_string(length);
}

std::string_view word(AuthMethod method) noexcept {
  switch (method) {
    case AuthMethod::Pap:
      return "pap";
    case AuthMethod::ChapMd5:
      return "chap-md5";
    case AuthMethod::MsChapV2:
      return "mschap-v2";
  }
  return "";
}

}  // namespace tunnel::config
