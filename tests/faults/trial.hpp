#pragma once

#include "tests/faults/bed.hpp"

#include <boost/json/object.hpp>

#include <chrono>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace tunnel::test {

/// One figure that is measured, and what is wanted of it.
struct Figure {
  enum class Judged : std::uint8_t {
    OnBusyMachine,  // a time, say: with other things to do, a machine takes several times as long
    Exactly,        // a count, say, which no load excuses
  };

  const char* what;
  double most;
  const char* unit = "ms";
  Judged judged = Judged::OnBusyMachine;
};

constexpr Figure within(const char* what, Limit most) {
  return {what, static_cast<double>(most.count())};
}

/// What is spent, and not only what is waited, depends on what else the machine does.
constexpr Figure share_of_machine(const char* what, double most, const char* unit) {
  return {what, most, unit};
}

constexpr Figure at_most(const char* what, double most, const char* unit = "") {
  return {what, most, unit, Figure::Judged::Exactly};
}

/// One row of docs/faults.md.
struct Fault {
  int number;
  const char* name;
  const char* expected;
  std::vector<Figure> figures{};
};

/// One injection of a fault: takes the times, and looks afterwards whether all is as before. A line
/// of JSON for each goes to the file that $TUNNEL_FAULTS_RESULTS names.
class Trial {
 public:
  using Clock = std::chrono::steady_clock;

  /// Looks at both gateways, which are up.
  Trial(Fault fault, Bed& bed);

  /// From now on times are counted; may be called again, as when the fault heals.
  void begins();

  /// This is now; the name is that of one of the fault's figures.
  void reached(std::string_view figure) { reached(figure, Clock::now()); }

  void reached(std::string_view figure, Clock::time_point when);

  /// A figure that is no time.
  void counted(std::string_view figure, double value);

  /// Datagrams of the stream that were lost since begins() was called for the first time.
  void count_lost();

  /// Waits until all works again, and expects that nothing is left of the fault.
  void finish(Limit limit = kPatience);

 private:
  void record(const Figure& figure, double value);
  const Figure& find(std::string_view figure) const;
  Remains look_again(const std::string& gateway) const;
  void check_invariants();
  void write_line() const;

  Fault fault_;
  Bed& bed_;
  std::map<std::string, Remains> before_;
  Clock::time_point begun_{};
  std::uint64_t first_packet_ = 0;
  bool has_begun_ = false;
  boost::json::object figures_;
  boost::json::object invariants_;
};

/// Nothing that a trial waits for takes this long, on whatever machine.
inline constexpr Limit kTrialPatience = 60s;

/// Waits at HOME until the link has been lost and is there again, and takes the times "seen" and
/// "up". `inject` is called when somebody looks.
void break_and_mend(Trial& trial, Bed& bed, const std::function<void()>& inject);

}  // namespace tunnel::test
