#include "tunneld/supervisor/rule_numbers.hpp"

#include "tests/base/temporary_directory.hpp"
#include "tests/filter/compiler/policy.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <map>
#include <string>
#include <vector>

namespace tunnel::supervisor {
namespace {

using filter::test::lists_of;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::Not;

constexpr std::uint32_t kMask = 0xffff;

class RuleNumbersFile : public testing::Test {
 protected:
  RuleNumbers loaded() {
    RuleNumbers made{file_};
    const auto read = made.load();
    EXPECT_TRUE(read) << read.error().message();
    return made;
  }

  /// The numbers of the rules of a policy that comes into force, in their order.
  static std::vector<std::uint32_t> in_force(RuleNumbers& numbers, const std::string& rules) {
    const auto lists = lists_of(rules);
    const auto all = begin(numbers, lists);
    EXPECT_TRUE(numbers.commit());
    return all;
  }

  static std::vector<std::uint32_t> begin(RuleNumbers& numbers, const filter::RuleLists& lists) {
    numbers.begin(lists, kMask);
    std::vector<std::uint32_t> all;
    for (const auto& list : lists.all()) {
      for (const auto& rule : list.rules) all.push_back(numbers.number(rule));
    }
    return all;
  }

  test::TemporaryDirectory directory_;
  std::filesystem::path file_ = directory_.path() / "rules.json";
};

TEST_F(RuleNumbersFile, KeepsTheNumberOfARuleThatSaysTheSameWhereverItStands) {
  auto numbers = loaded();
  const auto first = in_force(numbers, "pass in all\nblock in proto udp all\n");
  EXPECT_THAT(in_force(numbers, "block in proto udp all\npass in proto tcp all\npass in all\n"),
              ElementsAre(first[1], testing::AllOf(Not(first[0]), Not(first[1])), first[0]));
}

TEST_F(RuleNumbersFile, TellsRulesApartThatSayTheSame) {
  auto numbers = loaded();
  const auto first = in_force(numbers, "pass in all\npass in all\n");
  EXPECT_NE(first[0], first[1]);
  EXPECT_EQ(in_force(numbers, "pass in all\npass in all\n"), first);
}

TEST_F(RuleNumbersFile, OutlivesTheDaemon) {
  std::vector<std::uint32_t> first;
  {
    auto numbers = loaded();
    in_force(numbers, "pass in proto udp all\n");
    first = in_force(numbers,
                     "pass in proto udp all\nblock in all head 3\npass in proto tcp all "
                     "flags S keep state group 3\n");
  }
  auto numbers = loaded();
  EXPECT_EQ(in_force(numbers,
                     "pass in proto udp all\nblock in all head 3\npass in proto tcp all "
                     "flags S keep state group 3\n"),
            first);
}

TEST_F(RuleNumbersFile, RetiresRulesThatHaveLetFlowsIn) {
  auto numbers = loaded();
  const auto first =
      in_force(numbers, "pass in proto tcp all flags S keep state\npass in proto udp all\n");
  const auto lists = lists_of("block in all\n");
  EXPECT_THAT(begin(numbers, lists), ElementsAre(Not(first[0])));
  const auto gone = numbers.retired();
  ASSERT_EQ(gone.size(), 1U);
  EXPECT_EQ(gone[0].number, first[0]);
  EXPECT_EQ(gone[0].id.str(), "@0:1");
}

TEST_F(RuleNumbersFile, KnowsRetiredRulesAfterARestart) {
  const auto number = [&] {
    auto numbers = loaded();
    const auto all = in_force(numbers, "pass in log proto tcp all flags S keep state\n");
    in_force(numbers, "block in all\n");
    return all[0];
  }();
  auto numbers = loaded();
  const auto lists = lists_of("block in all\n");
  begin(numbers, lists);
  const auto gone = numbers.retired();
  ASSERT_EQ(gone.size(), 1U);
  EXPECT_EQ(gone[0].number, number);
  EXPECT_TRUE(gone[0].rule.log);
  // And the rule has its number when it comes back.
  EXPECT_THAT(in_force(numbers, "pass in log proto tcp all flags S keep state\n"),
              ElementsAre(number));
  begin(numbers, lists_of("pass in log proto tcp all flags S keep state\n"));
  EXPECT_THAT(numbers.retired(), IsEmpty());
}

TEST_F(RuleNumbersFile, IsAsItWasWhereAPolicyWasNotPutInForce) {
  auto numbers = loaded();
  const auto first = in_force(numbers, "pass in proto tcp all keep state\n");
  const auto lists = lists_of("block in all\n");
  begin(numbers, lists);
  EXPECT_EQ(in_force(numbers, "pass in proto tcp all keep state\n"), first);
  begin(numbers, lists_of("pass in proto tcp all keep state\n"));
  EXPECT_THAT(numbers.retired(), IsEmpty());
}

std::string service(int port) {
  return "pass in proto tcp from any to any port = " + std::to_string(port) + " keep state\n";
}

TEST_F(RuleNumbersFile, GivesNoNumberThatARetiredRuleHasAsLongAsThereAreOthers) {
  auto numbers = loaded();
  std::map<std::uint32_t, bool> seen;
  for (int i = 1; i <= 15; ++i) {
    const auto lists = lists_of(service(i));
    numbers.begin(lists, 15);
    const auto number = numbers.number(lists.all().front().rules.front());
    EXPECT_LE(number, 15U);
    EXPECT_TRUE(seen.emplace(number, true).second) << "of rule " << i;
    EXPECT_TRUE(numbers.commit());
  }
  // Then the rule that was retired first is forgotten.
  const auto lists = lists_of(service(16));
  numbers.begin(lists, 15);
  EXPECT_EQ(numbers.number(lists.all().front().rules.front()), 1U);
  EXPECT_EQ(numbers.retired().size(), 14U);
}

TEST_F(RuleNumbersFile, GivesNoNumberBeyondTheMaskThatFits) {
  auto numbers = loaded();
  std::string rules;
  for (int i = 1; i <= 16; ++i) rules += service(i);
  const auto lists = lists_of(rules);
  numbers.begin(lists, 15);
  EXPECT_LE(numbers.number(lists.all().front().rules[14]), 15U);
  EXPECT_GT(numbers.number(lists.all().front().rules[15]), 15U) << "there are none left";
}

TEST_F(RuleNumbersFile, IsLeftOutWhereItIsDamaged) {
  std::ofstream{file_} << "{\"rules\": [{\"number\": 7, \"place\": 1, \"rule\": "
                          "\"pass in all\"}, {\"number\": 0, \"rule\": \"pass in all\"}, 3, "
                          "{\"number\": 8, \"place\": 1, \"rule\": \"pass in nonsense\"}]}";
  auto numbers = loaded();
  EXPECT_THAT(in_force(numbers, "pass in all\n"), ElementsAre(7));

  std::ofstream{file_} << "{";
  RuleNumbers damaged{file_};
  EXPECT_FALSE(damaged.load());
}

}  // namespace
}  // namespace tunnel::supervisor
