#pragma once

namespace tunnel {

/// Deleter of a std::unique_ptr to what a C library has made, and frees by a function of its own.
template <auto Free>
struct Freed {
  template <typename T>
  void operator()(T* object) const noexcept {
    Free(object);
  }
};

}  // namespace tunnel
