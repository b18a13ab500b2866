#pragma once

#include "pppd-bridge/hdlc/decoder.hpp"
#include "pppd-bridge/vendor/frame.hpp"
#include "tunneld/base/bytes.hpp"

#include <cstddef>
#include <cstdint>

namespace tunnel::vendor {

/// Takes the frames of our own that a Demultiplexer finds.
class FrameSink {
 public:
  /// The content is valid during the call only, and may be changed in place.
  virtual void vendor_frame(const Header& header, MutableBytes content) = 0;

 protected:
  ~FrameSink() = default;
};

/// Tells the two kinds of frames in a peer's stream apart, and hands those of RFC 1662 to a
/// decoder. Until accept_vendor_frames() everything is for the decoder.
///
/// A header that contradicts itself leaves no way to tell where its frame ends: what follows is for
/// the decoder, which counts it as damaged, until the next flag.
class Demultiplexer {
 public:
  Demultiplexer(hdlc::Decoder& decoder, hdlc::FrameSink& frames, FrameSink& vendor_frames)
      : decoder_{decoder}, frames_{frames}, vendor_frames_{vendor_frames} {}

  /// From now on, for ever: one that was sent before a new negotiation may arrive after it began.
  void accept_vendor_frames() noexcept { accepting_ = true; }

  /// Takes what it can, and returns how many octets that is. The rest, at most kMaxFrame of them,
  /// is the beginning of a frame: to be brought again, with more behind it.
  std::size_t feed(MutableBytes stream);

  /// Frames of our own whose header contradicts itself.
  std::uint64_t bad_headers() const noexcept { return bad_headers_; }

  /// Octets of whole frames of our own, headers included, but for acknowledgements.
  std::uint64_t octets() const noexcept { return octets_; }

 private:
  std::size_t feed_decoder(MutableBytes stream);
  std::size_t feed_vendor_frame(MutableBytes stream);

  hdlc::Decoder& decoder_;
  hdlc::FrameSink& frames_;
  FrameSink& vendor_frames_;
  bool accepting_ = false;
  bool between_frames_ = true;
  std::uint64_t bad_headers_ = 0;
  std::uint64_t octets_ = 0;
};

}  // namespace tunnel::vendor
