#pragma once

#include <cstdint>
#include <vector>

namespace tunnel::queue {

/// A place in a vector of nodes.
using Index = std::uint32_t;

inline constexpr Index kNone = ~Index{0};

/// First in, first out, of nodes that lie in a vector and are linked by their member `next`: no
/// allocation, and the vector may grow.
class IndexList {
 public:
  bool empty() const noexcept { return front_ == kNone; }

  Index front() const noexcept { return front_; }

  template <typename Node>
  void push_back(std::vector<Node>& nodes, Index node) noexcept {
    nodes[node].next = kNone;
    if (empty()) {
      front_ = node;
    } else {
      nodes[back_].next = node;
    }
    back_ = node;
  }

  /// The list must not be empty.
  template <typename Node>
  Index pop_front(const std::vector<Node>& nodes) noexcept {
    const auto node = front_;
    front_ = nodes[node].next;
    return node;
  }

 private:
  Index front_ = kNone;
  Index back_ = kNone;
};

}  // namespace tunnel::queue
