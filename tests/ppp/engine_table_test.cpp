// The running engine against the table: each state is reached by packets, each event is caused as
// the world would cause it, and what the engine then does is compared with the cell.

#include "pppd-bridge/ppp/lcp.hpp"
#include "tests/ppp/fake_link.hpp"
#include "tests/ppp/silent_output.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <string>
#include <vector>

namespace tunnel::ppp::test {
namespace {

using Effects = std::vector<std::string>;

/// LCP alone, its effects in the RFC's words.
class Engine final : private EngineOutput {
 public:
  Effects effects;
  std::vector<std::uint8_t> last_request;  // the whole packet

  void go_to(State state);
  void cause(Event event);

  State state() const { return lcp.state(); }

 private:
  void send_packet(const ControlProtocol&, Bytes packet) override {
    static const std::map<Code, std::string> kNames{
        {Code::ConfigureRequest, "scr"}, {Code::ConfigureAck, "sca"},
        {Code::ConfigureNak, "scn"},     {Code::ConfigureReject, "scn"},
        {Code::TerminateRequest, "str"}, {Code::TerminateAck, "sta"},
        {Code::CodeReject, "scj"},       {Code::EchoReply, "ser"}};
    effects.push_back(kNames.at(Code{packet[0]}));
    if (effects.back() == "scr") last_request.assign(packet.begin(), packet.end());
  }

  void layer_up(const ControlProtocol&, TimePoint) override { effects.emplace_back("tlu"); }

  void layer_down(const ControlProtocol&, TimePoint) override { effects.emplace_back("tld"); }

  void layer_finished(const ControlProtocol&, TimePoint) override { effects.emplace_back("tlf"); }

  void receive(Code code, std::uint8_t id, const std::vector<std::uint8_t>& data) {
    lcp.receive(control(code, id, data), now);
  }

  void answer(Code code) {
    receive(code, last_request.empty() ? std::uint8_t{0} : last_request[1],
            last_request.empty()
                ? last_request
                : std::vector<std::uint8_t>(last_request.begin() + 4, last_request.end()));
  }

  void time_out() {
    now = *lcp.deadline();
    lcp.expire(now);
  }

  void time_out_until(const std::string& effect) {
    while (effects.empty() || effects.back() != effect) {
      effects.clear();
      time_out();
    }
  }

  TimePoint now{};
  SilentOutput silent;
  PacketLog log{silent};
  SeededRandom random{1};
  AutomatonLimits limits;
  Lcp lcp{{}, {}, limits, *this, log, random};
};

void Engine::go_to(State state) {
  switch (state) {
    case State::Initial:
      return;
    case State::Starting:
      return cause(Event::Open);
    case State::Closed:
      go_to(State::Closing);
      return cause(Event::Rta);
    case State::Stopped:
      go_to(State::ReqSent);
      return time_out_until("tlf");
    case State::Closing:
      go_to(State::ReqSent);
      return cause(Event::Close);
    case State::Stopping:
      go_to(State::Opened);
      return cause(Event::RxjFatal);
    case State::ReqSent:
      go_to(State::Starting);
      return cause(Event::Up);
    case State::AckRcvd:
      go_to(State::ReqSent);
      return cause(Event::Rca);
    case State::AckSent:
      go_to(State::ReqSent);
      return cause(Event::RcrGood);
    case State::Opened:
      go_to(State::AckSent);
      return cause(Event::Rca);
  }
}

void Engine::cause(Event event) {
  switch (event) {
    case Event::Up:
      return lcp.up(now);
    case Event::Down:
      return lcp.down(now);
    case Event::Open:
      return lcp.open(now);
    case Event::Close:
      return lcp.close("done", now);
    case Event::TimeoutMore:
      return time_out();
    case Event::TimeoutLast:
      return time_out_until("tlf");
    case Event::RcrGood:
      return receive(Code::ConfigureRequest, 1, {5, 6, 1, 2, 3, 4});
    case Event::RcrBad:
      return receive(Code::ConfigureRequest, 2, {99, 2});
    case Event::Rca:
      return answer(Code::ConfigureAck);
    case Event::Rcn:
      return answer(Code::ConfigureReject);
    case Event::Rtr:
      return receive(Code::TerminateRequest, 3, {});
    case Event::Rta:
      return receive(Code::TerminateAck, 4, {});
    case Event::Ruc:
      return receive(Code{99}, 5, {});
    case Event::RxjPermitted:
      return receive(Code::CodeReject, 6, {12, 1, 0, 4});
    case Event::RxjFatal:
      return receive(Code::CodeReject, 7, {1, 1, 0, 4});
    case Event::Rxr:
      return receive(Code::EchoRequest, 8, {1, 2, 3, 4});
  }
}

/// What of a cell can be seen from outside.
Effects visible(const Cell& cell) {
  Effects names;
  for (const auto action : cell.actions) {
    switch (action) {
      case Action::None:
      case Action::Tls:
      case Action::Irc:
      case Action::Zrc:
        break;
      case Action::Tlu:
      case Action::Tld:
      case Action::Tlf:
      case Action::Scr:
      case Action::Sca:
      case Action::Scn:
      case Action::Str:
      case Action::Sta:
      case Action::Scj:
      case Action::Ser:
        names.emplace_back(action_name(action));
        break;
    }
  }
  return names;
}

/// Cells that no valid packet can reach: an answer to a request that was answered is not valid
/// (RFC 1661 §4.3, RCA), and in Ack-Rcvd the restart counter has just been set.
bool out_of_reach(State state, Event event) {
  const bool answered = state == State::AckRcvd || state == State::Opened;
  return (answered && (event == Event::Rca || event == Event::Rcn)) ||
         (state == State::AckRcvd && event == Event::TimeoutLast);
}

TEST(Engine, DoesWhatTheTableSaysInEveryStateOnEveryEvent) {
  std::size_t checked = 0;
  for (std::uint8_t s = 0; s < kStates; ++s) {
    for (std::uint8_t e = 0; e < kEvents; ++e) {
      const State state{s};
      const Event event{e};
      const auto& cell = transition(state, event);
      if (!cell.legal || out_of_reach(state, event)) continue;
      SCOPED_TRACE(std::string{event_name(event)} + " in " + std::string{state_name(state)});
      Engine engine;
      engine.go_to(state);
      ASSERT_EQ(engine.state(), state);
      engine.effects.clear();
      engine.cause(event);
      EXPECT_EQ(engine.state(), cell.next);
      EXPECT_EQ(engine.effects, visible(cell));
      ++checked;
    }
  }
  EXPECT_EQ(checked, 115U);  // 160 less 40 illegal ones and 5 out of reach
}

// RFC 1661 §4.3: "silently discarded, and do not affect the transitions".
TEST(Engine, DropsASecondAnswerToTheSameRequest) {
  for (const auto state : {State::AckRcvd, State::Opened}) {
    for (const auto event : {Event::Rca, Event::Rcn}) {
      Engine engine;
      engine.go_to(state);
      engine.effects.clear();
      engine.cause(event);
      EXPECT_EQ(engine.state(), state);
      EXPECT_TRUE(engine.effects.empty());
    }
  }
}

TEST(Engine, IsDeafWhileTheLayerBelowIsDown) {
  for (const auto state : {State::Initial, State::Starting}) {
    for (const auto event : {Event::RcrGood, Event::Rca, Event::Rtr, Event::Ruc, Event::Rxr}) {
      Engine engine;
      engine.go_to(state);
      engine.cause(event);
      EXPECT_EQ(engine.state(), state);
      EXPECT_TRUE(engine.effects.empty());
    }
  }
}

}  // namespace
}  // namespace tunnel::ppp::test
