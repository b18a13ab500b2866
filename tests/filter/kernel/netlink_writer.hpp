#pragma once

#include "tunneld/base/bytes.hpp"

#include <bit>
#include <cstdint>
#include <functional>
#include <vector>

namespace tunnel::filter::kernel {

/// Messages as the kernel writes them: frames in the host's byte order, values big-endian.
class NetlinkWriter {
 public:
  using Octets = std::vector<std::uint8_t>;

  static Octets host(std::uint32_t value, std::size_t size) {
    Octets out;
    for (std::size_t i = 0; i < size; ++i) {
      const auto place = std::endian::native == std::endian::little ? i : size - 1 - i;
      out.push_back(static_cast<std::uint8_t>(value >> (8 * place)));
    }
    return out;
  }

  static Octets big(std::uint64_t value, std::size_t size) {
    Octets out;
    for (std::size_t i = size; i-- > 0;) out.push_back(static_cast<std::uint8_t>(value >> (8 * i)));
    return out;
  }

  NetlinkWriter& add(const Octets& octets) {
    out_.insert(out_.end(), octets.begin(), octets.end());
    return *this;
  }

  NetlinkWriter& attribute(unsigned type, const Octets& value) {
    add(host(static_cast<std::uint32_t>(value.size() + 4), 2)).add(host(type, 2)).add(value);
    while (out_.size() % 4 != 0) out_.push_back(0);
    return *this;
  }

  /// What is in it is NLA_F_NESTED.
  NetlinkWriter& nest(unsigned type, const NetlinkWriter& inner) {
    return attribute(type | 0x8000, inner.out_);
  }

  /// A message of type, flags and port, with this as its payload.
  Octets message(std::uint16_t type, std::uint16_t flags = 0, std::uint32_t port = 0) const {
    NetlinkWriter whole;
    whole.add(host(static_cast<std::uint32_t>(out_.size() + 16), 4)).add(host(type, 2));
    whole.add(host(flags, 2)).add(host(0, 4)).add(host(port, 4)).add(out_);
    return whole.out_;
  }

  const Octets& octets() const { return out_; }

 private:
  Octets out_;
};

}  // namespace tunnel::filter::kernel
