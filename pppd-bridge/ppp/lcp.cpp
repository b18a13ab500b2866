#include "pppd-bridge/ppp/lcp.hpp"

#include <algorithm>
#include <utility>

namespace tunnel::ppp {

namespace {

Compress compressed_if(Policy policy) noexcept {
  return asks(policy) ? Compress::Yes : Compress::No;
}

}  // namespace

Lcp::Lcp(LcpWishes wishes, AuthOptions auth, const AutomatonLimits& limits, EngineOutput& out,
         PacketLog& log, Random& random)
    : ControlProtocol{Protocol::Lcp, Layer::Lcp, limits, out, log},
      wishes_{std::move(wishes)},
      auth_{std::move(auth)},
      random_{random} {}

void Lcp::reset_wishes() {
  const auto& policy = wishes_.policy;
  request_ = {};
  request_.protocol_field = compressed_if(policy.protocol_field);
  request_.address_control = compressed_if(policy.address_control);
  request_.vendor = asks(policy.vendor);
  if (asks(policy.mru)) request_.mru = wishes_.mru.bytes;
  if (asks(policy.accm)) request_.accm = wishes_.accm;
  if (asks(policy.magic)) request_.magic = new_magic();
  // FCS-16 is what there is without the option.
  if (asks(policy.fcs) && wishes_.fcs != Fcs::Ccitt16) request_.fcs = wishes_.fcs;
  if (!auth_.require.empty()) request_.auth = auth_.require.front();
  local_ = remote_ = {};
  own_magics_ = 0;
  echo_reply_.reset();
  echo_requested_ = false;
  rejected_protocol_.reset();
  methods_refused_.clear();
  unmet_demand_.reset();
  peer_ident_.clear();
}

/// Never zero, which means "none" (RFC 1661 §6.4).
std::uint32_t Lcp::new_magic() {
  const auto magic = random_.u32();
  return magic != 0 ? magic : 1;
}

bool Lcp::is_own_magic(std::uint32_t magic) const noexcept {
  return request_.magic && magic == *request_.magic;
}

void Lcp::write_request(ByteWriter& out) const {
  using enum LcpOptionType;
  if (request_.mru) write_lcp_option(out, {Mru, *request_.mru});
  if (request_.accm) write_lcp_option(out, {Accm, *request_.accm});
  if (request_.auth) write_option(out, kAuthenticationProtocol, auth_option_data(*request_.auth));
  if (request_.magic) write_lcp_option(out, {MagicNumber, *request_.magic});
  if (request_.protocol_field == Compress::Yes) {
    write_lcp_option(out, {ProtocolFieldCompression, 0});
  }
  if (request_.address_control == Compress::Yes) {
    write_lcp_option(out, {AddressControlCompression, 0});
  }
  if (request_.fcs) {
    write_lcp_option(out, {FcsAlternatives, fcs_bit(*request_.fcs)});
  }
  if (request_.vendor) write_vendor_option(out, {});
}

Policy Lcp::policy_of(LcpOptionType type) const noexcept {
  switch (type) {
    case LcpOptionType::Mru:
      return wishes_.policy.mru;
    case LcpOptionType::Accm:
      return wishes_.policy.accm;
    case LcpOptionType::MagicNumber:
      return wishes_.policy.magic;
    case LcpOptionType::ProtocolFieldCompression:
      return wishes_.policy.protocol_field;
    case LcpOptionType::AddressControlCompression:
      return wishes_.policy.address_control;
    case LcpOptionType::FcsAlternatives:
      return wishes_.policy.fcs;
  }
  return Policy::Deny;
}

void Lcp::refused(Refusal refusal, const RawOption& option) {
  if (option.type == kAuthenticationProtocol) return take_auth_refusal(refusal, option);
  if (option.type == kVendorSpecific) {
    request_.vendor = false;
    if (wishes_.policy.vendor == Policy::Require) fail_refused(option);
    return;
  }
  const auto parsed = parse_lcp_option(option);
  if (refusal == Refusal::Nak && parsed) {
    take_nak(*parsed, option);
  } else if (refusal == Refusal::Reject && find_lcp_option(option.type)) {
    lose(option);
  }
}

/// What the profile asks for and does not get: it goes on without, unless it requires it.
void Lcp::lose(const RawOption& option) {
  const LcpOptionType type{option.type};
  forget_wish(type);
  if (policy_of(type) == Policy::Require) fail_refused(option);
}

void Lcp::fail_refused(const RawOption& option) {
  fail({DownReason::Kind::OptionRefused, DownReason::Permanence::Permanent,
        "peer refuses" + describe(option) + ", which the profile requires"});
}

/// The peer's counter-proposal: taken where this end can live with it. One for an option that was
/// not asked for is passed over (RFC 1661 §5.3 leaves that to us).
void Lcp::take_nak(const LcpOption& option, const RawOption& wire) {
  switch (option.type) {
    case LcpOptionType::Mru:
      if (!request_.mru) return;
      if (option.value < kMinMru) return lose(wire);
      // Longer than the profile's as well: openconnect wants that, and it costs a buffer.
      request_.mru = static_cast<std::uint16_t>(option.value);
      return;
    case LcpOptionType::Accm:
      if (request_.accm) *request_.accm |= option.value;  // RFC 1662 §7.1: the union of both
      return;
    case LcpOptionType::MagicNumber:
      if (request_.magic) request_.magic = new_magic();
      return;
    case LcpOptionType::ProtocolFieldCompression:
    case LcpOptionType::AddressControlCompression:
    case LcpOptionType::FcsAlternatives:
      return lose(wire);  // we asked for what we can do, and know no second best
  }
}

/// RFC 1661 §6.2: a Nak names the method that the peer would rather prove itself by. One that the
/// profile does not list means: the next of ours, until none is left.
void Lcp::take_auth_refusal(Refusal refusal, const RawOption& option) {
  if (!request_.auth) return;
  const auto refused = *request_.auth;
  methods_refused_.push_back(refused);
  const auto usable = [this](AuthMethod method) {
    return std::find(methods_refused_.begin(), methods_refused_.end(), method) ==
           methods_refused_.end();
  };
  const auto& ours = auth_.require;
  if (refusal == Refusal::Nak) {
    const auto offered = parse_auth_option(option);
    auto next = std::find_if(ours.begin(), ours.end(), [&](AuthMethod method) {
      return offered == method && usable(method);
    });
    if (next == ours.end()) next = std::find_if(ours.begin(), ours.end(), usable);
    if (next != ours.end()) {
      request_.auth = *next;
      return;
    }
  }
  // Never without: whoever does not prove himself gets no link.
  auto text = "peer refuses to prove itself by " + std::string{auth_method_name(refused)};
  if (refusal == Refusal::Nak) text += " and offers " + describe_auth_option(option);
  fail({DownReason::Kind::AuthRefused, DownReason::Permanence::Permanent, std::move(text)});
}

void Lcp::forget_wish(LcpOptionType type) {
  switch (type) {
    case LcpOptionType::Mru:
      request_.mru.reset();
      return;
    case LcpOptionType::Accm:
      request_.accm.reset();
      return;
    case LcpOptionType::MagicNumber:
      request_.magic.reset();
      return;
    case LcpOptionType::ProtocolFieldCompression:
      request_.protocol_field = Compress::No;
      return;
    case LcpOptionType::AddressControlCompression:
      request_.address_control = Compress::No;
      return;
    case LcpOptionType::FcsAlternatives:
      request_.fcs.reset();
      return;
  }
}

void Lcp::when_up(TimePoint /*now*/) {
  local_ = {.mru = request_.mru.value_or(kDefaultMru),
            .accm = request_.accm.value_or(0xffff'ffff),
            .magic = request_.magic.value_or(0),
            .protocol_field = request_.protocol_field,
            .address_control = request_.address_control,
            .fcs = request_.fcs.value_or(Fcs::Ccitt16),
            .auth = request_.auth,
            .vendor = {}};
  if (request_.vendor) local_.vendor = VendorExtensions{};
  remote_ = reviewed_;
  send_identification();
}

void Lcp::when_down(TimePoint /*now*/) {
  local_ = remote_ = {};
}

std::string Lcp::describe(const RawOption& option) const {
  return describe_lcp_option(option);
}

}  // namespace tunnel::ppp
