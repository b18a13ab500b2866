#pragma once

#include "tunneld/base/bytes.hpp"
#include "tunneld/base/check.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>

namespace tunnel {

/// A contiguous queue of bytes with a capacity fixed at birth: filled at the back, emptied at the
/// front. Its memory is not touched before it is used, so an idle one costs little.
class ByteBuffer {
 public:
  explicit ByteBuffer(std::size_t capacity)
      : data_{new std::uint8_t[capacity]}, capacity_{capacity} {}

  std::size_t size() const noexcept { return end_ - begin_; }

  bool empty() const noexcept { return begin_ == end_; }

  /// Bytes that may be appended, after the contents are moved to the front if need be.
  std::size_t free() const noexcept { return capacity_ - size(); }

  Bytes readable() const noexcept { return Bytes{data_.get() + begin_, size()}; }

  MutableBytes contents() noexcept { return MutableBytes{data_.get() + begin_, size()}; }

  void consume(std::size_t count) noexcept {
    TUNNEL_DCHECK(count <= size());
    begin_ += count;
    if (begin_ == end_) begin_ = end_ = 0;
  }

  /// Room for at least `wanted` bytes, contiguous; `wanted` must not exceed free().
  MutableBytes prepare(std::size_t wanted) noexcept {
    TUNNEL_CHECK(wanted <= free());
    if (capacity_ - end_ < wanted) {
      std::copy(data_.get() + begin_, data_.get() + end_, data_.get());
      end_ -= begin_;
      begin_ = 0;
    }
    return MutableBytes{data_.get() + end_, capacity_ - end_};
  }

  /// The first `count` bytes of what prepare() returned now belong to the contents.
  void commit(std::size_t count) noexcept {
    TUNNEL_DCHECK(count <= capacity_ - end_);
    end_ += count;
  }

  void append(Bytes bytes) noexcept {
    const auto room = prepare(bytes.size());
    std::copy(bytes.begin(), bytes.end(), room.begin());
    commit(bytes.size());
  }

  void clear() noexcept { begin_ = end_ = 0; }

 private:
  std::unique_ptr<std::uint8_t[]> data_;
  std::size_t capacity_;
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
};

}  // namespace tunnel
