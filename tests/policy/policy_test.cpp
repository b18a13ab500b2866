#include "tunneld/policy/policy.hpp"

#include "tests/base/temporary_directory.hpp"
#include "tests/config/profiles.hpp"
#include "tests/filter/fake_names.hpp"

#include <boost/json/serialize.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <string>
#include <vector>

namespace tunnel::policy {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

/// A configuration whose rule files are on disk.
class PolicyFiles : public testing::Test {
 protected:
  std::filesystem::path write(const std::string& name, const std::string& text) {
    const auto path = directory_.path() / name;
    std::ofstream{path} << text;
    return path;
  }

  /// The reference gateway with one site, and these rules.
  config::Configuration with(config::Filter filter, const std::string& profile) {
    const std::vector<config::SourceFile> sites{config::site_file("labs", profile)};
    auto loaded = config::parse(config::gateway_file(""), sites, config::make_facts());
    EXPECT_TRUE(loaded.configuration);
    loaded.configuration->filter = std::move(filter);
    return *loaded.configuration;
  }

  config::Configuration with(config::Filter filter) {
    return with(std::move(filter), config::dial_profile());
  }

  std::vector<std::string> mistakes(const config::Configuration& configuration) {
    std::vector<std::string> all;
    for (const auto& each : load(configuration, filter::test::FakeNames{}).diagnostics) {
      const auto name = std::filesystem::path{each.file}.filename().string();
      all.push_back(name + ':' + std::to_string(each.line) + ": " + each.message);
    }
    return all;
  }

  test::TemporaryDirectory directory_;
};

TEST_F(PolicyFiles, AreReadInTheOrderOfTheGatewayAndThenTheSites) {
  config::Filter filter{.rules = write("ipf.rules", "block in on tun0 all head 300\n")};
  filter.sites.push_back({*SiteName::parse("labs"),
                          write("labs.rules", "pass in from $remote to $local group 300\n"),
                          write("labs.nat", "map $interface 192.168.1.0/24 -> $local/32\n")});
  const auto loaded = load(with(std::move(filter)), filter::test::FakeNames{});
  ASSERT_THAT(loaded.diagnostics, IsEmpty());
  ASSERT_EQ(loaded.policy.sources.size(), 3U);
  const auto& rules = loaded.policy.rules.rules;
  ASSERT_EQ(rules.size(), 2U);
  EXPECT_EQ(rules[1].place, (filter::Place{1, 1}));
  ASSERT_EQ(loaded.policy.rules.nat.size(), 1U);
  EXPECT_EQ(loaded.policy.rules.nat[0].interface.str(), "tun0");
}

TEST_F(PolicyFiles, HaveAllTheirMistakesToldInOneRun) {
  config::Filter filter{.rules = write("ipf.rules", "pass in all\nblok in all\n"),
                        .nat = write("ipnat.rules", "map em0\n")};
  filter.sites.push_back(
      {*SiteName::parse("labs"), write("labs.rules", "pass in from $far to any\n"), {}});
  const auto all = mistakes(with(std::move(filter)));
  ASSERT_EQ(all.size(), 3U) << testing::PrintToString(all);
  EXPECT_THAT(all[0], HasSubstr("ipf.rules:2: "));
  EXPECT_THAT(all[1], HasSubstr("ipnat.rules:1: "));
  EXPECT_THAT(all[2], HasSubstr("labs.rules:1: "));
}

TEST_F(PolicyFiles, HaveNoNameForAnAddressThatThePeerChooses) {
  config::Filter filter;
  filter.sites.push_back(
      {*SiteName::parse("labs"), write("labs.rules", "pass in from $remote to any\n"), {}});
  const auto profile = config::with(config::dial_profile(), "\"10.224.1.2\"", "\"10.224.2.2/24\"");
  EXPECT_THAT(mistakes(with(std::move(filter), profile)),
              ElementsAre(HasSubstr("labs.rules:1: \"$remote\" stands for nothing here")));
}

TEST_F(PolicyFiles, ThatTheKernelCannotFollowAreRefusedByTheirLine) {
  const config::Filter filter{.rules =
                                  write("ipf.rules", "pass in all\nlog or-block in on tun0 all\n")};
  EXPECT_THAT(mistakes(with(filter)), ElementsAre(HasSubstr("ipf.rules:2: ")));
}

TEST_F(PolicyFiles, ThatAreGoneAreNamed) {
  const config::Filter filter{.rules = directory_.path() / "gone.rules"};
  const auto loaded = load(with(filter), filter::test::FakeNames{});
  ASSERT_EQ(loaded.diagnostics.size(), 1U);
  EXPECT_EQ(loaded.diagnostics[0].file, (directory_.path() / "gone.rules").string());
  EXPECT_THAT(loaded.diagnostics[0].message, HasSubstr("No such file"));
}

TEST(Policy, WithoutAFilterHasTheChecksOfTheTunnelsOnly) {
  const std::vector<config::SourceFile> sites{config::site_file("labs", config::dial_profile())};
  const auto parsed = config::parse(config::gateway_file(""), sites, config::make_facts());
  ASSERT_TRUE(parsed.configuration);
  const auto loaded = load(*parsed.configuration, filter::test::FakeNames{});
  const auto compiled = compile(loaded.policy, loaded.policy.options);
  std::vector<std::string> chains;
  for (const auto& chain : compiled.table.chains) chains.push_back(chain.name);
  EXPECT_THAT(chains, ElementsAre("sources_tun0", "sources"));
}

TEST(Policy, LetsNothingThroughTunnelsThatAreClosing) {
  FilterPolicy policy;
  policy.closing.push_back(*InterfaceName::parse("tun7"));
  std::vector<std::string> rules;
  for (const auto& chain : compile(policy, policy.options).table.chains) {
    for (const auto& rule : chain.rules) {
      rules.push_back(chain.hook->name + boost::json::serialize(rule.front()) +
                      boost::json::serialize(rule.back()));
    }
  }
  EXPECT_THAT(rules, ElementsAre(AllOf(HasSubstr("prerouting"), HasSubstr("iifname"),
                                       HasSubstr("tun7"), HasSubstr("drop")),
                                 AllOf(HasSubstr("postrouting"), HasSubstr("oifname"),
                                       HasSubstr("tun7"), HasSubstr("drop"))));
}

/// A resolver that has been asked, and knows what it is told to.
class Resolver final : public filter::language::Names {
 public:
  std::vector<Address> host(const std::string& name) const override {
    asked.push_back(name);
    return there ? known_.host(name) : std::vector<Address>{};
  }

  std::optional<std::uint16_t> service(const std::string& name,
                                       const std::string& protocol) const override {
    return known_.service(name, protocol);
  }

  std::optional<std::uint8_t> protocol(const std::string& name) const override {
    return known_.protocol(name);
  }

  bool there = true;
  mutable std::vector<std::string> asked{};

 private:
  filter::test::FakeNames known_;
};

TEST(KnownNames, AreThoseOfNow) {
  const Resolver now;
  const KnownNames names{now, {{"gw.example", {Ipv4Address{7}}}}};
  EXPECT_THAT(names.host("gw.example"), ElementsAre(*Ipv4Address::parse("192.0.2.1")));
  names.host("gw.example");
  EXPECT_THAT(now.asked, ElementsAre("gw.example"));
  EXPECT_THAT(names.used().old, IsEmpty());
  EXPECT_EQ(names.used().addresses.size(), 1U);
}

TEST(KnownNames, AreThoseOfBeforeWhereNobodyCanSay) {
  Resolver now;
  now.there = false;
  const KnownNames names{now, {{"gw.example", {Ipv4Address{7}}}, {"unused", {Ipv4Address{8}}}}};
  EXPECT_THAT(names.host("gw.example"), ElementsAre(Ipv4Address{7}));
  EXPECT_THAT(names.host("other.example"), IsEmpty());
  EXPECT_THAT(names.used().old, ElementsAre("gw.example"));
  EXPECT_EQ(names.used().addresses.size(), 1U);
}

}  // namespace
}  // namespace tunnel::policy
