// Several files as one policy.

#include "filter/language/policy_parser.hpp"

#include "filter/language/printer.hpp"
#include "filter/language/system_names.hpp"
#include "tests/filter/fake_names.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tunnel::filter::test {
namespace {

using language::parse_policy;
using language::PolicySource;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

constexpr auto kIpf = PolicySource::Language::Ipf;
constexpr auto kIpnat = PolicySource::Language::Ipnat;

TEST(Policy, IsMadeOfTheGatewaysFilesAndThoseOfItsSites) {
  const auto policy = parse_policy({{kIpf, "ipf.rules", "block in all head 300\n"},
                                    {kIpf,
                                     "labs.rules",
                                     "pass in on $interface from $remote to any group 300\n",
                                     {{"interface", "tun0"}, {"remote", "10.224.1.2"}}},
                                    {kIpnat,
                                     "labs.nat",
                                     "map $interface any -> $local\n",
                                     {{"interface", "tun0"}, {"local", "10.224.1.1"}}}},
                                   FakeNames{});
  EXPECT_THAT(policy.mistakes, IsEmpty());
  const auto* group = policy.rule_lists.find(ListKind::Filter, Direction::In, "300");
  ASSERT_NE(group, nullptr);
  EXPECT_EQ(language::print(group->rules.at(0)),
            "pass in on tun0 from 10.224.1.2 to any group 300");
  EXPECT_EQ(group->rules.at(0).place, (Place{1, 1}));
  EXPECT_EQ(language::print(policy.nat_lists.outbound.at(0)), "map tun0 any -> 10.224.1.1/32");
}

TEST(Policy, HasHeadsForTheMembersInLaterFiles) {
  const auto policy = parse_policy({{kIpf, "ipf.rules", "block in proto tcp all head 300\n"},
                                    {kIpf, "labs.rules", "pass in all flags S group 300\n"}},
                                   FakeNames{});
  EXPECT_THAT(policy.mistakes, IsEmpty());
  EXPECT_EQ(language::print(policy.rules.at(1)), "pass in proto tcp all flags S/FSRPAU group 300");
}

TEST(Policy, HasTheMistakesOfAllFilesInTheirOrder) {
  const auto policy =
      parse_policy({{kIpf, "ipf.rules", "pass in all head 1\nblok in all\n"},
                    {kIpnat, "ipnat.rules", "mapp em0\n"},
                    {kIpf, "labs.rules", "pass out all group 1\npass in on $interface all\n"}},
                   FakeNames{});
  std::vector<std::string> places;
  for (const auto& mistake : policy.mistakes) {
    places.push_back(mistake.file + ':' + std::to_string(mistake.line));
  }
  EXPECT_THAT(places, ElementsAre("ipf.rules:2", "ipnat.rules:1", "labs.rules:1", "labs.rules:2"));
  EXPECT_THAT(policy.mistakes.at(2).message, HasSubstr("the group 1 is of \"in\" rules"));
}

TEST(SystemNames, KnowAddressesWrittenAsSuchAndNothingThatIsNot) {
  const language::SystemNames names;
  EXPECT_THAT(names.host("127.0.0.1"),
              ElementsAre(language::Names::Address{Ipv4Address{0x7f000001}}));
  EXPECT_THAT(names.host("::1"), SizeIs(1));
  EXPECT_THAT(names.host("not a name"), IsEmpty());
  EXPECT_EQ(names.service("no-such-service", "tcp"), std::nullopt);
  EXPECT_EQ(names.protocol("no-such-protocol"), std::nullopt);
}

}  // namespace
}  // namespace tunnel::filter::test
