#include "pppd-bridge/hdlc/decoder.hpp"

#include <algorithm>
#include <array>

namespace tunnel::hdlc {

namespace {

constexpr std::size_t kMinContent = 2;  // RFC 1662 §4.3: a frame has four octets with its FCS-16
constexpr std::array<std::uint8_t, 4> kLcpHeader{0xff, 0x03, 0xc0, 0x21};

/// Octets taken one by one where the machine halts: as many as make it worth starting again.
constexpr std::size_t kByHand = 16;
static_assert(kByHand <= kOverrun);

constexpr std::size_t buffer_size(std::size_t max_content) noexcept {
  return max_content + kMaxFcsSize + kOverrun;
}

bool is_lcp(Bytes frame) noexcept {
  return frame.size() >= kLcpHeader.size() &&
         std::equal(kLcpHeader.begin(), kLcpHeader.end(), frame.begin());
}

/// What a frame holds, as far as its check is concerned.
enum class Kind : std::uint8_t { Data, Maintenance, Configuration };

/// RFC 1661 §2: protocols from 0x8000 on control networks, authenticate, or are LCP, whose first
/// seven codes configure. The header may be compressed.
Kind kind_of(Bytes frame) noexcept {
  if (frame.size() >= 2 && frame[0] == kLcpHeader[0] && frame[1] == kLcpHeader[1]) {
    frame = frame.subspan(2);
  }
  constexpr std::uint8_t kLastConfigurationCode = 7;
  const bool control = frame.size() >= 3 && (frame[0] & 0x81) == 0x80;
  if (!control) return Kind::Data;
  const bool lcp = frame[0] == kLcpHeader[2] && frame[1] == kLcpHeader[3];
  return lcp && frame[2] > kLastConfigurationCode ? Kind::Maintenance : Kind::Configuration;
}

Bytes without_fcs(Bytes frame, Fcs fcs) noexcept {
  return frame.first(frame.size() - fcs_size(fcs));
}

}  // namespace

Decoder::Decoder(std::size_t max_content, const Machine& machine)
    : machine_{machine}, max_content_{max_content}, buffer_(buffer_size(max_content)) {}

void Decoder::reset() noexcept {
  state_ = State::Hunting;
  size_ = 0;
}

void Decoder::feed(Bytes wire, FrameSink& sink) noexcept {
  while (!wire.empty()) wire = state_ == State::Hunting ? hunt(wire) : collect(wire, sink);
}

/// Skips to the flag that opens a frame.
Bytes Decoder::hunt(Bytes wire) noexcept {
  const auto flag = std::find(wire.begin(), wire.end(), kFlag);
  const auto skipped = static_cast<std::size_t>(flag - wire.begin());
  counters_.noise += skipped;
  if (skipped == wire.size()) return {};
  begin_frame();
  return wire.subspan(skipped + 1);
}

/// Takes octets of a frame, at most up to its end; returns those left.
Bytes Decoder::collect(Bytes wire, FrameSink& sink) noexcept {
  if (state_ == State::InFrame) {
    const auto easy = machine_.unescape(wire, accm_, MutableBytes{buffer_}.subspan(size_));
    size_ += easy.written;
    wire = wire.subspan(easy.taken);
  }
  if (size_ <= room()) wire = take(wire);
  if (size_ > room()) {
    ++counters_.too_long;
    reset();
  } else if (!wire.empty() && wire[0] == kFlag) {
    flag(sink);
    wire = wire.subspan(1);
  }
  return wire;
}

/// Takes octets one by one: a few, or those before a flag. One that the map has was inserted on the
/// way, even if it stands behind an escape (RFC 1662 §4.2).
Bytes Decoder::take(Bytes wire) noexcept {
  auto* const begin = buffer_.data() + size_;
  auto* to = begin;
  bool escaped = state_ == State::Escaped;
  std::size_t taken = 0;
  for (const auto octet : wire.first(std::min(wire.size(), kByHand))) {
    if (octet == kFlag) break;
    ++taken;
    if (accm_.has(octet)) continue;
    const bool escape = octet == kEscape && !escaped;
    if (!escape) *to++ = escaped ? octet ^ kEscapeBit : octet;
    escaped = escape;
  }
  size_ += static_cast<std::size_t>(to - begin);
  state_ = escaped ? State::Escaped : State::InFrame;
  return wire.subspan(taken);
}

/// A flag ends a frame, or aborts it where an escape stands before (RFC 1662 §4.3); either way it
/// opens the next one.
void Decoder::flag(FrameSink& sink) noexcept {
  if (state_ == State::Escaped) {
    ++counters_.aborted;
  } else {
    end_frame(sink);
  }
  begin_frame();
}

void Decoder::begin_frame() noexcept {
  state_ = State::InFrame;
  size_ = 0;
  if (const auto size = buffer_size(max_content_); buffer_.size() != size) buffer_.resize(size);
}

void Decoder::end_frame(FrameSink& sink) noexcept {
  if (size_ == 0) return;  // flags back to back are time fill, not frames
  const auto frame = Bytes{buffer_}.first(size_);
  if (frame.size() < kMinContent + fcs_size(fcs_)) {
    ++counters_.too_short;
    return;
  }
  const auto content = content_of(frame);
  if (!content) {
    ++counters_.bad_fcs;
  } else if (content->size() > room() - kMaxFcsSize) {
    ++counters_.too_long;
  } else {
    ++counters_.frames;
    sink.frame(*content);
  }
}

/// `frame` without its FCS; nothing if that is wrong. set_fcs() says which it may be.
std::optional<Bytes> Decoder::content_of(Bytes frame) const noexcept {
  const auto good16 = [&] { return machine_.fcs16(frame, kInitialFcs16) == kGoodFcs16; };
  switch (fcs_) {
    case Fcs::Ccitt16:
      if (!good16()) return std::nullopt;
      return without_fcs(frame, Fcs::Ccitt16);
    case Fcs::Ccitt32:
      if (machine_.fcs32(frame, kInitialFcs32) == kGoodFcs32) {
        return without_fcs(frame, Fcs::Ccitt32);
      }
      break;
    case Fcs::None: {
      const auto kind = kind_of(frame);
      if (kind == Kind::Data) return frame;
      if (good16()) return without_fcs(frame, Fcs::Ccitt16);
      return kind == Kind::Maintenance ? std::optional{frame} : std::nullopt;
    }
  }
  if (is_lcp(frame) && good16()) return without_fcs(frame, Fcs::Ccitt16);
  return std::nullopt;
}

}  // namespace tunnel::hdlc
