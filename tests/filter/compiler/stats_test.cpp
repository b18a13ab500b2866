#include "filter/compiler/stats.hpp"

#include <boost/json/parse.hpp>
#include <gtest/gtest.h>

namespace tunnel::filter::compiler {
namespace {

RuleCount count_of(std::uint32_t rule, const char* listing) {
  const auto counts = counts_in(boost::json::parse(listing));
  const auto found = counts.find(rule);
  return found == counts.end() ? RuleCount{} : found->second;
}

TEST(Counts, AreTheSumOfDecisionsAndStates) {
  constexpr auto kListing = R"({"nftables": [
    {"metainfo": {"version": "1.0.6"}},
    {"map": {"name": "in_final", "elem": [
      [{"elem": {"val": 3, "counter": {"packets": 1, "bytes": 40}}}, {"goto": {"target": "pass"}}],
      [{"elem": {"val": 4, "counter": {"packets": 9, "bytes": 90}}}, {"goto": {"target": "block"}}]]}},
    {"map": {"name": "in_stateless_final", "elem": [
      [{"elem": {"val": 3, "counter": {"packets": 2, "bytes": 80}}}, {"drop": null}]]}},
    {"map": {"name": "states", "elem": [
      [{"elem": {"val": 3, "counter": {"packets": 5, "bytes": 500}}}, {"goto": {"target": "s"}}]]}},
    {"map": {"name": "in_map1", "elem": [
      [{"elem": {"val": 3, "counter": {"packets": 7, "bytes": 700}}}, 3]]}}]})";
  const auto count = count_of(3, kListing);
  EXPECT_EQ(count.packets, 8U);
  EXPECT_EQ(count.bytes, 620U);
  EXPECT_EQ(count.state_packets, 5U);
  EXPECT_EQ(count.state_bytes, 500U);
  EXPECT_EQ(count_of(4, kListing).packets, 9U);
}

TEST(Counts, OfRulesThatDecideNothingAreTheirOwn) {
  constexpr auto kListing = R"({"nftables": [
    {"counter": {"name": "rule_12", "packets": 4, "bytes": 99}},
    {"counter": {"name": "rule_", "packets": 1, "bytes": 1}},
    {"counter": {"name": "rule_12x", "packets": 1, "bytes": 1}},
    {"counter": {"name": "other", "packets": 1, "bytes": 1}}]})";
  EXPECT_EQ(count_of(12, kListing).packets, 4U);
  EXPECT_EQ(counts_in(boost::json::parse(kListing)).size(), 1U);
}

TEST(Counts, PassOverWhatIsOfAnotherForm) {
  for (const auto* listing :
       {"[]", "{}", R"({"nftables": 1})", R"({"nftables": [1, {"map": 2}, {"counter": {}}]})",
        R"({"nftables": [{"map": {"name": "in_final", "elem": [1, [], [{}], [{"elem": {}}, 1],
            [{"elem": {"val": -1, "counter": {"packets": 1}}}, 1],
            [{"elem": {"val": 4294967296, "counter": {"packets": 1}}}, 1]]}}]})"}) {
    EXPECT_TRUE(counts_in(boost::json::parse(listing)).empty()) << listing;
  }
}

}  // namespace
}  // namespace tunnel::filter::compiler
