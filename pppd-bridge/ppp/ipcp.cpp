#include "pppd-bridge/ppp/ipcp.hpp"

#include "pppd-bridge/ppp/lcp_options.hpp"

#include <algorithm>
#include <utility>

namespace tunnel::ppp {

namespace {

void write_address(ByteWriter& out, std::uint8_t type, Ipv4Address address) {
  out.u8(type);
  out.u8(kOptionHeader + kIpAddressWidth);
  out.u32(address.value);
}

Verdict nak(std::uint8_t type, Ipv4Address address) {
  ByteWriter out;
  write_address(out, type, address);
  return Verdict::nak(std::move(out).finish());
}

constexpr AddressWish kAnyHost{{}, 0};

std::optional<std::size_t> index_of(std::uint8_t type) noexcept {
  for (std::size_t i = 0; i < kNameServers.size(); ++i) {
    if (static_cast<std::uint8_t>(kNameServers[i]) == type) return i;
  }
  return std::nullopt;
}

constexpr bool is_dns(NameServer which) noexcept {
  return which == NameServer::PrimaryDns || which == NameServer::SecondaryDns;
}

constexpr std::size_t rank(NameServer which) noexcept {
  return which == NameServer::SecondaryDns || which == NameServer::SecondaryNbns ? 1 : 0;
}

std::string_view option_name(std::uint8_t type) noexcept {
  switch (type) {
    case 1:
      return "IPADDRS";
    case 2:
      return "COMPPROTO";
    case kIpAddress:
      return "IPADDR";
    case 129:
      return "PRIDNS";
    case 130:
      return "PRINBNS";
    case 131:
      return "SECDNS";
    case 132:
      return "SECNBNS";
    default:
      return {};
  }
}

}  // namespace

std::string describe_ipcp_option(const RawOption& option) {
  const auto name = option_name(option.type);
  if (const auto address = parse_address_option(option)) {
    return " " + std::string{name} + "[" + std::to_string(option.wire.size()) + "] " +
           address->str();
  }
  return describe_option_data(name, option);
}

Ipcp::Ipcp(IpcpWishes wishes, const AutomatonLimits& limits, EngineOutput& out, PacketLog& log)
    : ControlProtocol{Protocol::Ipcp, Layer::Ipcp, limits, out, log}, wishes_{std::move(wishes)} {}

void Ipcp::reset_wishes() {
  asked_ = wishes_.local.preferred;
  told_address_ = false;
  agreed_ = {};
  for (std::size_t i = 0; i < kNameServers.size(); ++i) {
    const auto policy = is_dns(kNameServers[i]) ? wishes_.dns_policy : wishes_.nbns_policy;
    servers_[i].reset();
    if (asks(policy)) servers_[i] = Ipv4Address{};
  }
}

void Ipcp::write_request(ByteWriter& out) const {
  if (asked_) write_address(out, kIpAddress, *asked_);
  for (std::size_t i = 0; i < kNameServers.size(); ++i) {
    if (servers_[i]) write_address(out, static_cast<std::uint8_t>(kNameServers[i]), *servers_[i]);
  }
}

void Ipcp::begin_review() {
  granted_.reset();
}

Verdict Ipcp::review(const RawOption& option) {
  const auto address = parse_address_option(option);
  if (!address) return Verdict::reject();
  if (option.type == kIpAddress) return review_address(*address);
  return review_name_server(NameServer{option.type}, *address);
}

Verdict Ipcp::review_address(Ipv4Address address) {
  granted_ = address;
  const bool ours = address == asked_;
  if (wishes_.remote.allows(address) && !ours) return Verdict::ack();
  if (wishes_.remote.preferred.is_unspecified()) {
    fail_address(address.is_unspecified()
                     ? "peer asks which address it has, and the profile names none"
                     : "peer insists on address " + address.str() + ", which cannot be");
    return Verdict::reject();
  }
  if (naks_sent() >= limits().max_failure) {
    fail_address("peer insists on address " + address.str() + ", the profile says " +
                 wishes_.remote.preferred.str());
  }
  return nak(kIpAddress, wishes_.remote.preferred);
}

/// RFC 1877 §1.1: the peer asks for 0.0.0.0, or for what it had last time, and is told.
Verdict Ipcp::review_name_server(NameServer which, Ipv4Address address) {
  const auto& known = is_dns(which) ? wishes_.dns : wishes_.nbns;
  const auto policy = is_dns(which) ? wishes_.dns_policy : wishes_.nbns_policy;
  if (!grants(policy) || rank(which) >= known.size()) return Verdict::reject();
  const auto server = known[rank(which)];
  return address == server ? Verdict::ack() : nak(static_cast<std::uint8_t>(which), server);
}

/// A peer that asks for no address is told its own once (RFC 1661 §5.3); one that still does not
/// ask is taken to know it.
void Ipcp::append_missing(ByteWriter& naks) {
  const auto known = wishes_.remote.preferred;
  if (granted_ || known.is_unspecified() || std::exchange(told_address_, true)) return;
  write_address(naks, kIpAddress, known);
}

void Ipcp::refused(Refusal refusal, const RawOption& option) {
  if (option.type == kIpAddress) return address_refused(refusal, option);
  if (index_of(option.type)) name_server_refused(refusal, option);
}

void Ipcp::address_refused(Refusal refusal, const RawOption& option) {
  if (!asked_) return;
  if (refusal == Refusal::Reject) {
    if (asked_->is_unspecified()) return fail_address("peer gives us no address");
    log().event(layer(), "peer does not negotiate our address; it stays " + asked_->str());
    asked_.reset();
    return;
  }
  const auto offer = parse_address_option(option);
  if (!offer || *offer == *asked_) return;
  if (wishes_.local.allows(*offer)) {
    asked_ = offer;
    return;
  }
  fail_address(asked_->is_unspecified()
                   ? "peer offers address " + offer->str() + ", which the profile does not allow"
                   : "peer refuses address " + asked_->str() + " and offers " + offer->str());
}

void Ipcp::name_server_refused(Refusal refusal, const RawOption& option) {
  auto& asked = servers_[*index_of(option.type)];
  const bool dns = is_dns(NameServer{option.type});
  if (!asked) return;
  if (refusal == Refusal::Nak) {
    if (const auto offer = parse_address_option(option)) asked = *offer;
    return;
  }
  asked.reset();
  const auto policy = dns ? wishes_.dns_policy : wishes_.nbns_policy;
  // A peer with one server only has no second to tell.
  if (policy == Policy::Require && rank(NameServer{option.type}) == 0) {
    fail_server(dns ? "DNS" : "NBNS");
  }
}

void Ipcp::fail_server(const char* kind) {
  fail({DownReason::Kind::OptionRefused, DownReason::Permanence::Permanent,
        "peer names no " + std::string{kind} + " server, which the profile requires"});
}

void Ipcp::fail_address(std::string text) {
  fail({DownReason::Kind::AddressRefused, DownReason::Permanence::Permanent, std::move(text)});
}

void Ipcp::when_up(TimePoint /*now*/) {
  agreed_.local = asked_.value_or(wishes_.local.preferred);
  agreed_.remote = granted_.value_or(wishes_.remote.preferred);
  agreed_.dns.clear();
  agreed_.nbns.clear();
  for (std::size_t i = 0; i < kNameServers.size(); ++i) {
    if (!servers_[i] || !kAnyHost.allows(*servers_[i])) continue;
    auto& list = is_dns(kNameServers[i]) ? agreed_.dns : agreed_.nbns;
    // A peer that has one names it twice.
    if (std::find(list.begin(), list.end(), *servers_[i]) == list.end()) {
      list.push_back(*servers_[i]);
    }
  }
  if (agreed_.local.is_unspecified()) return fail_address("peer gives us no address");
  if (agreed_.remote.is_unspecified()) {
    return fail_address("peer names no address of its own, and neither does the profile");
  }
  if (wishes_.dns_policy == Policy::Require && agreed_.dns.empty()) return fail_server("DNS");
  if (wishes_.nbns_policy == Policy::Require && agreed_.nbns.empty()) return fail_server("NBNS");
  log().event(layer(), "myaddr " + agreed_.local.str() + " hisaddr " + agreed_.remote.str());
  for (const auto server : agreed_.dns) log().event(layer(), "dns " + server.str());
  for (const auto server : agreed_.nbns) log().event(layer(), "nbns " + server.str());
}

std::string Ipcp::describe(const RawOption& option) const {
  return describe_ipcp_option(option);
}

}  // namespace tunnel::ppp
