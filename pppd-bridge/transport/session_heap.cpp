#include "pppd-bridge/transport/session_heap.hpp"

#include "tunneld/base/secret.hpp"

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <cstring>

namespace tunnel::transport {

SessionHeap::SessionHeap() noexcept : ring_{&ring_, &ring_, 0} {}

SessionHeap::~SessionHeap() {
  while (ring_.next != &ring_) drop(ring_.next);
}

void* SessionHeap::allocate(std::size_t size) noexcept {
  if (size > kMaxPiece) return nullptr;
  auto* const header = static_cast<Header*>(std::calloc(1, sizeof(Header) + size));
  if (header == nullptr) return nullptr;
  *header = {&ring_, ring_.next, size};
  ring_.next->previous = header;
  ring_.next = header;
  return header + 1;
}

void* SessionHeap::reallocate(void* memory, std::size_t size) noexcept {
  void* const larger = allocate(size);
  if (larger == nullptr || memory == nullptr) return larger;
  const auto* const header = static_cast<const Header*>(memory) - 1;
  std::memcpy(larger, memory, std::min(size, header->size));
  release(memory);
  return larger;
}

void SessionHeap::release(void* memory) noexcept {
  if (memory != nullptr) drop(static_cast<Header*>(memory) - 1);
}

void SessionHeap::drop(Header* header) noexcept {
  header->previous->next = header->next;
  header->next->previous = header->previous;
  wipe(MutableBytes{static_cast<std::uint8_t*>(static_cast<void*>(header + 1)), header->size});
  std::free(header);
}

}  // namespace tunnel::transport
