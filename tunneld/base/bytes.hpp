#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

namespace tunnel {

using Bytes = std::span<const std::uint8_t>;
using MutableBytes = std::span<std::uint8_t>;

/// Reads big-endian fields from the front of a buffer it does not own.
/// A read past the end returns nullopt and consumes nothing.
class ByteReader {
 public:
  explicit constexpr ByteReader(Bytes data) noexcept : rest_{data} {}

  constexpr std::optional<std::uint8_t> u8() noexcept {
    const auto field = take(1);
    if (!field) return std::nullopt;
    return (*field)[0];
  }

  constexpr std::optional<std::uint16_t> u16() noexcept {
    const auto field = unsigned_field(2);
    if (!field) return std::nullopt;
    return static_cast<std::uint16_t>(*field);
  }

  constexpr std::optional<std::uint32_t> u32() noexcept {
    const auto field = unsigned_field(4);
    if (!field) return std::nullopt;
    return static_cast<std::uint32_t>(*field);
  }

  constexpr std::optional<std::uint64_t> u64() noexcept { return unsigned_field(8); }

  constexpr std::optional<Bytes> take(std::size_t count) noexcept {
    if (count > rest_.size()) return std::nullopt;
    const auto field = rest_.first(count);
    rest_ = rest_.subspan(count);
    return field;
  }

  constexpr Bytes rest() const noexcept { return rest_; }

  constexpr bool empty() const noexcept { return rest_.empty(); }

 private:
  constexpr std::optional<std::uint64_t> unsigned_field(std::size_t width) noexcept {
    const auto field = take(width);
    if (!field) return std::nullopt;
    std::uint64_t value = 0;
    for (const auto byte : *field) value = value << 8 | byte;
    return value;
  }

  Bytes rest_;
};

/// Appends big-endian fields to a buffer of its own.
class ByteWriter {
 public:
  constexpr void u8(std::uint8_t value) { out_.push_back(value); }

  constexpr void u16(std::uint16_t value) { unsigned_field(value, 2); }

  constexpr void u32(std::uint32_t value) { unsigned_field(value, 4); }

  constexpr void u64(std::uint64_t value) { unsigned_field(value, 8); }

  constexpr void bytes(Bytes value) { out_.insert(out_.end(), value.begin(), value.end()); }

  constexpr std::size_t size() const noexcept { return out_.size(); }

  /// Writes a 16-bit field again, once its value is known; `offset` is where u16() stood.
  constexpr void patch_u16(std::size_t offset, std::uint16_t value) {
    out_.at(offset) = static_cast<std::uint8_t>(value >> 8);
    out_.at(offset + 1) = static_cast<std::uint8_t>(value);
  }

  constexpr std::vector<std::uint8_t> finish() && { return std::move(out_); }

  constexpr Bytes view() const noexcept { return out_; }

 private:
  constexpr void unsigned_field(std::uint64_t value, int width) {
    for (int shift = (width - 1) * 8; shift >= 0; shift -= 8) {
      out_.push_back(static_cast<std::uint8_t>(value >> shift));
    }
  }

  std::vector<std::uint8_t> out_;
};

/// Text as bytes, without a cast: a copy.
inline std::vector<std::uint8_t> to_bytes(std::string_view text) {
  return std::vector<std::uint8_t>(text.begin(), text.end());
}

}  // namespace tunnel
