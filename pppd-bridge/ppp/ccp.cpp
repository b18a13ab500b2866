#include "pppd-bridge/ppp/ccp.hpp"

#include "pppd-bridge/ppp/frame.hpp"
#include "pppd-bridge/ppp/lcp_options.hpp"

#include <utility>

namespace tunnel::ppp {

namespace {

constexpr std::uint8_t kMethod = 8;     // RFC 1979 §3: deflate
constexpr std::uint8_t kMinWindow = 9;  // below which zlib's raw deflate does not go
constexpr std::uint8_t kMaxWindow = 15;
/// Histories that broke in a row, after which the peer's compressor is taken to be unfit.
constexpr unsigned kMaxFailures = 10;

/// RFC 1979 §3: window and method, and the check by sequence numbers.
std::array<std::uint8_t, 2> option_data(DeflateWindow window) noexcept {
  return {static_cast<std::uint8_t>((window.bits - 8) << 4 | kMethod), 0};
}

std::string_view option_name(std::uint8_t type) noexcept {
  switch (type) {
    case 0:
      return "OUI";
    case 1:
      return "PRED1";
    case 17:
      return "STAC";
    case 18:
      return "MPPE";
    case 21:
      return "BSD";
    case 24:
      return "DEFLATE24";
    case 26:
      return "DEFLATE";
    default:
      return {};
  }
}

bool is_deflate(std::uint8_t type) noexcept {
  return DeflateType{type} == DeflateType::Rfc1979 || DeflateType{type} == DeflateType::Draft;
}

}  // namespace

std::optional<DeflateWindow> parse_deflate_option(const RawOption& option) noexcept {
  ByteReader in{option.data};
  const auto method = in.u8();
  const auto check = in.u8();
  if (!is_deflate(option.type) || !check || !in.empty()) return std::nullopt;
  if ((*method & 0xf) != kMethod || *check != 0) return std::nullopt;
  return DeflateWindow{static_cast<std::uint8_t>((*method >> 4) + 8)};
}

std::string describe_ccp_option(const RawOption& option) {
  const auto name = option_name(option.type);
  if (const auto window = parse_deflate_option(option)) {
    return " " + std::string{name} + "[" + std::to_string(option.wire.size()) + "] window " +
           std::to_string(window->bits);
  }
  return describe_option_data(name, option);
}

Ccp::Ccp(Policy policy, const AutomatonLimits& limits, EngineOutput& out, PacketLog& log)
    : ControlProtocol{Protocol::Ccp, Layer::Ccp, limits, out, log},
      policy_{policy},
      receive_limit_{kDefaultMru} {}

void Ccp::reset_wishes() {
  request_.reset();
  if (asks(policy_)) request_ = Wish{};
  reviewed_.reset();
  reset_id_.reset();
  failures_ = 0;
}

void Ccp::write_request(ByteWriter& out) const {
  if (!request_) return;
  write_option(out, static_cast<std::uint8_t>(request_->type), option_data(request_->window));
}

void Ccp::begin_review() {
  reviewed_.reset();
}

/// RFC 1962 §4: of several methods the first that this end has; the others are Rejected, so that
/// what is Ack'd in the end is one.
Verdict Ccp::review(const RawOption& option) {
  if (!is_deflate(option.type) || reviewed_) return Verdict::reject();
  const auto window = parse_deflate_option(option);
  if (!window) return Verdict::reject();
  reviewed_ = window;
  if (window->bits >= kMinWindow && window->bits <= kMaxWindow) return Verdict::ack();
  ByteWriter suggestion;
  write_option(suggestion, option.type,
               option_data({window->bits < kMinWindow ? kMinWindow : kMaxWindow}));
  return Verdict::nak(std::move(suggestion).finish());
}

void Ccp::refused(Refusal refusal, const RawOption& option) {
  if (!request_ || option.type != static_cast<std::uint8_t>(request_->type)) return;
  const auto window = parse_deflate_option(option);
  const bool smaller = window && window->bits >= kMinWindow && *window < request_->window;
  if (refusal == Refusal::Nak && smaller) {
    request_->window = *window;
  } else if (request_->type == DeflateType::Rfc1979) {
    request_ = Wish{.type = DeflateType::Draft, .window = {}};
  } else {
    request_.reset();
    if (policy_ != Policy::Require) return;
    fail({DownReason::Kind::OptionRefused, DownReason::Permanence::Permanent,
          "peer refuses to compress by Deflate, which the profile requires"});
  }
}

bool Ccp::receive_other(const ControlPacket& packet, TimePoint now) {
  if (packet.code == Code::ResetRequest) {
    if (!compresses() || !within(resets_granted_, now)) return true;
    deflater_->reset();
    answer_other(Code::ResetAck, packet.id, {});
    return true;
  }
  if (packet.code == Code::ResetAck) {
    receive_reset_ack(packet);
    return true;
  }
  return false;
}

void Ccp::receive_reset_ack(const ControlPacket& packet) {
  if (!decompresses() || reset_id_ != packet.id) return;
  log().packet(layer(), [&] { return "RecvResetAck(" + std::to_string(packet.id) + ")"; });
  reset_id_.reset();
  inflater_->reset();
}

std::optional<Bytes> Ccp::decompress(Bytes information, TimePoint now) {
  const auto content = inflater_->decompress(information);
  if (content) {
    failures_ = 0;
  } else {
    ask_reset(now);
  }
  return content;
}

void Ccp::note_uncompressed(Protocol protocol, Bytes packet, TimePoint now) {
  if (!compressible(protocol)) return;
  if (inflater_->intact() && !inflater_->note_uncompressed(protocol, packet)) ask_reset(now);
}

/// RFC 1962 §2.1: asked again where the answer is late, with the packets that still come as the
/// clock.
void Ccp::ask_reset(TimePoint now) {
  if (!resets_.allow(now)) return;
  if (++failures_ > kMaxFailures) {
    const std::string why = "the compressed data cannot be read";
    if (policy_ == Policy::Require) {
      fail({DownReason::Kind::OptionRefused, DownReason::Permanence::Transient, why});
    }
    return close(why, now);
  }
  log().packet(layer(), "what came compressed cannot be read");
  if (!reset_id_) {
    reset_id_ = send_other(Code::ResetRequest, {});
  } else {
    answer_other(Code::ResetRequest, *reset_id_, {});
  }
}

void Ccp::when_up(TimePoint /*now*/) {
  if (reviewed_) deflater_ = std::make_unique<Deflater>(*reviewed_);
  if (request_) inflater_ = std::make_unique<Inflater>(request_->window, receive_limit_);
  log().event(layer(), "compress " + std::string{reviewed_ ? "Deflate" : "no"} + ", decompress " +
                           std::string{request_ ? "Deflate" : "no"});
}

void Ccp::when_down(TimePoint /*now*/) {
  deflater_.reset();
  inflater_.reset();
  reset_id_.reset();
}

std::string Ccp::describe(const RawOption& option) const {
  return describe_ccp_option(option);
}

}  // namespace tunnel::ppp
