// Random pairs of faults under traffic, for as long as $TUNNEL_SOAK_MINUTES says. What is drawn
// depends on $TUNNEL_SOAK_SEED alone.

#include "tests/faults/outage.hpp"
#include "tests/faults/trial.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <signal.h>

#include <cstdlib>
#include <functional>
#include <iostream>
#include <random>
#include <string>
#include <vector>

namespace tunnel::test {
namespace {

/// A repair that somebody undoes again and again waits for a minute, and is looked for every half;
/// TCP may by then be in a pause of a minute.
constexpr Limit kSoakPatience = 180s;

/// One that can come at any time, and that nobody mends but tunneld.
struct Mishap {
  const char* name;
  std::function<void(Bed&)> inject;
};

void kill_bridge(Bed& bed, const std::string& gateway) {
  const auto site = bed.world().status(gateway).site;
  if (!site.at("bridge_pid").is_null()) {
    ProcessHandle{static_cast<pid_t>(number_of(site, "bridge_pid"))}.kill();
  }
}

void restart_tunneld(Bed& bed, const std::string& gateway) {
  bed.world().stop(gateway, "tunneld", "KILL");
  bed.packets().let_pass(200ms);
  bed.world().start_tunneld(gateway);
}

void restart_sshd(Bed& bed) {
  bed.world().stop("labs", "sshd", "KILL");
  bed.packets().let_pass(200ms);
  bed.world().start_sshd();
}

void stop_for_a_while(Bed& bed, pid_t pid, Limit time) {
  const ProcessHandle process{pid};
  process.signal(SIGSTOP);
  bed.packets().let_pass(time);
  process.signal(SIGCONT);
}

/// One that may fail, as when the device is gone already.
void say(Bed& bed, const std::string& gateway, const std::string& line) {
  bed.world().shell(gateway, line + " 2>/dev/null || true");
}

std::vector<Mishap> mishaps() {
  std::vector<Mishap> all;
  for (const std::string gateway : {"home", "labs"}) {
    all.push_back({"kill -9 of a bridge", [=](Bed& bed) { kill_bridge(bed, gateway); }});
    all.push_back({"kill -9 of tunneld", [=](Bed& bed) { restart_tunneld(bed, gateway); }});
    all.push_back({"kill -9 of both", [=](Bed& bed) {
                     const auto site = bed.world().status(gateway).site;
                     if (site.at("bridge_pid").is_null()) return restart_tunneld(bed, gateway);
                     bed.world().kill_tunneld_and_bridge(
                         gateway, static_cast<pid_t>(number_of(site, "bridge_pid")));
                     bed.world().start_tunneld(gateway);
                   }});
    all.push_back({"SIGSTOP of tunneld for a second",
                   [=](Bed& bed) { stop_for_a_while(bed, bed.world().tunneld_pid(gateway), 1s); }});
    all.push_back(
        {"the tun is deleted", [=](Bed& bed) { say(bed, gateway, "ip link delete tun0"); }});
    all.push_back(
        {"the tun is set down", [=](Bed& bed) { say(bed, gateway, "ip link set tun0 down"); }});
    all.push_back(
        {"the rules are flushed", [=](Bed& bed) { say(bed, gateway, "nft flush ruleset"); }});
    all.push_back({"our routes are flushed",
                   [=](Bed& bed) { say(bed, gateway, "ip route flush proto 84 dev tun0"); }});
    all.push_back({"a reload", [=](Bed& bed) { bed.world().tunnelctl(gateway, {"reload"}); }});
  }
  all.push_back({"sshd is restarted", restart_sshd});
  all.push_back({"the uplink is away for a second", [](Bed& bed) {
                   say(bed, "internet", "ip link set home down");
                   bed.packets().let_pass(1s);
                   say(bed, "internet", "ip link set home up");
                 }});
  all.push_back({"a firewall swallows the outer TCP for five seconds", [](Bed& bed) {
                   const Outage outage{bed.world()};
                   outage.begin();
                   bed.packets().let_pass(5s);
                   outage.end();
                 }});
  return all;
}

unsigned long number_from(const char* variable, unsigned long otherwise) {
  const char* text = std::getenv(variable);
  return text == nullptr ? otherwise : std::stoul(text);
}

TEST(Soak, PairsOfFaultsLeaveNothing) {
  const auto seed = number_from("TUNNEL_SOAK_SEED", 1);
  const std::chrono::minutes time{number_from("TUNNEL_SOAK_MINUTES", 1)};
  std::cout << "seed " << seed << std::endl;
  std::mt19937 draw{static_cast<std::mt19937::result_type>(seed)};
  Bed bed;
  const auto all = mishaps();
  const auto end = std::chrono::steady_clock::now() + time;
  for (int pair = 1; std::chrono::steady_clock::now() < end && !HasFailure(); ++pair) {
    const auto& first = all[draw() % all.size()];
    const auto& second = all[draw() % all.size()];
    const auto between = Limit{draw() % 1000};
    const auto name = std::string{first.name} + ", " + second.name;
    std::cout << "pair " << pair << ": " << first.name << ", after " << between.count() << " ms "
              << second.name << std::endl;
    Trial trial{{0, name.c_str(), "all is as before", {}}, bed};
    trial.begins();
    first.inject(bed);
    bed.packets().let_pass(between);
    second.inject(bed);
    trial.finish(kSoakPatience);
  }
}

}  // namespace
}  // namespace tunnel::test
