// What the rules become; whether that decides as they say is the kernel's test (kernel/).

#include "tests/filter/compiler/policy.hpp"

#include <gmock/gmock.h>

namespace tunnel::filter::test {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::SizeIs;

TEST(Compiler, LooksTenThousandServicesUpInOneMap) {
  std::string rules;
  for (int i = 0; i < 10'000; ++i) {
    rules += "pass in quick proto tcp from any to 10.1." + std::to_string(i / 250) + "." +
             std::to_string(i % 250 + 1) + " port = " + std::to_string(1000 + i % 7) +
             " flags S keep state\n";
  }
  const auto made = compiled(rules);
  EXPECT_THAT(made.problems, IsEmpty());
  EXPECT_THAT(chain(made.table, "in")->rules, SizeIs(testing::Le(12U)));
  EXPECT_THAT(made.rules, SizeIs(10'000U));
}

TEST(Compiler, TakesNamesAsData) {
  const auto made = compiled("pass in quick on tun0 all\n");
  EXPECT_THAT(rules_of(made.table, "in"), HasSubstr(R"("right":"tun0")"));
}

TEST(Compiler, LeavesRulesThatKeepStateOutForPacketsThatCanHaveNone) {
  const auto made = compiled(
      "pass in quick proto tcp from any to any port = 22 keep state\n"
      "block in all\n");
  EXPECT_THAT(rules_of(made.table, "in"), HasSubstr("dport"));
  EXPECT_THAT(rules_of(made.table, "in_stateless"), Not(HasSubstr("dport")));
}

TEST(Compiler, SendsNothingToStatesWhereNoRuleKeepsAny) {
  const auto made = compiled("block in all\n");
  EXPECT_THAT(rules_of(made.table, "in"), Not(HasSubstr("\"ct\"")));
}

TEST(Compiler, AsksForFragmentsBeforeTheyArePutTogether) {
  const auto made = compiled("block in quick from any to any with frag\npass in all\n");
  EXPECT_THAT(rules_of(made.table, "in_raw_rules"), HasSubstr("frag-off"));
  EXPECT_THAT(rules_of(made.table, "in"), Not(HasSubstr("frag-off")));
}

TEST(Compiler, NamesWhatTheKernelCannotBeAsked) {
  const auto made = compiled(
      "pass in quick from any to any with opt ts\n"
      "block in quick proto tcp from any to any keep state (limit 5)\n");
  std::vector<unsigned> lines;
  for (const auto& problem : made.problems) lines.push_back(problem.place.line);
  EXPECT_THAT(lines, testing::IsSupersetOf({1U, 2U}));
}

TEST(Compiler, TriesTranslationsByTheirMasks) {
  const auto made = compiled("",
                             "map em0 10.0.0.0/8 -> 192.0.2.1/32\n"
                             "map em0 10.1.0.0/16 -> 192.0.2.2/32\n");
  const auto rules = rules_of(made.table, "nat_out");
  EXPECT_LT(rules.find("192.0.2.2"), rules.find("192.0.2.1"));
}

TEST(Compiler, GivesTheFtpHelperToTheFlowsOfItsProxy) {
  const auto made = compiled("", "map em0 10.0.0.0/8 -> 192.0.2.1/32 proxy port ftp ftp/tcp\n");
  ASSERT_THAT(made.table.objects, SizeIs(1U));
  EXPECT_EQ(made.table.objects[0].kind, "ct helper");
  EXPECT_THAT(rules_of(made.table, "nat_help"), HasSubstr("ct helper"));
}

}  // namespace
}  // namespace tunnel::filter::test
