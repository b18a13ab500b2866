#include "tunneld/supervisor/ppp_settings.hpp"

#include <fmt/format.h>

#include <utility>

namespace tunnel::supervisor {

namespace {

/// The least that the kernel takes for IPv4 (RFC 791 §3.1).
constexpr std::uint16_t kLeastMtu = 68;

std::string objection(const ipc::LinkIpv4& ipv4, const config::Ppp& profile,
                      const AddressWish& remote) {
  if (!profile.local.allows(ipv4.local) || !remote.allows(ipv4.remote)) {
    return fmt::format("addresses {} and {}, which the profile does not allow", ipv4.local.str(),
                       ipv4.remote.str());
  }
  if (ipv4.local == ipv4.remote) return fmt::format("address {} at both ends", ipv4.local.str());
  return {};
}

std::string objection(const ipc::LinkIpv6& ipv6) {
  const bool fine = !ipv6.local.is_zero() && !ipv6.remote.is_zero() && ipv6.local != ipv6.remote;
  return fine ? std::string{} : "interface identifiers that cannot be";
}

}  // namespace

AddressWish remote_wish(const config::Ppp& profile, std::optional<Ipv4Address> leased) {
  if (profile.pool.empty()) return profile.remote;
  return {leased.value_or(Ipv4Address{}), 32};
}

InterfaceId interface_id(const config::Ppp& profile) {
  if (profile.interface_id != 0) return {profile.interface_id};
  if (profile.options.ip != Policy::Deny && profile.local.fixed() &&
      !profile.local.preferred.is_unspecified()) {
    return {profile.local.preferred.value};
  }
  if (!profile.local6) return {};
  InterfaceId id;
  for (std::size_t i = 8; i < 16; ++i) id.value = id.value << 8 | profile.local6->bytes[i];
  return id;
}

ipc::Ppp ppp_settings(const config::Ppp& profile, const AddressWish& remote) {
  ipc::Ppp ppp;
  ppp.local = profile.local;
  ppp.remote = remote;
  ppp.interface_id = interface_id(profile);
  ppp.mru = profile.mru;
  ppp.accm = profile.accm;
  ppp.fcs = profile.fcs;
  ppp.ident = profile.ident;
  ppp.echo_interval = profile.echo_interval;
  ppp.echo_failures = profile.echo_failures;
  ppp.restart = profile.restart;
  ppp.max_configure = profile.max_configure;
  ppp.max_terminate = profile.max_terminate;
  ppp.max_failure = profile.max_failure;
  ppp.dns = profile.dns;
  ppp.nbns = profile.nbns;
  ppp.offload = profile.offload;
  ppp.clamp_mss = profile.clamp_mss;
  ppp.policies = profile.options;
  ppp.auth = {profile.auth.require, profile.auth.accept, profile.auth.name,
              profile.auth.rechallenge};
  return ppp;
}

std::string objection(const ipc::LinkUp& up, const config::Ppp& profile,
                      const AddressWish& remote) {
  const auto& options = profile.options;
  if (up.transmit_mru.bytes < kLeastMtu) return fmt::format("MRU {}", up.transmit_mru.bytes);
  if (!up.ipv4 && !up.ipv6) return "a link without addresses";
  if ((up.ipv4 && options.ip == Policy::Deny) || (up.ipv6 && options.ipv6 == Policy::Deny) ||
      (!up.ipv4 && options.ip == Policy::Require) ||
      (!up.ipv6 && options.ipv6 == Policy::Require)) {
    return "another family than the profile's";
  }
  auto text = up.ipv4 ? objection(*up.ipv4, profile, remote) : std::string{};
  return text.empty() && up.ipv6 ? objection(*up.ipv6) : text;
}

}  // namespace tunnel::supervisor
