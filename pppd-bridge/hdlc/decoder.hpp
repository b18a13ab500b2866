#pragma once

#include "pppd-bridge/hdlc/accm.hpp"
#include "pppd-bridge/hdlc/fcs.hpp"
#include "pppd-bridge/hdlc/machine.hpp"
#include "tunneld/base/bytes.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

namespace tunnel::hdlc {

/// Takes the frames that a Decoder finds. It may call the decoder's setters, not feed().
class FrameSink {
 public:
  /// One frame that is whole, as far as its FCS tells: address, control, protocol and information,
  /// unescaped, without the FCS. The bytes are valid during the call only.
  virtual void frame(Bytes content) = 0;

 protected:
  ~FrameSink() = default;
};

/// What a Decoder has seen since it was made.
struct DecoderCounters {
  std::uint64_t frames = 0;     // delivered
  std::uint64_t bad_fcs = 0;    // damaged, or text that is no PPP at all
  std::uint64_t too_short = 0;  // fewer than 2 octets and the FCS between flags (RFC 1662 §4.3)
  std::uint64_t too_long = 0;   // beyond the limit
  std::uint64_t aborted = 0;    // 7d 7e (RFC 1662 §4.3)
  std::uint64_t noise = 0;      // octets skipped outside any frame: banners, what follows too_long
  bool operator==(const DecoderCounters&) const = default;
};

/// Finds RFC 1662 frames in a stream that may begin with anything, break anywhere and hold
/// garbage: after any damage the next flag starts afresh. Memory is one frame of the limit's size,
/// whatever the peer sends.
class Decoder {
 public:
  /// `max_content`: the longest content delivered, without FCS.
  explicit Decoder(std::size_t max_content, const Machine& machine = this_machine());

  /// Decodes `wire`, the next octets of the stream, and hands each whole frame to `sink`.
  void feed(Bytes wire, FrameSink& sink) noexcept;

  /// Octets to drop where they arrive unescaped (RFC 1662 §4.2); all controls until this is called.
  void set_receive_accm(Accm accm) noexcept { accm_ = accm; }

  /// Which FCS the peer sends, from the next frame's end on; FCS-16 until this is called.
  ///
  /// A peer that starts anew does so with FCS-16, whatever was agreed (RFC 1570 §2.1.1). So an LCP
  /// frame, which never has its header compressed and begins with ff 03 c0 21, is also taken with a
  /// good FCS-16, and any other that fails the agreed check is dropped. Where none was agreed,
  /// packets that configure and authenticate have an FCS-16 all the same, and are dropped without
  /// a good one (§2.1.2); LCP's others (echoes) may have one, and data has none.
  void set_fcs(Fcs fcs) noexcept { fcs_ = fcs; }

  /// Takes effect with the next frame.
  void set_max_content(std::size_t max_content) noexcept { max_content_ = max_content; }

  /// Forgets a partial frame and waits for a flag, as on a new connection.
  void reset() noexcept;

  const DecoderCounters& counters() const noexcept { return counters_; }

 private:
  enum class State : std::uint8_t { Hunting, InFrame, Escaped };

  Bytes hunt(Bytes wire) noexcept;
  Bytes collect(Bytes wire, FrameSink& sink) noexcept;
  void flag(FrameSink& sink) noexcept;
  Bytes take(Bytes wire) noexcept;
  void begin_frame() noexcept;
  void end_frame(FrameSink& sink) noexcept;
  std::optional<Bytes> content_of(Bytes frame) const noexcept;

  std::size_t room() const noexcept { return buffer_.size() - kOverrun; }

  const Machine& machine_;
  State state_ = State::Hunting;
  Fcs fcs_ = Fcs::Ccitt16;
  Accm accm_;
  std::size_t max_content_;
  std::size_t size_ = 0;  // octets of the frame so far, in buffer_
  std::vector<std::uint8_t> buffer_;
  DecoderCounters counters_;
};

}  // namespace tunnel::hdlc
