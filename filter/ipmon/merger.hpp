#pragma once

#include "filter/ipmon/line.hpp"
#include "tunneld/base/time.hpp"

#include <chrono>
#include <optional>
#include <string>

namespace tunnel::filter::ipmon {

/// A record and its text_of(), which is dear to make.
struct Written {
  Record record{};
  std::string text{};

  /// Its line, with those of a dump.
  std::string line() const { return line_of(record.time, record.count, text); }
};

/// Makes one record of identical ones in a row, as ipmon(8) does of what it reads at once: the
/// time is that of the first. A record is kept back until another one comes, or until it is
/// kPatience old: a row that goes on is a line every kPatience.
class Merger {
 public:
  static constexpr std::chrono::milliseconds kPatience{200};

  /// The record that this one ends, if it does.
  std::optional<Written> add(Record record, TimePoint now);

  /// What is kept back, if anything is: when deadline() has come, and at the end.
  std::optional<Written> flush();

  /// Nothing is kept back: nullopt.
  std::optional<TimePoint> deadline() const;

 private:
  std::optional<Written> held_{};
  TimePoint since_{};
};

}  // namespace tunnel::filter::ipmon
