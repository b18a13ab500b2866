#include "tunneld/supervisor/crash_brake.hpp"

#include <chrono>

namespace tunnel::supervisor {

namespace {

using namespace std::chrono_literals;

constexpr std::size_t kMostCrashes = 5;
constexpr auto kWithin = 60s;

}  // namespace

CrashBrake::Verdict CrashBrake::crashed(TimePoint now) {
  while (!recent_.empty() && now - recent_.front() > kWithin) recent_.pop_front();
  recent_.push_back(now);
  if (recent_.size() < kMostCrashes) return Verdict::GoOn;
  recent_.clear();
  return Verdict::Loop;
}

}  // namespace tunnel::supervisor
