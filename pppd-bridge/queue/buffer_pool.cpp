#include "pppd-bridge/queue/buffer_pool.hpp"

#include "tunneld/base/check.hpp"

#include <algorithm>
#include <utility>

namespace tunnel::queue {

Buffer::Buffer(Octets octets, std::size_t size) noexcept
    : octets_{std::move(octets)}, size_{static_cast<std::uint32_t>(size)} {}

void GiveBack::operator()(std::uint8_t* octets) const noexcept {
  pool->give_back(std::unique_ptr<std::uint8_t[]>{octets}, capacity);
}

void Buffer::remove_prefix(std::size_t count) noexcept {
  TUNNEL_CHECK(count <= size_);
  begin_ += static_cast<std::uint32_t>(count);
  size_ -= static_cast<std::uint32_t>(count);
}

void Buffer::shrink(std::size_t size) {
  TUNNEL_CHECK(size <= size_);
  size_ = static_cast<std::uint32_t>(size);
  auto* const pool = octets_.get_deleter().pool;
  if (pool == nullptr || pool->class_for(size).capacity >= capacity()) return;
  auto smaller = pool->take(size);
  const auto kept = std::as_const(*this).bytes();
  std::copy(kept.begin(), kept.end(), smaller.bytes().begin());
  *this = std::move(smaller);
}

BufferPool::~BufferPool() {
  release_unused();
  TUNNEL_CHECK(memory_ == 0);  // a buffer is left that would come back here
}

Buffer BufferPool::take(std::size_t size) {
  auto& wanted = class_for(size);
  std::unique_ptr<std::uint8_t[]> octets;
  if (wanted.idle.empty()) {
    octets.reset(new std::uint8_t[wanted.capacity]);  // not make_unique: that would write to it
    memory_ += wanted.capacity;
  } else {
    octets = std::move(wanted.idle.back());
    wanted.idle.pop_back();
  }
  const GiveBack back{this, static_cast<std::uint32_t>(wanted.capacity)};
  return {Buffer::Octets{octets.release(), back}, size};
}

void BufferPool::release_unused() noexcept {
  for (auto& each : classes_) {
    memory_ -= each.capacity * each.idle.size();
    each.idle = decltype(each.idle){};  // not {}, which keeps the capacity
  }
}

std::size_t BufferPool::idle() const noexcept {
  std::size_t sum = 0;
  for (const auto& each : classes_) sum += each.capacity * each.idle.size();
  return sum;
}

BufferPool::SizeClass& BufferPool::class_for(std::size_t size) noexcept {
  TUNNEL_CHECK(size <= kLargest);
  return *std::find_if(classes_.begin(), classes_.end(),
                       [&](const auto& each) { return size <= each.capacity; });
}

void BufferPool::give_back(std::unique_ptr<std::uint8_t[]> octets, std::size_t capacity) noexcept {
  class_for(capacity).idle.push_back(std::move(octets));
}

}  // namespace tunnel::queue
