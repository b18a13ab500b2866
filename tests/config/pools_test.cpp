// [pools] of tunneld.toml, alone and beside the sites.

#include "tests/config/profiles.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tunnel::config {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

std::string pool(std::string_view name, std::string_view addresses) {
  return "[pools." + std::string{name} + "]\naddresses = [" + std::string{addresses} + "]\n";
}

const std::string kRoaming = pool("roaming", "\"10.224.2.10-10.224.2.99\", \"10.224.3.0/28\"");

/// A site that answers, and takes its peer's address from a pool.
std::string roaming_profile() {
  return with(answer_profile(), "remote = \"10.224.1.1\"", "pool = \"roaming\"");
}

Loaded load_with(const std::string& gateway, std::string profile = roaming_profile()) {
  const std::vector<SourceFile> sites{site_file("home", std::move(profile))};
  return parse(gateway_file(gateway), sites, make_facts());
}

std::string mistake(const Loaded& loaded) {
  if (loaded.diagnostics.size() == 1) return loaded.diagnostics[0].message;
  for (const auto& diagnostic : loaded.diagnostics) ADD_FAILURE() << explain(diagnostic);
  ADD_FAILURE() << loaded.diagnostics.size() << " mistakes instead of one";
  return {};
}

std::string gateway_mistake(const std::string& text) {
  return mistake(parse(gateway_file(text), {}, make_facts()));
}

AddressRange range(std::string_view first, std::string_view last) {
  return {*Ipv4Address::parse(first), *Ipv4Address::parse(last)};
}

std::vector<AddressRange> ranges(std::string_view addresses) {
  const auto loaded = parse(gateway_file(pool("p", addresses)), {}, make_facts());
  for (const auto& diagnostic : loaded.diagnostics) ADD_FAILURE() << explain(diagnostic);
  return loaded.configuration ? loaded.configuration->pools.at(0).addresses
                              : std::vector<AddressRange>{};
}

TEST(Pools, AreSortedByName) {
  const auto loaded = load_with(pool("zoo", "\"10.9.0.1\"") + kRoaming);
  ASSERT_TRUE(loaded.configuration) << explain(loaded.diagnostics.at(0));
  EXPECT_THAT(
      loaded.configuration->pools,
      ElementsAre(Pool{"roaming",
                       {range("10.224.2.10", "10.224.2.99"), range("10.224.3.1", "10.224.3.14")}},
                  Pool{"zoo", {range("10.9.0.1", "10.9.0.1")}}));
  EXPECT_EQ(loaded.configuration->sites.at(0).ppp.pool, "roaming");
}

TEST(Pools, HandOutTheHostsOfANetwork) {
  EXPECT_THAT(ranges("\"10.9.0.0/30\""), ElementsAre(range("10.9.0.1", "10.9.0.2")));
  EXPECT_THAT(ranges("\"10.9.0.0/31\""), ElementsAre(range("10.9.0.0", "10.9.0.1")));
  EXPECT_THAT(ranges("\"10.9.0.7/32\""), ElementsAre(range("10.9.0.7", "10.9.0.7")));
  EXPECT_THAT(ranges("\"10.9.0.0/16\""), ElementsAre(range("10.9.0.1", "10.9.255.254")));
  EXPECT_THAT(ranges("\"10.9.0.0-10.9.0.255\""), ElementsAre(range("10.9.0.0", "10.9.0.255")));
}

TEST(Pools, AreWrittenAsRangesAndNetworks) {
  EXPECT_EQ(gateway_mistake(pool("p", "\"10.9.0.9-10.9.0.1\"")),
            "\"10.9.0.9-10.9.0.1\" ends before it begins");
  EXPECT_THAT(gateway_mistake(pool("p", "\"10.9.0.1 - 10.9.0.9\"")),
              HasSubstr("is not an IPv4 address"));
  EXPECT_THAT(gateway_mistake(pool("p", "\"10.9.0.1/24\"")), HasSubstr("has bits set behind"));
  EXPECT_THAT(gateway_mistake(pool("p", "\"127.0.0.1-127.0.0.9\"")), HasSubstr("loopback"));
  EXPECT_THAT(gateway_mistake(pool("p", "\"10.0.0.0/8\"")), HasSubstr("more than 65536"));
  EXPECT_THAT(gateway_mistake(pool("p", "\"10.0.0.1-10.2.0.0\"")), HasSubstr("more than 65536"));
}

TEST(Pools, HaveAddressesAndNothingElse) {
  EXPECT_EQ(gateway_mistake("[pools.p]\n"), "[pools.p] must have the key \"addresses\"");
  EXPECT_EQ(gateway_mistake(pool("p", "")), "\"addresses\" is an empty list");
  EXPECT_EQ(gateway_mistake(pool("p", "\"10.9.0.1\"") + "lease = 1\n"),
            "unknown key \"lease\" in [pools.p]");
  EXPECT_EQ(gateway_mistake(pool("Roaming", "\"10.9.0.1\"")),
            "\"Roaming\" cannot be a pool's name");
  EXPECT_EQ(gateway_mistake("[pools]\np = 1\n"), "\"p\" in [pools] must be a table");
}

TEST(Pools, DoNotOverlap) {
  EXPECT_EQ(gateway_mistake(pool("p", "\"10.9.0.1-10.9.0.9\", \"10.9.0.9\"")),
            "10.9.0.9 overlaps another range of this pool");
  EXPECT_EQ(gateway_mistake(pool("p", "\"10.9.0.0/24\"") + pool("q", "\"10.9.0.254-10.9.1.3\"")),
            "10.9.0.254-10.9.1.3 overlaps the pool \"p\" (tunneld.toml:1)");
  EXPECT_THAT(ranges("\"10.9.0.1-10.9.0.8\", \"10.9.0.9\""), testing::SizeIs(2));
}

TEST(Pools, AreThereForTheSitesThatUseThem) {
  EXPECT_THAT(load_with(kRoaming).diagnostics, IsEmpty());
  const auto loaded = load_with(pool("roamin", "\"10.9.0.1\""));
  EXPECT_EQ(mistake(loaded), "there is no pool \"roaming\"");
  EXPECT_EQ(loaded.diagnostics[0].file, "sites/home.toml");
  EXPECT_EQ(loaded.diagnostics[0].hint, "did you mean \"roamin\"?");
  EXPECT_EQ(mistake(load_with("")), "there is no pool \"roaming\"");
  // Alone, a profile cannot know the pools.
  EXPECT_THAT(parse_alone(site_file("home", roaming_profile()), make_facts()).diagnostics,
              IsEmpty());
}

TEST(Pools, HoldNoAddressOfASite) {
  EXPECT_EQ(mistake(load_with(pool("p", "\"10.224.1.0/28\""),
                              with(answer_profile(), "10.224.1.1", "10.224.9.1"))),
            "10.224.1.2 lies in the pool \"p\" (tunneld.toml:2)");
  EXPECT_EQ(mistake(load_with(pool("p", "\"10.224.1.1\""), answer_profile())),
            "10.224.1.1 lies in the pool \"p\" (tunneld.toml:2)");
  EXPECT_EQ(mistake(load_with(pool("p", "\"10.224.9.9\""),
                              with(answer_profile(), "10.224.1.1", "10.224.9.1/24"))),
            "10.224.9.1/24 overlaps the pool \"p\" (tunneld.toml:2)");
}

TEST(Pools, OverlapNoNetworkOfASite) {
  EXPECT_EQ(mistake(load_with(pool("p", "\"192.168.1.7-192.168.1.9\""), answer_profile())),
            "192.168.1.0/24 overlaps the pool \"p\" (tunneld.toml:2)");
  EXPECT_THAT(load_with(pool("p", "\"192.168.2.7-192.168.2.9\""), answer_profile()).diagnostics,
              IsEmpty());
}

}  // namespace
}  // namespace tunnel::config
