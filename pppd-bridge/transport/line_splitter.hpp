#pragma once

#include "tunneld/base/bytes.hpp"

#include <cstddef>
#include <string>
#include <string_view>

namespace tunnel::transport {

/// Cuts a stream into lines that end in LF, with or without CR. What is beyond `limit` characters
/// of a line is dropped as it comes.
class LineSplitter {
 public:
  explicit LineSplitter(std::size_t limit) : limit_{limit} {}

  template <typename Sink>
  void feed(Bytes bytes, Sink&& sink) {
    for (const auto byte : bytes) {
      if (byte == '\n') {
        finish(sink);
      } else if (line_.size() < limit_) {
        line_ += static_cast<char>(byte);
      }
    }
  }

  /// What stands without an LF is a line too.
  template <typename Sink>
  void finish(Sink&& sink) {
    std::string_view line{line_};
    while (line.ends_with('\r')) line.remove_suffix(1);
    sink(line);
    line_.clear();
  }

 private:
  std::size_t limit_;
  std::string line_;
};

}  // namespace tunnel::transport
