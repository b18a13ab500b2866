#include "routes/repair_brake.hpp"

namespace tunnel::routes {

bool RepairBrake::is_over(const Repair& repair, TimePoint now) {
  const bool made = !repair.made.empty() && now - repair.made.back() < kWindow;
  const bool refused = repair.refused && now - *repair.refused < kWindow;
  return !made && !refused;
}

bool RepairBrake::admit(const Change& change, TimePoint now) {
  std::erase_if(repairs_, [now](const auto& entry) { return is_over(entry.second, now); });
  auto& repair = repairs_[describe(change)];
  while (!repair.made.empty() && now - repair.made.front() >= kWindow) repair.made.pop_front();
  if (repair.made.size() >= kMost) {
    repair.refused = now;
    return false;
  }
  repair.made.push_back(now);
  return true;
}

std::vector<std::string> RepairBrake::contested(TimePoint now) const {
  std::vector<std::string> found;
  for (const auto& [description, repair] : repairs_) {
    if (repair.refused && now - *repair.refused < kWindow) found.push_back(description);
  }
  return found;
}

}  // namespace tunnel::routes
