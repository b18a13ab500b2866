#include "filter/ipmon/merger.hpp"

#include <utility>

namespace tunnel::filter::ipmon {

std::optional<Written> Merger::add(Record record, TimePoint now) {
  auto text = text_of(record);
  if (held_ && now < since_ + kPatience && text == held_->text) {
    held_->record.count += record.count;
    return std::nullopt;
  }
  since_ = now;
  return std::exchange(held_, Written{std::move(record), std::move(text)});
}

std::optional<Written> Merger::flush() {
  return std::exchange(held_, std::nullopt);
}

std::optional<TimePoint> Merger::deadline() const {
  if (!held_) return std::nullopt;
  return since_ + kPatience;
}

}  // namespace tunnel::filter::ipmon
