#include "pppd-bridge/ppp/automaton.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <map>
#include <optional>
#include <sstream>
#include <string>
#include <vector>

namespace tunnel::ppp {
namespace {

/// The RFC's two half tables, as text: event -> the ten cells.
std::map<std::string, std::vector<std::string>> rfc_table() {
  std::map<std::string, std::vector<std::string>> rows;
  std::ifstream file{TUNNEL_SOURCE_DIR "/tests/data/rfc1661_table.txt"};
  std::string line;
  while (std::getline(file, line)) {
    const auto bar = line.find('|');
    if (bar == std::string::npos) continue;
    std::string event;
    std::istringstream{line.substr(0, bar)} >> event;
    if (event.empty() || event == "Events") continue;
    std::istringstream cells{line.substr(bar + 1)};
    for (std::string cell; cells >> cell;) rows[event].push_back(cell);
  }
  return rows;
}

/// A cell of ours in the RFC's notation.
std::string notation(const Cell& cell) {
  if (!cell.legal) return "-";
  std::string text;
  for (const auto action : cell.actions) {
    if (action == Action::None) continue;
    if (!text.empty()) text += ',';
    text += action_name(action);
  }
  if (!text.empty()) text += '/';
  text += std::to_string(static_cast<int>(cell.next));
  switch (cell.footnote) {
    case Footnote::None:
      break;
    case Footnote::Restart:
      text += 'r';
      break;
    case Footnote::Passive:
      text += 'p';
      break;
    case Footnote::Crossed:
      text += 'x';
      break;
  }
  return text;
}

TEST(Automaton, IsTheTableOfRfc1661InAll160Cells) {
  const auto rfc = rfc_table();
  ASSERT_EQ(rfc.size(), kEvents);
  std::size_t compared = 0;
  for (std::size_t event = 0; event < kEvents; ++event) {
    const std::string name{event_name(Event{static_cast<std::uint8_t>(event)})};
    ASSERT_TRUE(rfc.contains(name)) << name;
    ASSERT_EQ(rfc.at(name).size(), kStates) << name;
    for (std::size_t state = 0; state < kStates; ++state) {
      EXPECT_EQ(notation(kTable[event][state]), rfc.at(name)[state])
          << name << " in " << state_name(State{static_cast<std::uint8_t>(state)});
      ++compared;
    }
  }
  EXPECT_EQ(compared, 160U);
}

// RFC 1661 §4.2 says for each state whether the timer runs.
TEST(Automaton, RunsItsTimerInTheFiveStatesThatWait) {
  std::vector<State> running;
  for (std::uint8_t state = 0; state < kStates; ++state) {
    if (timer_runs(State{state})) running.push_back(State{state});
  }
  EXPECT_THAT(running, testing::ElementsAre(State::Closing, State::Stopping, State::ReqSent,
                                            State::AckRcvd, State::AckSent));
}

// A timer that cannot expire legally must not run, and the other way round.
TEST(Automaton, HasTimeoutsExactlyWhereTheTimerRuns) {
  for (std::uint8_t state = 0; state < kStates; ++state) {
    EXPECT_EQ(transition(State{state}, Event::TimeoutMore).legal, timer_runs(State{state}));
    EXPECT_EQ(transition(State{state}, Event::TimeoutLast).legal, timer_runs(State{state}));
  }
}

}  // namespace
}  // namespace tunnel::ppp
