#pragma once

#include "tunneld/base/bytes.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace tunnel::agent {

/// Puts one message of a stream together. It takes no octet of the next one, so that whoever reads
/// no more than wanted() has never more than one message in hand.
class MessageAssembler {
 public:
  /// `longest`: of a message, without its length. Nothing is allocated before that is checked.
  explicit MessageAssembler(std::size_t longest) noexcept : longest_{longest} {}

  /// How many octets to read next; 0: the message is complete, or too long.
  std::size_t wanted() const noexcept;

  /// At most wanted() octets.
  void add(Bytes octets);

  /// Whether an octet of a message is there.
  bool begun() const noexcept { return length_octets_ > 0; }

  bool complete() const noexcept {
    return length_octets_ == kLengthSize && !refused_ && missing_ == 0;
  }

  /// Empty or longer than allowed: there is no going on.
  bool refused() const noexcept { return refused_; }

  /// The complete message, without its length; begins anew.
  std::vector<std::uint8_t> take();

 private:
  static constexpr std::size_t kLengthSize = 4;

  void begin_message();

  std::size_t longest_;
  std::array<std::uint8_t, kLengthSize> length_{};
  std::size_t length_octets_ = 0;
  std::vector<std::uint8_t> message_;
  std::size_t missing_ = 0;
  bool refused_ = false;
};

}  // namespace tunnel::agent
