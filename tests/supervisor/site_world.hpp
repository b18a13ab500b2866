#pragma once

#include "tunneld/supervisor/site_machine.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <functional>
#include <string>
#include <utility>
#include <vector>

namespace tunnel::supervisor::test {

using namespace std::chrono_literals;

inline constexpr std::array kStages{State::Resolve, State::Connect, State::HostKey, State::Auth,
                                    State::Lcp,     State::PppAuth, State::Ncp};

constexpr bool is_stage(State state) {
  return std::find(kStages.begin(), kStages.end(), state) != kStages.end();
}

/// The event by which a bridge says that it is in `stage`.
constexpr Event reached(State stage) {
  return static_cast<Event>(static_cast<int>(Event::ReachedResolve) + static_cast<int>(stage) -
                            static_cast<int>(State::Resolve));
}

static_assert(reached(State::Ncp) == Event::ReachedNcp);

/// One site's machine in virtual time, and a record of all that it asks for.
class SiteWorld final : private SiteOutput {
 public:
  explicit SiteWorld(ipc::Role role, ReconnectPolicy policy = {1s, 60s, 0},
                     const Patience& patience = patience_for({}))
      : machine{role, policy, patience, [this](std::uint64_t bound) { return luck(bound); },
                *this} {}

  void handle(Event event, std::string reason = {}) {
    did.clear();
    machine.handle(event, now, std::move(reason));
  }

  /// Lets time pass until the machine's deadline, and lets it expire.
  void expire() {
    did.clear();
    ASSERT_TRUE(machine.deadline());
    now = *machine.deadline();
    machine.expire(now);
  }

  /// How long the machine wants to wait from now; negative: for ever.
  Duration patience() const { return machine.deadline() ? *machine.deadline() - now : -1s; }

  /// Brings the machine from Down into `state`, and forgets what happened on the way.
  void bring_to(State state);

  State state() const { return machine.state(); }

  /// Every pause is the longest that jitter allows, unless a test wants another.
  std::function<std::uint64_t(std::uint64_t bound)> luck = [](auto bound) { return bound - 1; };
  TimePoint now{1000h};
  SiteMachine machine;
  std::vector<std::string> did;  // by the last event
  std::vector<Transition> changes;
  std::vector<std::string> alerts;

 private:
  void open_device() override { did.emplace_back("open-device"); }

  void remove_device() override { did.emplace_back("remove-device"); }

  void start_bridge() override { did.emplace_back("start-bridge"); }

  void grant_claim() override { did.emplace_back("grant-claim"); }

  void refuse_claim() override { did.emplace_back("refuse-claim"); }

  void stop_bridge() override { did.emplace_back("stop-bridge"); }

  void kill_bridge() override { did.emplace_back("kill-bridge"); }

  void take_up() override { did.emplace_back("take-up"); }

  void take_down() override { did.emplace_back("take-down"); }

  void alert(const std::string& reason) override { alerts.push_back(reason); }

  void changed(const Transition& transition) override { changes.push_back(transition); }
};

inline void SiteWorld::bring_to(State state) {
  if (state != State::Down) handle(Event::Start);
  const bool listening = machine.state() == State::Listening;
  if (listening && state != State::Listening) handle(Event::Claimed);
  if (is_stage(state)) handle(reached(state));
  if (state == State::Up) handle(Event::LinkUp);
  if (state == State::Waiting)
    handle(listening ? Event::LinkAbused : Event::LinkFailed, "no route to host");
  if (state == State::Closing) handle(Event::Stop);
  if (state == State::Restarting) handle(Event::Restart);
  ASSERT_EQ(machine.state(), state);
  did.clear();
  changes.clear();
}

class DialTest : public testing::Test {
 protected:
  SiteWorld site{ipc::Role::Dial};
};

class AnswerTest : public testing::Test {
 protected:
  SiteWorld site{ipc::Role::Answer};
};

/// The same, once for every state that a link can be in.
class DialInEveryState : public DialTest, public testing::WithParamInterface<State> {};

class AnswerInEveryState : public AnswerTest, public testing::WithParamInterface<State> {};

/// "host_key", for the name of a test.
inline std::string state_name(const testing::TestParamInfo<State>& state) {
  std::string text{name(state.param)};
  std::replace(text.begin(), text.end(), '-', '_');
  return text;
}

}  // namespace tunnel::supervisor::test
