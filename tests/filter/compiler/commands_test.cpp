// How a table in the kernel becomes another one.

#include "filter/nft/commands.hpp"

#include "filter/nft/expressions.hpp"

#include <boost/json/serialize.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace tunnel::filter::nft {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

Table table() {
  Table out{"t"};
  out.maps.push_back({"m", {"mark"}, "verdict", Map::Counters::Yes});
  out.maps[0].elements = {{Value(1), going_to("a")}, {Value(2), going_to("b")}};
  out.chains = {{"a", std::nullopt, {{accept()}}},
                {"b", std::nullopt, {{drop()}}},
                {"in", Hook{"filter", "prerouting", -90}, {{lead(meta("mark"), "m")}}}};
  return out;
}

/// "add chain b", one for each command.
std::vector<std::string> words(const boost::json::object& commands) {
  std::vector<std::string> out;
  for (const auto& command : commands.at("nftables").as_array()) {
    const auto& verb = *command.as_object().begin();
    const auto& kind = *verb.value().as_object().begin();
    const auto& what = kind.value().as_object();
    const auto* name = what.if_contains("name");
    if (name == nullptr) name = what.if_contains("chain");
    out.push_back(std::string{verb.key()} + ' ' + std::string{kind.key()} + ' ' +
                  std::string{name->as_string()});
  }
  return out;
}

TEST(Commands, ReplaceWhateverIsThere) {
  EXPECT_THAT(words(replace(table())),
              ElementsAre("add table t", "delete table t", "add table t", "add chain a",
                          "add chain b", "add chain in", "add map m", "add element m", "add rule a",
                          "add rule b", "add rule in"));
}

TEST(Commands, DoNothingAboutWhatIsTheSame) {
  EXPECT_THAT(words(change(table(), table())), IsEmpty());
  EXPECT_TRUE(empty(change(table(), table())));
}

TEST(Commands, ChangeOneChainAlone) {
  auto after = table();
  after.chains[1].rules = {{counter(), drop()}};
  EXPECT_THAT(words(change(table(), after)), ElementsAre("flush chain b", "add rule b"));
}

TEST(Commands, LeaveTheElementsThatStay) {
  auto after = table();
  after.maps[0].elements.pop_back();
  after.maps[0].elements.emplace_back(Value(3), going_to("a"));
  EXPECT_THAT(words(change(table(), after)), ElementsAre("delete element m", "add element m"));
}

TEST(Commands, AddAChainBeforeAnElementThatLeadsThere) {
  auto after = table();
  after.chains.push_back({"c", std::nullopt, {{accept()}}});
  after.maps[0].elements.emplace_back(Value(3), going_to("c"));
  EXPECT_THAT(words(change(table(), after)),
              ElementsAre("add chain c", "add element m", "add rule c"));
}

TEST(Commands, DeleteAChainWhenNothingLeadsThere) {
  auto after = table();
  after.chains.erase(after.chains.begin() + 1);
  after.maps[0].elements.pop_back();
  EXPECT_THAT(words(change(table(), after)),
              ElementsAre("delete element m", "flush chain b", "delete chain b"));
}

TEST(Commands, ReplaceATableWhoseHooksAreOthers) {
  auto after = table();
  after.chains[2].hook->priority = -80;
  EXPECT_EQ(words(change(table(), after)), words(replace(after)));
}

TEST(Commands, TakeATableAway) {
  EXPECT_THAT(words(remove("t")), ElementsAre("add table t", "delete table t"));
}

TEST(Change, OfCountersIsOneOfThem) {
  Table before{"t", {{"counter", "rule_1", {}}, {"counter", "rule_2", {}}}};
  Table after{"t", {{"counter", "rule_2", {}}, {"counter", "rule_3", {}}}};
  EXPECT_THAT(words(change(before, after)),
              ElementsAre("add counter rule_3", "delete counter rule_1"));
}

TEST(Change, LeavesAnObjectOfConntracksThatIsNotNeeded) {
  // libnftables 1.0.6 knows no command to delete one, and aborts.
  const Table before{"t", {{"ct timeout", "age", {{"protocol", "udp"}}}}};
  EXPECT_TRUE(empty(change(before, Table{"t"})));
}

}  // namespace
}  // namespace tunnel::filter::nft
