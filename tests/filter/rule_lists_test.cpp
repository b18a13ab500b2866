// How the rules of a file become lists: groups, numbers, insertion, and what members inherit.

#include "filter/model/rule_lists.hpp"

#include "filter/language/ipf_parser.hpp"
#include "filter/language/ipnat_parser.hpp"
#include "filter/language/printer.hpp"
#include "filter/model/nat_lists.hpp"
#include "tests/filter/fake_names.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tunnel::filter::test {
namespace {

using language::SourceFile;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

language::ParsedRules parse(const std::string& text) {
  return language::parse_ipf_rules(SourceFile{"ipf.rules", text, 0}, FakeNames{});
}

RuleLists lists_of(const std::string& text) {
  const auto parsed = parse(text);
  for (const auto& mistake : parsed.mistakes) ADD_FAILURE() << mistake.message;
  std::vector<Misplaced> misplaced;
  auto lists = RuleLists::of(parsed.rules, misplaced);
  EXPECT_THAT(misplaced, IsEmpty());
  return lists;
}

std::vector<std::string> printed(const RuleList* list) {
  std::vector<std::string> lines;
  if (list == nullptr) return lines;
  for (const auto& rule : list->rules) lines.push_back(language::print(rule));
  return lines;
}

TEST(RuleLists, AreOneForEachDirectionAndGroupAndForCounting) {
  const auto lists = lists_of(
      "pass in all head 1\nblock out all\npass in all group 1\ncount in all\nblock in all\n");
  EXPECT_THAT(lists.all(), SizeIs(4));
  EXPECT_THAT(printed(lists.find(ListKind::Filter, Direction::In)),
              ElementsAre("pass in all head 1", "block in all"));
  EXPECT_THAT(printed(lists.find(ListKind::Filter, Direction::In, "1")),
              ElementsAre("pass in all group 1"));
  EXPECT_THAT(printed(lists.find(ListKind::Count, Direction::In)), ElementsAre("count in all"));
  EXPECT_EQ(lists.find(ListKind::Count, Direction::Out), nullptr);
  EXPECT_EQ(lists.find(ListKind::Filter, Direction::Out, "1"), nullptr);
}

TEST(RuleLists, InsertBeforeTheRuleThatHasThePosition) {
  const auto lists = lists_of(
      "pass in proto 1 all\npass in proto 2 all\n@0 pass in proto 3 all\n"
      "@2 pass in proto 4 all\n@99 pass in proto 5 all\n");
  std::vector<unsigned> protocols;
  for (const auto& rule : lists.find(ListKind::Filter, Direction::In)->rules) {
    protocols.push_back(std::get<std::uint8_t>(rule.protocol));
  }
  EXPECT_THAT(protocols, ElementsAre(3, 1, 4, 2, 5));
}

TEST(RuleLists, NameARuleByGroupAndNumber) {
  EXPECT_EQ((RuleId{"300", 2}).str(), "@300:2");
  EXPECT_EQ((RuleId{"", 1}).str(), "@0:1");
}

TEST(Groups, MembersInheritFamilyAndProtocolOfTheHeadBeforeThem) {
  const auto lists = lists_of(
      "pass in family inet6 proto tcp all head 1\n"
      "pass in from any to any port = 80 flags S group 1\n"
      "block in proto udp all group 1\n");
  EXPECT_THAT(printed(lists.find(ListKind::Filter, Direction::In, "1")),
              ElementsAre("pass in family inet6 proto tcp from any to any port = 80 flags "
                          "S/FSRPAU group 1",
                          "block in family inet6 proto udp all group 1"));
}

TEST(Groups, MembersBeforeTheirHeadInheritNothing) {
  const auto lists = lists_of("pass in all group 1\npass in proto tcp all head 1\n");
  EXPECT_THAT(printed(lists.find(ListKind::Filter, Direction::In, "1")),
              ElementsAre("pass in all group 1"));
  EXPECT_THAT(parse("pass in all flags S group 1\npass in proto tcp all head 1\n").mistakes,
              SizeIs(1));
}

TEST(Groups, HaveTypesOfIcmpByTheFamilyOfTheHead) {
  const auto lists = lists_of(
      "pass in proto ipv6-icmp all head 1\n"
      "pass in all icmp-type neighborsol group 1\n");
  EXPECT_THAT(printed(lists.find(ListKind::Filter, Direction::In, "1")),
              ElementsAre("pass in proto 58 all icmp-type neighborsol group 1"));
}

TEST(Groups, HaveOneDirection) {
  const auto parsed = parse("pass in all head 1\npass in all group 1\n  block out all group 1\n");
  ASSERT_THAT(parsed.mistakes, SizeIs(1));
  EXPECT_EQ(parsed.mistakes[0].line, 3U);
  EXPECT_EQ(parsed.mistakes[0].first_column, 3U);
  EXPECT_EQ(parsed.mistakes[0].source_line, "  block out all group 1");
  EXPECT_THAT(parsed.mistakes[0].message, HasSubstr("of \"in\" rules since line 1"));
  EXPECT_THAT(parsed.mistakes[0].hint, HasSubstr("one direction"));
}

TEST(Groups, AreNotOpenedInsideThemselves) {
  const auto parsed = parse(
      "pass in all head 1\npass in all head 2 group 1\n"
      "pass in all head 3 group 2\npass in all head 1 group 3\n");
  ASSERT_THAT(parsed.mistakes, SizeIs(3));
  EXPECT_EQ(parsed.mistakes[2].line, 4U);
  EXPECT_THAT(parsed.mistakes[2].message, HasSubstr("opens the group 3, and is opened inside it"));
}

TEST(Groups, MayBeOpenedBySeveralHeadsAndStandBeforeThem) {
  EXPECT_THAT(
      parse("pass in all group 1\npass in on em0 all head 1\npass in on em1 all head 1\n").mistakes,
      IsEmpty());
}

TEST(NatLists, HaveTheLongestMaskFirstAndThenTheOrderOfTheFile) {
  const auto parsed = language::parse_ipnat_rules(
      SourceFile{"ipnat.rules",
                 "map em0 10.0.0.0/8 -> 1.0.0.1\nmap em0 10.1.0.0/16 -> 1.0.0.2\n"
                 "map em0 11.1.0.0/16 -> 1.0.0.3\nbimap em0 10.1.1.1/32 -> 2.0.0.1/32\n"
                 "rdr em0 3.0.0.0/8 -> 1.0.0.4\nrdr em0 3.0.0.1/32 -> 1.0.0.5\n"
                 "rdr em0 from 9.9.9.9 to any -> 1.0.0.6\n",
                 0},
      FakeNames{});
  const auto lists = NatLists::of(parsed.rules);
  std::vector<unsigned> out;
  std::vector<unsigned> in;
  for (const auto& rule : lists.outbound) out.push_back(rule.place.line);
  for (const auto& rule : lists.inbound) in.push_back(rule.place.line);
  EXPECT_THAT(out, ElementsAre(4, 2, 3, 1));
  EXPECT_THAT(in, ElementsAre(4, 6, 5, 7));
}

}  // namespace
}  // namespace tunnel::filter::test
