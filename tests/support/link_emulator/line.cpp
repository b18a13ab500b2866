#include "tests/support/link_emulator/line.hpp"

#include <unistd.h>

#include <algorithm>
#include <utility>

namespace tunnel::test {

namespace {

constexpr std::size_t kLargestPacket = 65'535;
constexpr int kPacketsInATurn = 64;  // before the other direction has its turn

}  // namespace

OneWay::OneWay(int from, int to) : from_{from}, to_{to}, scratch_(kLargestPacket) {}

void OneWay::set(const LinkSettings& settings) {
  link_ = Link{settings};
  on_the_way_.clear();
  arrived_ = lost_ = overflown_ = 0;
}

std::vector<std::uint8_t> OneWay::copy_of(Bytes packet) {
  std::vector<std::uint8_t> out;
  if (!spare_.empty()) {
    out = std::move(spare_.back());
    spare_.pop_back();
  }
  out.assign(packet.begin(), packet.end());
  return out;
}

void OneWay::take(TimePoint now) {
  for (int i = 0; i < kPacketsInATurn; ++i) {
    const auto size = ::read(from_, scratch_.data(), scratch_.size());
    if (size <= 0) return;
    const auto packet = Bytes{scratch_}.first(static_cast<std::size_t>(size));
    const auto passage = link_.offer(packet.size(), now);
    if (passage.fate == Fate::Arrives) {
      on_the_way_.push_back({passage.arrival, copy_of(packet)});
    } else {
      ++(passage.fate == Fate::Lost ? lost_ : overflown_);
    }
  }
}

void OneWay::hand_over(TimePoint now) {
  while (!on_the_way_.empty() && on_the_way_.front().arrival <= now) {
    auto& bytes = on_the_way_.front().bytes;
    // A host whose interface is down misses it, as it would on a wire.
    if (::write(to_, bytes.data(), bytes.size()) > 0) ++arrived_;
    spare_.push_back(std::move(bytes));
    on_the_way_.pop_front();
  }
}

std::optional<TimePoint> OneWay::deadline() const {
  if (on_the_way_.empty()) return std::nullopt;
  return on_the_way_.front().arrival;
}

std::string OneWay::statistics() const {
  return "arrived=" + std::to_string(arrived_) + " lost=" + std::to_string(lost_) +
         " overflown=" + std::to_string(overflown_);
}

Line::Line(UniqueFd left, UniqueFd right)
    : left_{std::move(left)},
      right_{std::move(right)},
      from_left_{left_.get(), right_.get()},
      from_right_{right_.get(), left_.get()} {}

void Line::set(const LinkCommand& command) {
  if (command.direction != Direction::RightToLeft) from_left_.set(settings_of_left(command));
  if (command.direction != Direction::LeftToRight) from_right_.set(settings_of_right(command));
}

void Line::run(TimePoint now) {
  for (auto* way : {&from_left_, &from_right_}) {
    way->take(now);
    way->hand_over(now);
  }
}

std::optional<TimePoint> Line::deadline() const {
  const auto a = from_left_.deadline();
  const auto b = from_right_.deadline();
  if (!a || !b) return a ? a : b;
  return std::min(*a, *b);
}

std::string Line::statistics() const {
  return "left " + from_left_.statistics() + " right " + from_right_.statistics();
}

}  // namespace tunnel::test
