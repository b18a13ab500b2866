#include "tunneld/agent/message_assembler.hpp"

#include "tunneld/base/check.hpp"

#include <algorithm>
#include <utility>

namespace tunnel::agent {

std::size_t MessageAssembler::wanted() const noexcept {
  if (refused_) return 0;
  return length_octets_ < kLengthSize ? kLengthSize - length_octets_ : missing_;
}

void MessageAssembler::begin_message() {
  const auto length = *ByteReader{length_}.u32();
  refused_ = length == 0 || length > longest_;
  if (refused_) return;
  message_.reserve(length);
  missing_ = length;
}

void MessageAssembler::add(Bytes octets) {
  TUNNEL_CHECK(octets.size() <= wanted());
  if (length_octets_ == kLengthSize) {
    message_.insert(message_.end(), octets.begin(), octets.end());
    missing_ -= octets.size();
    return;
  }
  for (const auto octet : octets) length_[length_octets_++] = octet;
  if (length_octets_ == kLengthSize) begin_message();
}

std::vector<std::uint8_t> MessageAssembler::take() {
  TUNNEL_CHECK(complete());
  length_octets_ = 0;
  return std::exchange(message_, {});
}

}  // namespace tunnel::agent
