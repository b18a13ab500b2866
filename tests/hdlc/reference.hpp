#pragma once

#include "pppd-bridge/hdlc/decoder.hpp"
#include "pppd-bridge/hdlc/encoder.hpp"

#include <random>
#include <vector>

namespace tunnel::hdlc::test {

using Octets = std::vector<std::uint8_t>;

/// An FCS bit by bit, as RFC 1662 §C.2 and §C.3 define it; slow, and nothing in common with ours.
template <typename Word>
inline Word reference_fcs(Bytes data, Word fcs, Word polynomial) {
  for (const auto octet : data) {
    fcs = static_cast<Word>(fcs ^ octet);
    for (int bit = 0; bit < 8; ++bit) {
      fcs = static_cast<Word>((fcs & 1U) != 0 ? fcs >> 1 ^ polynomial : fcs >> 1);
    }
  }
  return fcs;
}

inline std::uint16_t reference_fcs16(Bytes data, std::uint16_t fcs = 0xffff) {
  return reference_fcs<std::uint16_t>(data, fcs, 0x8408);
}

inline std::uint32_t reference_fcs32(Bytes data, std::uint32_t fcs = 0xffff'ffff) {
  return reference_fcs<std::uint32_t>(data, fcs, 0xedb8'8320);
}

/// RFC 1662 §4.2, octet by octet.
inline void reference_escape(Bytes content, Accm accm, std::vector<std::uint8_t>& out) {
  for (const auto octet : content) {
    if (octet == 0x7d || octet == 0x7e || (octet < 0x20 && (accm.bits >> octet & 1U) != 0)) {
      out.push_back(0x7d);
      out.push_back(octet ^ 0x20);
    } else {
      out.push_back(octet);
    }
  }
}

/// What encode_frame() must write, with both flags.
inline Octets reference_encode(Bytes header, Bytes payload, FrameFormat format) {
  Octets content(header.begin(), header.end());
  content.insert(content.end(), payload.begin(), payload.end());
  const auto fcs = format.fcs == Fcs::Ccitt16 ? std::uint32_t{reference_fcs16(content)}
                                              : reference_fcs32(content);
  const int octets = format.fcs == Fcs::None ? 0 : format.fcs == Fcs::Ccitt16 ? 2 : 4;
  for (int i = 0; i < octets; ++i) content.push_back(static_cast<std::uint8_t>(~fcs >> 8 * i));
  Octets out{0x7e};
  reference_escape(content, format.accm, out);
  out.push_back(0x7e);
  return out;
}

/// Keeps what a decoder delivers.
class Frames final : public FrameSink {
 public:
  void frame(Bytes content) override { all.emplace_back(content.begin(), content.end()); }

  std::vector<Octets> all;
};

inline Octets encode(Bytes header, Bytes payload, FrameFormat format,
                     OpeningFlag opening = OpeningFlag::Written,
                     const Machine& machine = this_machine()) {
  Octets out(encoded_bound(header.size() + payload.size()));
  out.resize(encode_frame(header, payload, format, opening, out, machine));
  return out;
}

inline Octets random_octets(std::mt19937& random, std::size_t size) {
  Octets out(size);
  for (auto& octet : out) octet = static_cast<std::uint8_t>(random());
  return out;
}

inline Octets joined(std::initializer_list<Octets> parts) {
  Octets out;
  for (const auto& part : parts) out.insert(out.end(), part.begin(), part.end());
  return out;
}

inline const Octets kHeader{0xff, 0x03, 0x00, 0x21};

}  // namespace tunnel::hdlc::test
