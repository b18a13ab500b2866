#include "tunneld/policy/source_checks.hpp"

#include "tests/config/profiles.hpp"

#include <boost/json/serialize.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace tunnel::policy {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

config::Configuration configuration(const std::string& gateway, const std::string& profile) {
  const std::vector<config::SourceFile> sites{config::site_file("labs", profile)};
  auto loaded = config::parse(config::gateway_file(gateway), sites, config::make_facts());
  for (const auto& each : loaded.diagnostics) ADD_FAILURE() << explain(each);
  return loaded.configuration.value_or(config::Configuration{});
}

/// The addresses that the only site's tunnel may bring, as the kernel is told.
std::vector<std::string> let_in(const config::Configuration& configuration) {
  FilterPolicy policy;
  add_source_checks(configuration, policy);
  std::vector<std::string> all;
  EXPECT_EQ(policy.source_checks.size(), 2U);
  for (const auto& rule : policy.source_checks.front().rules) {
    all.push_back(boost::json::serialize(rule.front()));
  }
  return all;
}

std::string from(const std::string& protocol, const std::string& right) {
  return R"({"match":{"op":"==","left":{"payload":{"protocol":")" + protocol +
         R"(","field":"saddr"}},"right":)" + right + "}}";
}

constexpr auto kElse = R"({"counter":null})";

TEST(SourceChecks, LetInTheSitesNetworksAndThePeer) {
  EXPECT_THAT(let_in(configuration("", config::dial_profile())),
              ElementsAre(from("ip", R"({"prefix":{"addr":"192.168.253.0","len":24}})"),
                          from("ip", R"({"prefix":{"addr":"172.16.1.0","len":24}})"),
                          from("ip", "\"10.224.1.2\""), kElse));
}

TEST(SourceChecks, LetInIpv6OfALinkThatCarriesIt) {
  const auto profile = config::with(
      config::with(config::dial_profile(), "remote = \"10.224.1.2\"",
                   "remote = \"10.224.1.2\"\nlocal6 = \"fd00::1\"\nremote6 = \"fd00::2\""),
      "\"172.16.1.0/24\"", "\"2001:db8::/32\"");
  EXPECT_THAT(let_in(configuration("", profile)),
              ElementsAre(from("ip", R"({"prefix":{"addr":"192.168.253.0","len":24}})"),
                          from("ip6", R"({"prefix":{"addr":"2001:db8::","len":32}})"),
                          from("ip", "\"10.224.1.2\""), from("ip6", "\"fd00::2\""),
                          from("ip6", R"({"prefix":{"addr":"fe80::","len":10}})"), kElse));
}

TEST(SourceChecks, LetInAnyAddressThatThePeerMayChoose) {
  EXPECT_THAT(let_in(configuration(
                  "", config::with(config::dial_profile(), "\"10.224.1.2\"", "\"10.224.2.2/24\""))),
              testing::Contains(from("ip", R"({"prefix":{"addr":"10.224.2.0","len":24}})")));
  EXPECT_THAT(let_in(configuration(
                  "", config::with(config::dial_profile(), "\"10.224.1.2\"", "\"0.0.0.0/0\""))),
              testing::Contains(HasSubstr(R"("key":"nfproto")")));
}

TEST(SourceChecks, LetInTheAddressesOfAPool) {
  EXPECT_THAT(let_in(configuration("[pools.roaming]\naddresses = [\"10.9.0.1-10.9.0.9\"]\n",
                                   config::with(config::answer_profile(), "remote = \"10.224.1.1\"",
                                                "pool = \"roaming\""))),
              ElementsAre(from("ip", R"({"prefix":{"addr":"192.168.1.0","len":24}})"),
                          from("ip", R"({"range":["10.9.0.1","10.9.0.9"]})"), kElse));
}

TEST(SourceChecks, AreOfTheSitesInterfaceOnly) {
  FilterPolicy policy;
  add_source_checks(configuration("", config::dial_profile()), policy);
  ASSERT_EQ(policy.source_maps.size(), 1U);
  const auto& tunnels = policy.source_maps.front();
  ASSERT_EQ(tunnels.elements.size(), 1U);
  EXPECT_EQ(tunnels.elements.front().first, boost::json::value("tun0"));
  EXPECT_EQ(boost::json::serialize(tunnels.elements.front().second),
            R"({"goto":{"target":"sources_tun0"}})");
}

std::vector<std::string> checked(const FilterPolicy& policy) {
  std::vector<std::string> names;
  for (const auto& map : compile(policy, policy.options).table.maps) {
    for (const auto& element : map.elements) {
      names.push_back(boost::json::serialize(element.first));
    }
  }
  return names;
}

TEST(SourceChecks, AreNotOfAnInterfaceThatIsSomebodyElses) {
  FilterPolicy policy;
  add_source_checks(configuration("", config::dial_profile()), policy);
  EXPECT_THAT(checked(policy), ElementsAre("\"tun0\""));
  policy.taken = {*InterfaceName::parse("eth0")};
  EXPECT_THAT(checked(policy), ElementsAre("\"tun0\""));
  policy.taken = {*InterfaceName::parse("tun0")};
  EXPECT_THAT(checked(policy), testing::IsEmpty());
}

TEST(SourceChecks, AreJoinedByNoEndOfAnInterfaceThatIsSomebodyElses) {
  FilterPolicy policy;
  policy.closing = {*InterfaceName::parse("eth0"), *InterfaceName::parse("tun0")};
  policy.taken = {*InterfaceName::parse("eth0")};
  const auto table = compile(policy, policy.options).table;
  ASSERT_EQ(table.chains.size(), 2U);
  for (const auto& chain : table.chains) {
    ASSERT_EQ(chain.rules.size(), 1U) << chain.name;
    EXPECT_THAT(boost::json::serialize(chain.rules.front().front()), HasSubstr("\"tun0\""));
  }
  policy.taken.push_back(*InterfaceName::parse("tun0"));
  EXPECT_THAT(compile(policy, policy.options).table.chains, testing::IsEmpty());
}

}  // namespace
}  // namespace tunnel::policy
