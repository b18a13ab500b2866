#include "pppd-bridge/ppp/ipcp.hpp"

#include "pppd-bridge/ppp/frame.hpp"
#include "pppd-bridge/ppp/lcp_options.hpp"

#include <utility>

namespace tunnel::ppp {

namespace {

void write_address(ByteWriter& out, Ipv4Address address) {
  out.u8(kIpAddress);
  out.u8(kOptionHeader + kIpAddressWidth);
  out.u32(address.value);
}

/// Names of options that are Rejected, for the log only.
std::string_view rejected_name(std::uint8_t type) noexcept {
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

Ipcp::Ipcp(IpcpWishes wishes, const AutomatonLimits& limits, EngineOutput& out, PacketLog& log)
    : ControlProtocol{Protocol::Ipcp, Layer::Ipcp, limits, out, log},
      wishes_{wishes},
      transmit_limit_{kDefaultMru} {}

void Ipcp::reset_wishes() {
  ask_address_ = true;
  told_address_ = false;
}

void Ipcp::write_request(ByteWriter& out) const {
  if (ask_address_) write_address(out, wishes_.local);
}

void Ipcp::begin_review() {
  peer_asked_ = false;
}

Verdict Ipcp::review(const RawOption& option) {
  const auto address = parse_ip_address_option(option);
  if (!address) return Verdict::reject();
  peer_asked_ = true;
  if (*address == wishes_.remote) return Verdict::ack();
  if (naks_sent() >= limits().max_failure) {
    fail({DownReason::Kind::AddressRefused, DownReason::Permanence::Permanent,
          "peer insists on address " + address->str() + ", the profile says " +
              wishes_.remote.str()});
  }
  ByteWriter suggestion;
  write_address(suggestion, wishes_.remote);
  return Verdict::nak(std::move(suggestion).finish());
}

/// A peer that asks for no address is told its own once (RFC 1661 §5.3); one that still does not
/// ask is taken to know it.
void Ipcp::append_missing(ByteWriter& naks) {
  if (peer_asked_ || std::exchange(told_address_, true)) return;
  write_address(naks, wishes_.remote);
}

void Ipcp::refused(Refusal refusal, const RawOption& option) {
  if (option.type != kIpAddress) return;
  if (refusal == Refusal::Reject) {
    log().event(layer(), "peer does not negotiate our address; it stays " + wishes_.local.str());
    ask_address_ = false;
    return;
  }
  const auto offer = parse_ip_address_option(option);
  if (!offer || !ask_address_ || *offer == wishes_.local) return;
  fail({DownReason::Kind::AddressRefused, DownReason::Permanence::Permanent,
        "peer refuses address " + wishes_.local.str() + " and offers " + offer->str()});
}

bool Ipcp::receive_other(const ControlPacket& /*packet*/, TimePoint /*now*/) {
  return false;
}

void Ipcp::when_up(TimePoint /*now*/) {
  log().event(layer(), "myaddr " + wishes_.local.str() + " hisaddr " + wishes_.remote.str());
}

void Ipcp::when_down(TimePoint /*now*/) {}

std::string Ipcp::describe(const RawOption& option) const {
  if (const auto address = parse_ip_address_option(option)) {
    return " IPADDR[" + std::to_string(option.wire.size()) + "] " + address->str();
  }
  return describe_option_data(rejected_name(option.type), option);
}

}  // namespace tunnel::ppp
