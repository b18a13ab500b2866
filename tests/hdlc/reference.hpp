#pragma once

#include "pppd-bridge/hdlc/decoder.hpp"
#include "pppd-bridge/hdlc/encoder.hpp"

#include <random>
#include <vector>

namespace tunnel::hdlc::test {

using Octets = std::vector<std::uint8_t>;

/// FCS-16 bit by bit, as RFC 1662 §C.2 defines it; slow, and nothing in common with ours.
inline std::uint16_t reference_fcs(Bytes data, std::uint16_t fcs = kInitialFcs) {
  for (const auto octet : data) {
    fcs = static_cast<std::uint16_t>(fcs ^ octet);
    for (int bit = 0; bit < 8; ++bit) {
      fcs = static_cast<std::uint16_t>((fcs & 1U) != 0 ? fcs >> 1 ^ 0x8408 : fcs >> 1);
    }
  }
  return fcs;
}

/// Keeps what a decoder delivers.
class Frames final : public FrameSink {
 public:
  void frame(Bytes content) override { all.emplace_back(content.begin(), content.end()); }

  std::vector<Octets> all;
};

inline Octets encode(Bytes header, Bytes payload, Accm accm,
                     OpeningFlag opening = OpeningFlag::Written) {
  Octets out(encoded_bound(header.size() + payload.size()));
  out.resize(encode_frame(header, payload, accm, opening, out));
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
