#include "pppd-bridge/ppp/deflate.hpp"

#include "tunneld/base/check.hpp"

#include <zlib.h>

#include <algorithm>
#include <array>

namespace tunnel::ppp {

namespace {

/// What a sync flush ends with, and RFC 1979 §2.3 leaves out: LEN and NLEN of an empty stored
/// block.
constexpr std::array<std::uint8_t, 4> kFlushTail{0x00, 0x00, 0xff, 0xff};
constexpr std::size_t kSequenceSize = 2;
constexpr int kMemoryLevel = 8;  // zlib's default

/// The protocol field as it is compressed: one octet where one does.
struct ProtocolField {
  std::array<std::uint8_t, 2> octets{};
  std::size_t size = 0;

  explicit ProtocolField(Protocol protocol) noexcept {
    const auto number = static_cast<std::uint16_t>(protocol);
    if (number > 0xff) octets[size++] = static_cast<std::uint8_t>(number >> 8);
    octets[size++] = static_cast<std::uint8_t>(number);
  }

  Bytes bytes() const noexcept { return Bytes{octets}.first(size); }
};

/// zlib asks for pointers to non-const, and writes through none of those of its input.
void set_input(z_stream& stream, Bytes input) noexcept {
  stream.next_in = const_cast<Bytef*>(input.data());
  stream.avail_in = static_cast<uInt>(input.size());
}

}  // namespace

struct Deflater::Stream {
  z_stream zlib{};
};

Deflater::Deflater(DeflateWindow window) : stream_{std::make_unique<Stream>()} {
  TUNNEL_CHECK(::deflateInit2(&stream_->zlib, Z_DEFAULT_COMPRESSION, Z_DEFLATED, -window.bits,
                              kMemoryLevel, Z_DEFAULT_STRATEGY) == Z_OK);
}

Deflater::~Deflater() {
  ::deflateEnd(&stream_->zlib);
}

void Deflater::reset() noexcept {
  ::deflateReset(&stream_->zlib);
  sequence_ = 0;
}

std::optional<Bytes> Deflater::compress(Protocol protocol, Bytes packet) {
  auto& zlib = stream_->zlib;
  const ProtocolField field{protocol};
  const auto whole = field.size + packet.size();
  out_.resize(kSequenceSize + ::deflateBound(&zlib, static_cast<uLong>(whole)) + kFlushTail.size() +
              16);
  out_[0] = static_cast<std::uint8_t>(sequence_ >> 8);
  out_[1] = static_cast<std::uint8_t>(sequence_);
  ++sequence_;
  zlib.next_out = out_.data() + kSequenceSize;
  zlib.avail_out = static_cast<uInt>(out_.size() - kSequenceSize);
  set_input(zlib, field.bytes());
  const bool begun = ::deflate(&zlib, Z_NO_FLUSH) == Z_OK;
  set_input(zlib, packet);
  const bool done = begun && ::deflate(&zlib, Z_SYNC_FLUSH) == Z_OK && zlib.avail_in == 0;
  TUNNEL_CHECK(done && zlib.avail_out > 0);  // deflateBound() has seen to it
  const auto size = out_.size() - zlib.avail_out - kFlushTail.size();
  // With its sequence number it must not be longer than the packet, which is within the peer's MRU.
  if (size > packet.size()) return std::nullopt;
  return Bytes{out_}.first(size);
}

struct Inflater::Stream {
  z_stream zlib{};
};

Inflater::Inflater(DeflateWindow window, std::size_t max_packet)
    : stream_{std::make_unique<Stream>()}, out_(max_packet + ProtocolField{Protocol{0xffff}}.size) {
  TUNNEL_CHECK(::inflateInit2(&stream_->zlib, -window.bits) == Z_OK);
}

Inflater::~Inflater() {
  ::inflateEnd(&stream_->zlib);
}

void Inflater::reset() noexcept {
  ::inflateReset(&stream_->zlib);
  sequence_ = 0;
  intact_ = true;
}

/// Inflates behind the `written` octets there are already; false: no deflate, or too much of it.
bool Inflater::inflate_piece(Bytes piece, std::size_t& written) {
  auto& zlib = stream_->zlib;
  set_input(zlib, piece);
  // One octet more than may be: what fills it is too long.
  std::uint8_t beyond = 0;
  while (zlib.avail_in > 0) {
    const bool full = written == out_.size();
    zlib.next_out = full ? &beyond : out_.data() + written;
    zlib.avail_out = full ? 1 : static_cast<uInt>(out_.size() - written);
    const auto room = zlib.avail_out;
    const auto status = ::inflate(&zlib, Z_SYNC_FLUSH);
    const auto produced = room - zlib.avail_out;
    if (full && produced > 0) return false;
    written += produced;
    // Z_STREAM_END: the peer has ended its stream, which RFC 1979 knows nothing of.
    if (status == Z_BUF_ERROR && produced == 0) break;
    if (status != Z_OK) return false;
  }
  return zlib.avail_in == 0;
}

std::optional<Bytes> Inflater::decompress(Bytes information) {
  if (!intact_) return std::nullopt;
  intact_ = false;
  ByteReader in{information};
  const auto sequence = in.u16();
  if (!sequence || *sequence != sequence_) return std::nullopt;
  std::size_t written = 0;
  if (!inflate_piece(in.rest(), written) || !inflate_piece(kFlushTail, written)) {
    return std::nullopt;
  }
  ++sequence_;
  intact_ = true;
  return Bytes{out_}.first(written);
}

/// The packet goes through the decompressor as a stored block (RFC 1951 §3.2.4), so that it stands
/// in the history.
bool Inflater::note_uncompressed(Protocol protocol, Bytes packet) {
  if (!intact_) return false;
  const ProtocolField field{protocol};
  const auto size = field.size + packet.size();
  if (size > out_.size() || size > 0xffff) return intact_ = false;
  const auto low = static_cast<std::uint8_t>(size);
  const auto high = static_cast<std::uint8_t>(size >> 8);
  stored_ = {0x00, low, high, static_cast<std::uint8_t>(~low), static_cast<std::uint8_t>(~high)};
  stored_.insert(stored_.end(), field.bytes().begin(), field.bytes().end());
  stored_.insert(stored_.end(), packet.begin(), packet.end());
  std::size_t written = 0;
  intact_ = inflate_piece(stored_, written);
  ++sequence_;
  return intact_;
}

}  // namespace tunnel::ppp
