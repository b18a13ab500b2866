#include "tests/faults/trial.hpp"

#include <boost/json/serialize.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <stdexcept>
#include <utility>

namespace tunnel::test {

namespace json = boost::json;

namespace {

/// What is wanted is wanted of a machine that has nothing else to do; any other one gets so many
/// times as much, and what is beyond that is no machine's fault.
constexpr double kBusyMachine = 10;

/// What tunneld may have more in memory after a fault, in KiB: its log's tail, a buffer here and
/// there; nothing that comes again each time.
constexpr std::size_t kMoreMemory = 2048;

constexpr const char* kGateways[] = {"home", "labs"};

std::string name_of_running_test() {
  const auto* info = testing::UnitTest::GetInstance()->current_test_info();
  return std::string{info->test_suite_name()} + '.' + info->name();
}

}  // namespace

Trial::Trial(Fault fault, Bed& bed) : fault_{std::move(fault)}, bed_{bed} {
  for (const auto* gateway : kGateways) before_[gateway] = look_at(bed.world(), gateway);
  static_cast<void>(bed.leaks());
}

void Trial::begins() {
  if (!std::exchange(has_begun_, true)) first_packet_ = bed_.packets().next();
  begun_ = Clock::now();
}

const Figure& Trial::find(std::string_view figure) const {
  for (const auto& each : fault_.figures) {
    if (each.what == figure) return each;
  }
  throw std::runtime_error{"fault " + std::to_string(fault_.number) + " has no figure \"" +
                           std::string{figure} + '"'};
}

void Trial::record(const Figure& figure, double value) {
  figures_[figure.what] = {{"value", value}, {"wanted", figure.most}, {"unit", figure.unit}};
  std::cout << "#" << fault_.number << ' ' << fault_.name << ", " << figure.what << ": " << value
            << ' ' << figure.unit << " (wanted: " << figure.most << ")\n";
  const bool busy = figure.judged == Figure::Judged::OnBusyMachine;
  EXPECT_LE(value, busy ? figure.most * kBusyMachine : figure.most) << figure.what;
}

void Trial::reached(std::string_view figure, Clock::time_point when) {
  record(find(figure), std::chrono::duration<double, std::milli>(when - begun_).count());
}

void Trial::counted(std::string_view figure, double value) {
  record(find(figure), value);
}

void Trial::count_lost() {
  bed_.packets().goes_on();
  counted("lost", static_cast<double>(bed_.packets().lost_since(first_packet_)));
}

void Trial::finish(Limit limit) {
  bed_.settle(limit);
  check_invariants();
  write_line();
}

/// What is going away just now, as a descriptor that waits for a process to end, is not left: only
/// what stays is.
Remains Trial::look_again(const std::string& gateway) const {
  const auto end = Clock::now() + kPatience;
  for (;;) {
    auto now = look_at(bed_.world(), gateway);
    const bool clean = now.zombies == 0 && differences(before_.at(gateway), now).empty();
    if (clean || Clock::now() >= end) return now;
    bed_.packets().let_pass(100ms);
  }
}

void Trial::check_invariants() {
  const auto leaks = bed_.leaks();
  EXPECT_THAT(leaks, testing::IsEmpty()) << "in the clear";
  invariants_["cleartext"] = leaks.size();
  std::size_t stale = 0;
  std::size_t zombies = 0;
  std::int64_t memory = 0;
  for (const auto* gateway : kGateways) {
    const auto after = look_again(gateway);
    const auto found = differences(before_[gateway], after);
    EXPECT_THAT(found, testing::IsEmpty()) << "at " << gateway;
    stale += found.size();
    EXPECT_EQ(after.zombies, 0U) << "at " << gateway;
    zombies += after.zombies;
    EXPECT_LE(after.memory, before_[gateway].memory + kMoreMemory) << "KiB, at " << gateway;
    memory = std::max(memory, static_cast<std::int64_t>(after.memory) -
                                  static_cast<std::int64_t>(before_[gateway].memory));
  }
  invariants_["stale"] = stale;
  invariants_["zombies"] = zombies;
  invariants_["memory_kib"] = memory;
}

void Trial::write_line() const {
  const char* path = std::getenv("TUNNEL_FAULTS_RESULTS");
  if (path == nullptr) return;
  const json::object line{{"number", fault_.number},
                          {"fault", fault_.name},
                          {"expected", fault_.expected},
                          {"test", name_of_running_test()},
                          {"passed", !testing::Test::HasFailure()},
                          {"figures", figures_},
                          {"invariants", invariants_}};
  std::ofstream out{path, std::ios::app};
  if (!(out << json::serialize(line) << '\n' << std::flush)) fail_errno("write the results");
}

void break_and_mend(Trial& trial, Bed& bed, const std::function<void()>& inject) {
  auto watch = bed.world().watch("home");
  const auto count = number_of(watch.wait_for(is_state("up")), "established");
  trial.begins();
  inject();
  watch.wait_for([](const auto& site) { return text_of(site, "state") != "up"; });
  trial.reached("seen");
  watch.wait_for(is_established(count + 1), kTrialPatience);
  trial.reached("up");
}

}  // namespace tunnel::test
