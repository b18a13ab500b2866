#include "pppd-bridge/ppp/lcp.hpp"

#include <algorithm>
#include <utility>

namespace tunnel::ppp {

Lcp::Lcp(LcpWishes wishes, const AutomatonLimits& limits, EngineOutput& out, PacketLog& log,
         Random& random)
    : ControlProtocol{Protocol::Lcp, Layer::Lcp, limits, out, log},
      wishes_{std::move(wishes)},
      random_{random} {}

void Lcp::reset_wishes() {
  request_ = {.mru = wishes_.mru.bytes,
              .accm = wishes_.accm,
              .magic = new_magic(),
              .protocol_field = wishes_.protocol_field,
              .address_control = wishes_.address_control};
  local_ = remote_ = {};
  own_magics_ = 0;
  echo_reply_.reset();
  rejected_protocol_.reset();
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
  if (request_.magic) write_lcp_option(out, {MagicNumber, *request_.magic});
  if (request_.protocol_field == Compress::Yes) {
    write_lcp_option(out, {ProtocolFieldCompression, 0});
  }
  if (request_.address_control == Compress::Yes) {
    write_lcp_option(out, {AddressControlCompression, 0});
  }
}

void Lcp::begin_review() {
  reviewed_ = {};
}

Verdict Lcp::review(const RawOption& option) {
  const auto parsed = parse_lcp_option(option);
  if (!parsed) return Verdict::reject();
  switch (parsed->type) {
    case LcpOptionType::Mru:
      reviewed_.mru = static_cast<std::uint16_t>(parsed->value);
      if (reviewed_.mru >= kMinMru) return Verdict::ack();
      return nak({LcpOptionType::Mru, kDefaultMru});
    case LcpOptionType::Accm:
      reviewed_.accm = parsed->value;
      return Verdict::ack();
    case LcpOptionType::MagicNumber:
      reviewed_.magic = parsed->value;
      return review_magic(parsed->value);
    case LcpOptionType::ProtocolFieldCompression:
      reviewed_.protocol_field = Compress::Yes;
      return Verdict::ack();
    case LcpOptionType::AddressControlCompression:
      reviewed_.address_control = Compress::Yes;
      return Verdict::ack();
  }
  return Verdict::reject();
}

Verdict Lcp::nak(const LcpOption& acceptable) {
  ByteWriter out;
  write_lcp_option(out, acceptable);
  return Verdict::nak(std::move(out).finish());
}

/// RFC 1661 §6.4: our own number coming back means a loop, or once in four thousand million a
/// chance. A Nak with another number tells the two apart: over a loop the new one comes back, too.
Verdict Lcp::review_magic(std::uint32_t magic) {
  if (!is_own_magic(magic)) {
    own_magics_ = 0;
    return magic != 0 ? Verdict::ack() : nak({LcpOptionType::MagicNumber, new_magic()});
  }
  if (++own_magics_ >= limits().max_failure) fail_looped_back();
  return nak({LcpOptionType::MagicNumber, new_magic()});
}

void Lcp::fail_looped_back() {
  fail({DownReason::Kind::Loopback, DownReason::Permanence::Transient,
        "looped back (our own magic number came back)"});
}

void Lcp::append_missing(ByteWriter& /*naks*/) {}  // nothing that a peer must ask for

void Lcp::refused(Refusal refusal, const RawOption& option) {
  const auto parsed = parse_lcp_option(option);
  if (refusal == Refusal::Nak && parsed) {
    take_nak(*parsed);
  } else if (refusal == Refusal::Reject) {
    forget_wish(LcpOptionType{option.type});
  }
}

/// The peer's counter-proposal: taken where this end can live with it. One for an option that was
/// not asked for is passed over (RFC 1661 §5.3 leaves that to us).
void Lcp::take_nak(const LcpOption& option) {
  switch (option.type) {
    case LcpOptionType::Mru:
      if (!request_.mru) return;
      if (option.value < kMinMru) return forget_wish(option.type);
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
      return forget_wish(option.type);  // a switch has no other value
  }
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
  }
}

void Lcp::when_up(TimePoint /*now*/) {
  local_ = {.mru = request_.mru.value_or(kDefaultMru),
            .accm = request_.accm.value_or(0xffff'ffff),
            .magic = request_.magic.value_or(0),
            .protocol_field = request_.protocol_field,
            .address_control = request_.address_control};
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
