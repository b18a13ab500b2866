#include "tunneld/config/configuration.hpp"

namespace tunnel::config {

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

AddressRange range_of(const Prefix& network) {
  const auto first = network.ipv4().value;
  const std::uint64_t size = std::uint64_t{1} << (32 - network.length());
  return {{first}, {static_cast<std::uint32_t>(first + (size - 1))}};
}

}  // namespace tunnel::config
