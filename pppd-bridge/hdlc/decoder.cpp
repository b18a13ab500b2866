#include "pppd-bridge/hdlc/decoder.hpp"

#include "pppd-bridge/hdlc/copy_clean.hpp"
#include "pppd-bridge/hdlc/fcs.hpp"

#include <algorithm>

namespace tunnel::hdlc {

namespace {

constexpr std::size_t kMinFrame = 4;  // RFC 1662 §4.3, with its FCS

}  // namespace

Decoder::Decoder(std::size_t max_content)
    : max_content_{max_content}, buffer_(max_content + kFcsSize) {}

void Decoder::reset() noexcept {
  state_ = State::Hunting;
  size_ = 0;
}

void Decoder::feed(Bytes wire, FrameSink& sink) noexcept {
  while (!wire.empty()) {
    switch (state_) {
      case State::Hunting:
        wire = hunt(wire);
        break;
      case State::InFrame:
        // The sink may change the map: it is looked at again after every frame.
        wire = accm_.none() ? collect<false>(wire, sink) : collect<true>(wire, sink);
        break;
      case State::Escaped:
        wire = unescape(wire);
        break;
    }
  }
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

/// Takes octets up to the end of the frame, or of `wire`, or an escape that `wire` cuts in two.
template <bool kControls>
Bytes Decoder::collect(Bytes wire, FrameSink& sink) noexcept {
  constexpr auto kStop = kControls ? Stop::AtControlsToo : Stop::AtFlagOrEscape;
  while (!wire.empty()) {
    const auto room = MutableBytes{buffer_}.subspan(size_);
    const auto run = copy_clean<kStop>(wire.first(std::min(wire.size(), room.size())), room);
    size_ += run;
    wire = wire.subspan(run);
    if (wire.empty()) return wire;

    const auto octet = wire[0];
    wire = wire.subspan(1);
    if (octet == kFlag) {
      end_frame(sink);
      return wire;
    }
    if (octet == kEscape) {
      state_ = State::Escaped;
      if (!wire.empty()) wire = unescape(wire);
    } else if (!accm_.has(octet)) {
      append(octet);
    }
    if (state_ != State::InFrame) return wire;
  }
  return wire;
}

/// Takes the octet after an escape; a flag there aborts the frame and opens the next one.
Bytes Decoder::unescape(Bytes wire) noexcept {
  const auto octet = wire[0];
  if (accm_.has(octet)) return wire.subspan(1);  // inserted on the way: RFC 1662 §4.2
  if (octet == kFlag) {
    ++counters_.aborted;
    begin_frame();
  } else {
    state_ = State::InFrame;
    append(octet ^ kEscapeBit);
  }
  return wire.subspan(1);
}

void Decoder::append(std::uint8_t octet) noexcept {
  if (size_ == buffer_.size()) {
    ++counters_.too_long;
    reset();
    return;
  }
  buffer_[size_++] = octet;
}

void Decoder::begin_frame() noexcept {
  state_ = State::InFrame;
  size_ = 0;
  if (buffer_.size() != max_content_ + kFcsSize) buffer_.resize(max_content_ + kFcsSize);
}

void Decoder::end_frame(FrameSink& sink) noexcept {
  const auto frame = Bytes{buffer_}.first(size_);
  if (frame.empty()) {
    // Flags back to back are time fill, not frames.
  } else if (frame.size() < kMinFrame) {
    ++counters_.too_short;
  } else if (fcs16(frame) != kGoodFcs) {
    ++counters_.bad_fcs;
  } else {
    ++counters_.frames;
    sink.frame(frame.first(frame.size() - kFcsSize));
  }
  begin_frame();
}

}  // namespace tunnel::hdlc
