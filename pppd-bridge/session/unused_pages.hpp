#pragma once

#include <cstddef>
#include <vector>

namespace tunnel::session {

/// Hands back the memory that only start-up, or a burst of traffic, needed: code of the key
/// exchange and of the command line, and what the heap has left over. What is still needed comes
/// back from the page cache by itself. A gateway that holds hundreds of links has one of these
/// processes for each.
class UnusedPages {
 public:
  /// Looks up where the code is, once: a sandboxed process reads no file. No more is loaded later.
  UnusedPages();

  void release() const noexcept;

 private:
  struct Piece {
    void* begin = nullptr;
    std::size_t size = 0;
  };

  std::vector<Piece> code_;
};

}  // namespace tunnel::session
