#include "pppd-bridge/vendor/demultiplexer.hpp"

#include "pppd-bridge/hdlc/accm.hpp"

#include <algorithm>

namespace tunnel::vendor {

std::size_t Demultiplexer::feed(MutableBytes stream) {
  std::size_t used = 0;
  while (used < stream.size()) {
    const auto rest = stream.subspan(used);
    const bool ours = accepting_ && between_frames_ && rest[0] == kMarker;
    const auto taken = ours ? feed_vendor_frame(rest) : feed_decoder(rest);
    if (taken == 0) break;
    used += taken;
  }
  return used;
}

/// Up to the next flag, behind which a frame of our own may begin; all of it, where none may.
std::size_t Demultiplexer::feed_decoder(MutableBytes stream) {
  const auto flag = std::find(stream.begin(), stream.end(), hdlc::kFlag);
  const auto last = accepting_ ? flag : stream.end();
  const bool to_flag = last != stream.end();
  const auto size = static_cast<std::size_t>(last - stream.begin()) + (to_flag ? 1 : 0);
  decoder_.feed(stream.first(size), frames_);
  between_frames_ = stream[size - 1] == hdlc::kFlag;
  return size;
}

std::size_t Demultiplexer::feed_vendor_frame(MutableBytes stream) {
  if (stream.size() < kHeaderSize) return 0;
  const auto header = read_header(stream.first(kHeaderSize));
  if (!header) {
    ++bad_headers_;
    return feed_decoder(stream);
  }
  const auto size = kHeaderSize + header->length;
  if (stream.size() < size) return 0;
  if (header->kind != Kind::Acknowledgement) octets_ += size;
  vendor_frames_.vendor_frame(*header, stream.subspan(kHeaderSize, header->length));
  return size;
}

}  // namespace tunnel::vendor
