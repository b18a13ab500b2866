#pragma once

#include "pppd-bridge/ppp/protocol.hpp"
#include "tunneld/base/bytes.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

// PPP Deflate (RFC 1979) over zlib: raw deflate, one history for the whole direction, each packet
// flushed and without the flush's last four octets, behind a sequence number of 16 bits.

namespace tunnel::ppp {

/// The base-two logarithm of the window's size.
struct DeflateWindow {
  std::uint8_t bits = 15;
  auto operator<=>(const DeflateWindow&) const = default;
};

/// RFC 1979 §3: network packets are compressed, control packets never.
constexpr bool compressible(Protocol protocol) noexcept {
  const auto number = static_cast<std::uint16_t>(protocol);
  return number < 0x4000 && protocol != Protocol::Compressed;
}

/// The sending half.
class Deflater {
 public:
  explicit Deflater(DeflateWindow window);
  ~Deflater();

  /// The Information field of a compressed datagram, valid until the next call; nullopt: it would
  /// be longer than the packet, which must be sent as it is, and the history has taken note of it.
  std::optional<Bytes> compress(Protocol protocol, Bytes packet);
  /// After a Reset-Request.
  void reset() noexcept;

 private:
  struct Stream;
  std::unique_ptr<Stream> stream_;
  std::vector<std::uint8_t> out_;
  std::uint16_t sequence_ = 0;
};

/// The receiving half. Its memory is the window and one packet of `max_packet` octets, whatever
/// the peer sends.
class Inflater {
 public:
  Inflater(DeflateWindow window, std::size_t max_packet);
  ~Inflater();

  /// Protocol field and packet of a compressed datagram's Information field, valid until the next
  /// call. nullopt: out of sequence, no deflate, or longer than `max_packet`; nothing can be read
  /// any more before reset().
  std::optional<Bytes> decompress(Bytes information);
  /// A packet came that was not compressed: the peer's history has it. False: as nullopt above.
  bool note_uncompressed(Protocol protocol, Bytes packet);
  /// After a Reset-Ack.
  void reset() noexcept;

  /// Whether anything can be read.
  bool intact() const noexcept { return intact_; }

 private:
  bool inflate_piece(Bytes piece, std::size_t& written);

  struct Stream;
  std::unique_ptr<Stream> stream_;
  std::vector<std::uint8_t> out_;
  std::vector<std::uint8_t> stored_;
  std::uint16_t sequence_ = 0;
  bool intact_ = true;
};

}  // namespace tunnel::ppp
