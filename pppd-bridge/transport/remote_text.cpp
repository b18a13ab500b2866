#include "pppd-bridge/transport/remote_text.hpp"

#include "tunneld/base/escape.hpp"

#include <algorithm>
#include <utility>

namespace tunnel::transport {

void RemoteText::feed(Bytes bytes) {
  lines_.feed(bytes, [this](std::string_view line) { add_line(line); });
}

void RemoteText::finish() {
  lines_.finish([this](std::string_view line) { add_line(line); });
}

void RemoteText::add_line(std::string_view line) {
  if (line.empty()) return;
  if (ready_.size() < kBurst) {
    ready_.push_back(escape_text(line, kMaxLine));
  } else {
    ++omitted_;
  }
}

std::vector<std::string> RemoteText::take(TimePoint now) {
  if (ready_.empty() && omitted_ == 0) return {};
  const auto earned = static_cast<std::size_t>((now - refilled_) / kPause);
  if (earned > 0) {
    tokens_ = std::min(kBurst, tokens_ + earned);
    refilled_ = now;
  }
  std::vector<std::string> out;
  const auto allowed = std::min(tokens_, ready_.size());
  omitted_ += ready_.size() - allowed;
  out.assign(std::make_move_iterator(ready_.begin()),
             std::make_move_iterator(ready_.begin() + static_cast<std::ptrdiff_t>(allowed)));
  ready_.clear();
  tokens_ -= allowed;
  if (omitted_ > 0 && tokens_ > 0) {
    --tokens_;
    out.push_back("(" + std::to_string(std::exchange(omitted_, 0)) + " more lines left out)");
  }
  return out;
}

}  // namespace tunnel::transport
