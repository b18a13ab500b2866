#pragma once

#include "pppd-bridge/hdlc/decoder.hpp"
#include "pppd-bridge/hdlc/encoder.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace tunnel::hdlc::test {

/// The codec as the books have it (RFC 1662 appendix C): an octet at a time, the FCS by one table.
/// Ours is compared with it, for what it does and for how long it takes.
template <typename Word, Word kPolynomial>
struct TextbookFcs {
  static constexpr std::array<Word, 256> kTable = [] {
    std::array<Word, 256> table{};
    for (unsigned octet = 0; octet < table.size(); ++octet) {
      Word fcs = static_cast<Word>(octet);
      for (int bit = 0; bit < 8; ++bit) {
        fcs = static_cast<Word>((fcs & 1U) != 0 ? fcs >> 1 ^ kPolynomial : fcs >> 1);
      }
      table[octet] = fcs;
    }
    return table;
  }();

  static Word step(Word fcs, std::uint8_t octet) noexcept {
    return static_cast<Word>(fcs >> 8 ^ kTable[(fcs ^ octet) & 0xffU]);
  }
};

using TextbookFcs16 = TextbookFcs<std::uint16_t, 0x8408>;
using TextbookFcs32 = TextbookFcs<std::uint32_t, 0xedb8'8320>;

inline std::uint8_t* textbook_put(std::uint8_t octet, std::uint32_t accm,
                                  std::uint8_t* out) noexcept {
  if ((octet < 0x20 && (accm >> octet & 1U) != 0) || octet == 0x7d || octet == 0x7e) {
    *out++ = 0x7d;
    octet ^= 0x20;
  }
  *out++ = octet;
  return out;
}

/// A frame with FCS-16 and both flags; returns its length.
inline std::size_t textbook_encode(Bytes header, Bytes payload, std::uint32_t accm,
                                   std::uint8_t* out) noexcept {
  const auto* const begin = out;
  std::uint16_t fcs = 0xffff;
  *out++ = 0x7e;
  for (const auto octet : header) {
    fcs = TextbookFcs16::step(fcs, octet);
    out = textbook_put(octet, accm, out);
  }
  for (const auto octet : payload) {
    fcs = TextbookFcs16::step(fcs, octet);
    out = textbook_put(octet, accm, out);
  }
  fcs = static_cast<std::uint16_t>(~fcs);
  out = textbook_put(static_cast<std::uint8_t>(fcs), accm, out);
  out = textbook_put(static_cast<std::uint8_t>(fcs >> 8), accm, out);
  *out++ = 0x7e;
  return static_cast<std::size_t>(out - begin);
}

/// Frames with FCS-16.
class TextbookDecoder {
 public:
  TextbookDecoder(std::size_t max_content, std::uint32_t accm)
      : accm_{accm}, buffer_(max_content + 2) {}

  void feed(Bytes wire, FrameSink& sink) noexcept {
    auto at = at_;  // in registers meanwhile
    auto* const buffer = buffer_.data();
    for (const auto octet : wire) {
      if (octet == 0x7e) {
        if (at.in_frame && !at.escaped && at.size >= 4 && at.fcs == 0xf0b8) {
          sink.frame(Bytes{buffer, at.size - 2});
        }
        at = {.in_frame = true};
      } else if (!at.in_frame || (octet < 0x20 && (accm_ >> octet & 1U) != 0)) {
        continue;
      } else if (octet == 0x7d && !at.escaped) {
        at.escaped = true;
      } else if (at.size == buffer_.size()) {
        at.in_frame = false;
      } else {
        const auto content = static_cast<std::uint8_t>(at.escaped ? octet ^ 0x20 : octet);
        at.escaped = false;
        at.fcs = TextbookFcs16::step(at.fcs, content);
        buffer[at.size++] = content;
      }
    }
    at_ = at;
  }

 private:
  struct Position {
    bool in_frame = false;
    bool escaped = false;
    std::uint16_t fcs = 0xffff;
    std::size_t size = 0;
  };

  std::uint32_t accm_;
  Position at_;
  std::vector<std::uint8_t> buffer_;
};

}  // namespace tunnel::hdlc::test
