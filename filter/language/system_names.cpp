#include "filter/language/system_names.hpp"

#include <arpa/inet.h>
#include <netdb.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <memory>

namespace tunnel::filter::language {

namespace {

/// getaddrinfo() gives addresses as generic ones; their text is the same for all.
std::optional<Names::Address> address_of(const addrinfo& info) {
  std::array<char, NI_MAXHOST> text{};
  if (getnameinfo(info.ai_addr, info.ai_addrlen, text.data(), text.size(), nullptr, 0,
                  NI_NUMERICHOST) != 0) {
    return std::nullopt;
  }
  if (const auto v4 = Ipv4Address::parse(text.data())) return *v4;
  if (const auto v6 = Ipv6Address::parse(text.data())) return *v6;
  return std::nullopt;
}

}  // namespace

std::vector<Names::Address> SystemNames::host(const std::string& name) const {
  addrinfo hints{};
  hints.ai_socktype = SOCK_DGRAM;  // each address once
  addrinfo* first = nullptr;
  if (getaddrinfo(name.c_str(), nullptr, &hints, &first) != 0) return {};
  const std::unique_ptr<addrinfo, void (*)(addrinfo*)> owner{first, freeaddrinfo};
  std::vector<Address> addresses;
  for (const auto* info = first; info != nullptr; info = info->ai_next) {
    const auto address = address_of(*info);
    if (address && std::find(addresses.begin(), addresses.end(), *address) == addresses.end()) {
      addresses.push_back(*address);
    }
  }
  return addresses;
}

std::optional<std::uint16_t> SystemNames::service(const std::string& name,
                                                  const std::string& protocol) const {
  const auto* entry = getservbyname(name.c_str(), protocol.empty() ? nullptr : protocol.c_str());
  if (entry == nullptr) return std::nullopt;
  return ntohs(static_cast<std::uint16_t>(entry->s_port));
}

std::optional<std::uint8_t> SystemNames::protocol(const std::string& name) const {
  const auto* entry = getprotobyname(name.c_str());
  if (entry == nullptr || entry->p_proto < 0 || entry->p_proto > 0xff) return std::nullopt;
  return static_cast<std::uint8_t>(entry->p_proto);
}

}  // namespace tunnel::filter::language
