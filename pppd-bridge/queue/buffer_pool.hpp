#pragma once

#include "tunneld/base/bytes.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

namespace tunnel::queue {

class BufferPool;

/// How a buffer's memory goes back to its pool.
struct GiveBack {
  BufferPool* pool = nullptr;
  std::uint32_t capacity = 0;

  void operator()(std::uint8_t* octets) const noexcept;
};

/// The octets of one packet, in memory that goes back to its pool.
class Buffer {
 public:
  /// No octets, of no pool.
  Buffer() noexcept = default;

  Bytes bytes() const noexcept { return {octets_.get() + begin_, size_}; }

  MutableBytes bytes() noexcept { return {octets_.get() + begin_, size_}; }

  std::size_t size() const noexcept { return size_; }

  /// Octets of memory that it occupies, whatever it holds.
  std::size_t capacity() const noexcept { return octets_.get_deleter().capacity; }

  /// The first `count` octets no longer belong to it (a header that was read with the packet).
  void remove_prefix(std::size_t count) noexcept;

  /// Only the first `size` octets belong to it from now on. They move to a smaller buffer where
  /// they fit one: a thousand acknowledgements, each read into a buffer for the largest packet,
  /// must not hold 64 MiB.
  void shrink(std::size_t size);

 private:
  friend class BufferPool;

  using Octets = std::unique_ptr<std::uint8_t[], GiveBack>;

  Buffer(Octets octets, std::size_t size) noexcept;

  Octets octets_;
  std::uint32_t begin_ = 0;
  std::uint32_t size_ = 0;
};

/// Buffers of a few sizes, used again and again: in the steady state nothing is allocated. It must
/// outlive its buffers.
class BufferPool {
 public:
  /// A packet of the largest size, and what a tun device and we put in front of it.
  static constexpr std::size_t kLargest = 64 * 1024 + 256;

  BufferPool() = default;
  BufferPool(const BufferPool&) = delete;
  BufferPool& operator=(const BufferPool&) = delete;
  ~BufferPool();

  /// A buffer of kLargest octets, to read a packet into. Their values are undefined.
  Buffer take() { return take(kLargest); }

  /// A buffer of `size` octets, at most kLargest.
  Buffer take(std::size_t size);

  /// Gives what no buffer uses back to the heap.
  void release_unused() noexcept;

  /// Octets of memory in all, used or not.
  std::size_t memory() const noexcept { return memory_; }

  /// Octets of memory that wait to be used again.
  std::size_t idle() const noexcept;

 private:
  friend class Buffer;
  friend struct GiveBack;

  struct SizeClass {
    std::size_t capacity;
    std::vector<std::unique_ptr<std::uint8_t[]>> idle;
  };

  SizeClass& class_for(std::size_t size) noexcept;
  void give_back(std::unique_ptr<std::uint8_t[]> octets, std::size_t capacity) noexcept;

  /// What a flow sends is mostly very small or very large. Between the two a packet wastes three
  /// quarters of its buffer at most, or less than is worth a copy of it.
  std::array<SizeClass, 4> classes_{{{512, {}}, {2048, {}}, {8192, {}}, {kLargest, {}}}};
  std::size_t memory_ = 0;
};

}  // namespace tunnel::queue
