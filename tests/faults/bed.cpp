#include "tests/faults/bed.hpp"

#include <algorithm>
#include <stdexcept>

namespace tunnel::test {

namespace {

/// What a link must have lasted for the shortest pause, and what a rounded figure may hide.
constexpr double kLasting = 10.1;

/// TCP tries again after 0.2, 0.4, 0.8, ... s, so it goes on some time after the link is up.
constexpr Limit kTcpPatience = 60s;

}  // namespace

const World& Bed::started(const World& world, const Prepare& prepare) {
  if (prepare) prepare(world);
  world.start();
  return world;
}

Bed::Bed(SshClient client, const Prepare& prepare)
    : world_{client},
      uplinks_{started(world_, prepare)},
      packets_{world_, "client", "routera", "192.168.253.1"},
      connection_{world_, "client", "routera", "192.168.253.1"} {
  settle();
}

void Bed::let_it_last() {
  const auto lasted = world_.status("home").site.at("state_seconds").to_number<double>();
  if (lasted < kLasting) {
    packets_.let_pass(std::chrono::ceil<Limit>(std::chrono::duration<double>{kLasting - lasted}));
  }
}

void Bed::settle(Limit limit) {
  world_.wait_until_up("home", limit);
  world_.wait_until_up("labs", limit);
  packets_.goes_on(limit);
  connection_.goes_on(std::max(limit, kTcpPatience));
}

}  // namespace tunnel::test
