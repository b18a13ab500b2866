#include "pppd-bridge/ppp/ipv6cp.hpp"

#include "pppd-bridge/ppp/lcp_options.hpp"

#include <utility>

namespace tunnel::ppp {

namespace {

constexpr std::size_t kIdentifierWidth = 8;

void write_identifier(ByteWriter& out, InterfaceId id) {
  out.u8(kInterfaceIdentifier);
  out.u8(kOptionHeader + kIdentifierWidth);
  out.u64(id.value);
}

Verdict nak(InterfaceId id) {
  ByteWriter out;
  write_identifier(out, id);
  return Verdict::nak(std::move(out).finish());
}

std::string_view option_name(std::uint8_t type) noexcept {
  switch (type) {
    case kInterfaceIdentifier:
      return "INTFID";
    case kIpv6CompressionProtocol:
      return "COMPPROTO";
    default:
      return {};
  }
}

}  // namespace

std::optional<InterfaceId> parse_interface_identifier(const RawOption& option) noexcept {
  if (option.type != kInterfaceIdentifier || option.data.size() != kIdentifierWidth) {
    return std::nullopt;
  }
  return InterfaceId{*ByteReader{option.data}.u64()};
}

std::string describe_ipv6cp_option(const RawOption& option) {
  const auto name = option_name(option.type);
  if (const auto id = parse_interface_identifier(option)) {
    return " " + std::string{name} + "[" + std::to_string(option.wire.size()) + "] " + id->str();
  }
  return describe_option_data(name, option);
}

Ipv6cp::Ipv6cp(Ipv6cpWishes wishes, const AutomatonLimits& limits, EngineOutput& out,
               PacketLog& log, Random& random)
    : ControlProtocol{Protocol::Ipv6cp, Layer::Ipv6cp, limits, out, log},
      wishes_{wishes},
      random_{random} {}

/// RFC 5072 §4.1: random, with the universal bit cleared, not zero, and neither end's present one.
InterfaceId Ipv6cp::another() {
  constexpr std::uint64_t kUniversalBit = std::uint64_t{0x02} << 56;
  InterfaceId id;
  // Of a bad source of randomness, something is made all the same.
  for (int tries = 0; tries < 4; ++tries) {
    const std::uint64_t high = random_.u32();
    id.value = (high << 32 | random_.u32()) & ~kUniversalBit;
    if (!id.is_zero() && id != ours_ && id != peer_) return id;
  }
  id.value = (ours_.value ^ 1) & ~kUniversalBit;
  return id.is_zero() ? InterfaceId{2} : id;
}

void Ipv6cp::reset_wishes() {
  peer_.reset();
  ours_ = {};
  ours_ = wishes_.id ? *wishes_.id : another();
  ask_ = true;
  told_ = false;
  agreed_ = {};
}

void Ipv6cp::write_request(ByteWriter& out) const {
  if (ask_) write_identifier(out, ours_);
}

void Ipv6cp::begin_review() {
  peer_.reset();
}

/// RFC 5072 §4.1: zero asks for a suggestion; our own number is a collision, and Nak'd, too.
Verdict Ipv6cp::review(const RawOption& option) {
  const auto id = parse_interface_identifier(option);
  if (!id) return Verdict::reject();
  peer_ = *id;
  if (!id->is_zero() && *id != ours_) return Verdict::ack();
  return nak(another());
}

void Ipv6cp::append_missing(ByteWriter& naks) {
  if (peer_ || std::exchange(told_, true)) return;
  write_identifier(naks, another());
}

void Ipv6cp::refused(Refusal refusal, const RawOption& option) {
  if (option.type != kInterfaceIdentifier || !ask_) return;
  if (refusal == Refusal::Reject) {
    log().event(layer(), "peer does not negotiate our identifier; it stays " + ours_.str());
    ask_ = false;
    return;
  }
  const auto offer = parse_interface_identifier(option);
  if (!offer) return;
  ours_ = offer->is_zero() || *offer == peer_ || *offer == ours_ ? another() : *offer;
}

void Ipv6cp::when_up(TimePoint /*now*/) {
  agreed_ = {ours_, peer_.value_or(InterfaceId{})};
  if (agreed_.remote.is_zero() || agreed_.remote == agreed_.local) {
    return fail({DownReason::Kind::AddressRefused, DownReason::Permanence::Transient,
                 "peer has no interface identifier of its own"});
  }
  log().event(layer(), "myaddr " + agreed_.local.str() + " hisaddr " + agreed_.remote.str());
}

std::string Ipv6cp::describe(const RawOption& option) const {
  return describe_ipv6cp_option(option);
}

}  // namespace tunnel::ppp
