#pragma once

#include <cstddef>

namespace tunnel::transport {

/// The memory of one session of a C library: zeroed before use, overwritten after it, each piece of
/// bounded size, and freed as a whole in the end, whatever the library has forgotten.
class SessionHeap {
 public:
  /// libssh2's largest honest request is a packet of 40,000 bytes.
  static constexpr std::size_t kMaxPiece = 1024 * 1024;

  SessionHeap() noexcept;
  SessionHeap(const SessionHeap&) = delete;
  SessionHeap& operator=(const SessionHeap&) = delete;
  ~SessionHeap();

  /// malloc, realloc and free, with nullptr for more than kMaxPiece.
  void* allocate(std::size_t size) noexcept;
  void* reallocate(void* memory, std::size_t size) noexcept;
  void release(void* memory) noexcept;

 private:
  /// Before every piece; a ring through all of them.
  struct alignas(std::max_align_t) Header {
    Header* previous;
    Header* next;
    std::size_t size;
  };

  void drop(Header* header) noexcept;

  Header ring_;
};

}  // namespace tunnel::transport
