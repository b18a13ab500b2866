// What a site wants of the kernel: addresses, routes and guards.

#include "tunneld/supervisor/ppp_settings.hpp"
#include "tunneld/supervisor/site.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace tunnel::supervisor {

namespace {

/// The tunnel's own addresses, as far as they are known before a link is up.
std::optional<routes::Pair4> fixed_ipv4(const config::Ppp& profile, const AddressWish& remote) {
  const bool known = profile.options.ip != Policy::Deny && profile.local.fixed() &&
                     remote.fixed() && !remote.preferred.is_unspecified();
  if (!known) return std::nullopt;
  return routes::Pair4{profile.local.preferred, remote.preferred};
}

std::optional<routes::Pair6> fixed_ipv6(const config::Ppp& profile) {
  if (!profile.local6 || !profile.remote6) return std::nullopt;
  return routes::Pair6{*profile.local6, *profile.remote6};
}

}  // namespace

void Site::guard(bool on) {
  guarded_ = on && profile_.routes.on_down == config::OnDown::Hold;
  static_cast<void>(update_network());
}

AddressWish Site::remote() const {
  return remote_wish(profile_.ppp, leased_);
}

SiteNetwork Site::network_left_behind(Mtu mtu) const {
  auto wanted = network(Device::Present);
  wanted.interface->mtu = mtu;
  wanted.interface->networks = profile_.routes.remote;
  return wanted;
}

/// Agreed addresses outlast the link that agreed on them, and with them connections that are bound
/// to them.
std::optional<routes::Pair4> Site::ipv4_ends() const {
  const auto fixed = fixed_ipv4(profile_.ppp, remote());
  return fixed ? fixed : agreed_ipv4_;
}

void Site::note_agreed(const ipc::LinkUp& link) {
  if (link.ipv4) agreed_ipv4_ = routes::Pair4{link.ipv4->local, link.ipv4->remote};
  if (link.ipv6) agreed_link_local_ = link.ipv6->local.link_local();
}

SiteNetwork Site::network(Device device) const {
  SiteNetwork wanted;
  const auto ipv4 = ipv4_ends();
  const auto ipv6 = fixed_ipv6(profile_.ppp);
  if (guarded_) {
    wanted.guarded = profile_.routes.remote;
    // Also our own addresses: while there is no device, they are nobody's, and would be looked for
    // outside.
    if (ipv4) {
      wanted.guarded.push_back(Prefix::host(ipv4->peer));
      wanted.guarded.push_back(Prefix::host(ipv4->local));
    }
    if (ipv6) {
      wanted.guarded.push_back(*Prefix::make(ipv6->peer, 128));
      wanted.guarded.push_back(*Prefix::make(ipv6->local, 128));
    }
  }
  if (device == Device::Absent) return wanted;
  routes::WantedInterface interface;
  interface.name = profile_.ppp.interface;
  interface.alias = fmt::format("{}{}", routes::kAliasPrefix, profile_.name.str());
  interface.mtu = Mtu{link_ ? link_->transmit_mru.bytes : profile_.ppp.mru.bytes};
  interface.ipv4 = ipv4;
  if (profile_.ppp.options.ipv6 != Policy::Deny) {
    interface.ipv6 = ipv6;
    interface.link_local = agreed_link_local_;
    const auto id = interface_id(profile_.ppp);
    if (!interface.link_local && !id.is_zero()) interface.link_local = id.link_local();
  }
  interface.metric = profile_.routes.metric;
  const bool withdrawn = !link_ && profile_.routes.on_down == config::OnDown::Withdraw;
  for (const auto& network : profile_.routes.remote) {
    // A family that the peer does not have goes nowhere: its guards say so to the sender.
    const bool carried = !link_ || (network.family() == Family::Ipv4 ? link_->ipv4.has_value()
                                                                     : link_->ipv6.has_value());
    if (!withdrawn && carried) interface.networks.push_back(network);
  }
  wanted.interface = std::move(interface);
  return wanted;
}

Result<void> Site::update_network() {
  return context_.network->set(profile_.name, network(device_ ? Device::Present : Device::Absent));
}

}  // namespace tunnel::supervisor
