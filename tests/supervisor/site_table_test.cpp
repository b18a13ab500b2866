// Both tables against tests/data/site_table.txt, cell by cell.

#include "tunneld/supervisor/site_table.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <fstream>
#include <map>
#include <set>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

namespace tunnel::supervisor {
namespace {

constexpr std::array kStages{State::Resolve, State::Connect, State::HostKey, State::Auth,
                             State::Lcp,     State::PppAuth, State::Ncp};

constexpr std::array<std::string_view, 17> kActionNames{"",
                                                        "open-device",
                                                        "remove-device",
                                                        "start-bridge",
                                                        "grant-claim",
                                                        "refuse-claim",
                                                        "stop-bridge",
                                                        "kill-bridge",
                                                        "take-up",
                                                        "take-down",
                                                        "arm-stage",
                                                        "arm-retry",
                                                        "arm-longest",
                                                        "arm-brake",
                                                        "arm-close",
                                                        "disarm",
                                                        "forget-failures"};
static_assert(kActionNames[static_cast<std::size_t>(Action::ForgetFailures)] == "forget-failures");

/// "waiting  kill-bridge arm-retry"; empty: ignored.
std::string notation(const Cell& cell) {
  if (!cell.legal) return {};
  std::string text{name(cell.next)};
  for (const auto action : cell.actions) {
    if (action != Action::None) {
      text.append(" ").append(kActionNames[static_cast<std::size_t>(action)]);
    }
  }
  return text;
}

/// What the file says: (event, state) -> cell, as notation() has it.
using Written = std::map<std::pair<std::string, std::string>, std::string>;

std::vector<std::string> states_named(const std::string& word) {
  if (word != "stages") return {word};
  std::vector<std::string> names;
  for (const auto stage : kStages) names.emplace_back(name(stage));
  return names;
}

/// The tables in the file, by their names.
std::map<std::string, Written> written_tables() {
  std::map<std::string, Written> tables;
  std::ifstream file{TUNNEL_SOURCE_DIR "/tests/data/site_table.txt"};
  EXPECT_TRUE(file);
  std::string table;
  std::string event;
  for (std::string line; std::getline(file, line);) {
    if (line.empty() || line.front() == '#') continue;
    std::istringstream words{line};
    std::string first;
    words >> first;
    if (first == "dial" || first == "answer") {
      table = first;
    } else if (line.front() != ' ') {
      event = first;
    } else {
      std::string arrow;
      std::string cell;
      words >> arrow >> cell;
      EXPECT_EQ(arrow, "->") << line;
      for (std::string action; words >> action;) cell += ' ' + action;
      for (const auto& state : states_named(first)) {
        const bool is_new = tables[table].emplace(std::pair{event, state}, cell).second;
        EXPECT_TRUE(is_new) << table << ": " << event << " in " << state << " stands there twice";
      }
    }
  }
  return tables;
}

void compare(const Table& table, Written written) {
  for (std::size_t e = 0; e < kEvents; ++e) {
    for (std::size_t s = 0; s < kStates; ++s) {
      const std::pair cell{std::string{name(static_cast<Event>(e))},
                           std::string{name(static_cast<State>(s))}};
      const auto found = written.extract(cell);
      EXPECT_EQ(notation(table[e][s]), found ? found.mapped() : std::string{})
          << cell.first << " in " << cell.second;
    }
  }
  for (const auto& [cell, text] : written) {
    ADD_FAILURE() << "no such cell: " << cell.first << " in " << cell.second;
  }
}

TEST(SiteTable, OfTheEndThatDialsIsTheOneInTheFile) {
  compare(kDialTable, written_tables()["dial"]);
}

TEST(SiteTable, OfTheEndThatAnswersIsTheOneInTheFile) {
  compare(kAnswerTable, written_tables()["answer"]);
}

TEST(SiteTable, NamesOfStatesAndEventsDiffer) {
  std::set<std::string_view> states;
  for (std::size_t i = 0; i < kStates; ++i) states.insert(name(static_cast<State>(i)));
  EXPECT_EQ(states.size(), kStates);
  std::set<std::string_view> events;
  for (std::size_t i = 0; i < kEvents; ++i) events.insert(name(static_cast<Event>(i)));
  EXPECT_EQ(events.size(), kEvents);
}

/// The states that a table can be in, starting from Down.
std::set<State> reachable(const Table& table) {
  std::set<State> found{State::Down};
  for (std::size_t size = 0; size != found.size();) {
    size = found.size();
    for (const auto& row : table) {
      for (const auto state : std::set<State>{found}) {
        const auto& cell = row[static_cast<std::size_t>(state)];
        if (cell.legal) found.insert(cell.next);
      }
    }
  }
  return found;
}

TEST(SiteTable, ReachesEveryStateButThatADiallerDoesNotListen) {
  const auto dial = reachable(kDialTable);
  EXPECT_EQ(dial.size(), kStates - 1);
  EXPECT_FALSE(dial.contains(State::Listening));
  EXPECT_EQ(reachable(kAnswerTable).size(), kStates);
}

bool runs(const Cell& cell, Action wanted) {
  return std::find(cell.actions.begin(), cell.actions.end(), wanted) != cell.actions.end();
}

// Whatever takes the link out of Up takes the carrier away, and nothing else does.
TEST(SiteTable, TakesTheLinkDownExactlyWhenItLeavesUp) {
  for (const auto* table : {&kDialTable, &kAnswerTable}) {
    for (std::size_t e = 0; e < kEvents; ++e) {
      for (std::size_t s = 0; s < kStates; ++s) {
        const auto& cell = (*table)[e][s];
        if (!cell.legal) continue;
        const bool was_up = static_cast<State>(s) == State::Up;
        const bool is_up = cell.next == State::Up;
        EXPECT_EQ(runs(cell, Action::TakeDown), was_up && !is_up) << notation(cell);
        EXPECT_EQ(runs(cell, Action::TakeUp), !was_up && is_up) << notation(cell);
      }
    }
  }
}

}  // namespace
}  // namespace tunnel::supervisor
