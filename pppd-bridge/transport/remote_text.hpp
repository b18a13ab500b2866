#pragma once

#include "pppd-bridge/transport/line_splitter.hpp"
#include "tunneld/base/bytes.hpp"
#include "tunneld/base/time.hpp"

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace tunnel::transport {

/// Makes log lines of what a stranger prints: escaped, of bounded length, and at most kBurst at
/// once and one every kPause after that. The rest is counted, and the count becomes a line.
class RemoteText {
 public:
  static constexpr std::size_t kMaxLine = 512;  // characters, after escaping
  static constexpr std::size_t kBurst = 20;
  static constexpr Duration kPause = std::chrono::milliseconds{500};

  /// Takes bytes as they come. Empty lines are dropped.
  void feed(Bytes bytes);

  /// One whole line.
  void add_line(std::string_view line);

  /// Nothing follows: what stands without an LF is a line too.
  void finish();

  /// The lines that may be logged at `now`.
  std::vector<std::string> take(TimePoint now);

 private:
  // One character more than is shown, so that a cut is marked.
  LineSplitter lines_{kMaxLine + 1};
  std::vector<std::string> ready_;
  std::size_t omitted_ = 0;
  std::size_t tokens_ = kBurst;
  TimePoint refilled_{};
};

}  // namespace tunnel::transport
