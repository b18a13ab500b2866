// Which lines of filter.log and nat.log somebody wants.

#include "tunneld/supervisor/traffic_selection.hpp"

#include <boost/json/parse.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tunnel::supervisor {
namespace {

using testing::HasSubstr;

TrafficSelection selection(const char* params) {
  const auto read = TrafficSelection::read(boost::json::parse(params).as_object());
  if (const auto* why = std::get_if<std::string>(&read)) {
    ADD_FAILURE() << *why;
    return {};
  }
  return std::get<TrafficSelection>(read);
}

std::string mistake(const char* params) {
  const auto read = TrafficSelection::read(boost::json::parse(params).as_object());
  const auto* why = std::get_if<std::string>(&read);
  return why == nullptr ? std::string{} : *why;
}

const Traffic kTelnet{
    "@300:2", "pass", {*Prefix::parse("192.168.1.215"), *Prefix::parse("192.168.253.1")}};

TEST(TrafficSelection, OfNothingTakesAll) {
  EXPECT_TRUE(selection(R"({"site": "labs", "lines": 7})").empty());
  EXPECT_TRUE(selection("{}").takes(kTelnet));
}

TEST(TrafficSelection, TakesTheRule) {
  EXPECT_TRUE(selection(R"({"rule": "@300:2"})").takes(kTelnet));
  EXPECT_TRUE(selection(R"({"rule": "300:2"})").takes(kTelnet));
  EXPECT_FALSE(selection(R"({"rule": "@300:20"})").takes(kTelnet));
  EXPECT_FALSE(selection(R"({"rule": "@2"})").takes(kTelnet));
}

TEST(TrafficSelection, TakesTheVerdict) {
  EXPECT_TRUE(selection(R"({"verdict": "pass"})").takes(kTelnet));
  EXPECT_FALSE(selection(R"({"verdict": "block"})").takes(kTelnet));
}

TEST(TrafficSelection, TakesAHostOrANetworkAtEitherEnd) {
  EXPECT_TRUE(selection(R"({"address": "192.168.253.1"})").takes(kTelnet));
  EXPECT_TRUE(selection(R"({"address": "192.168.1.0/24"})").takes(kTelnet));
  EXPECT_TRUE(selection(R"({"address": "192.168.1.99/24"})").takes(kTelnet));
  EXPECT_FALSE(selection(R"({"address": "192.168.2.0/24"})").takes(kTelnet));
  EXPECT_FALSE(selection(R"({"address": "2001:db8::/32"})").takes(kTelnet));
}

TEST(TrafficSelection, TakesWhatHasAllThatIsAsked) {
  EXPECT_TRUE(selection(R"({"rule": "@300:2", "verdict": "pass", "address": "192.168.253.1"})")
                  .takes(kTelnet));
  EXPECT_FALSE(selection(R"({"rule": "@300:2", "verdict": "log"})").takes(kTelnet));
}

TEST(TrafficSelection, SaysWhatIsWrong) {
  for (const auto* rule : {"", "@", "@300:", "@300:x", "@:2", "300", "x"}) {
    const auto params = std::string{R"({"rule": ")"} + rule + "\"}";
    const bool right = std::string{rule} == "300";
    EXPECT_EQ(mistake(params.c_str()).empty(), right) << rule;
  }
  EXPECT_THAT(mistake(R"({"rule": "x"})"), HasSubstr("\"x\" is no rule"));
  EXPECT_THAT(mistake(R"({"verdict": "maybe"})"), HasSubstr("\"maybe\" is no verdict"));
  for (const auto* address : {"", "10.0.0", "10.0.0.0/33", "10.0.0.0/", "10.0.0.0/x", "em0"}) {
    const auto params = std::string{R"({"address": ")"} + address + "\"}";
    EXPECT_THAT(mistake(params.c_str()), HasSubstr("is no address")) << address;
  }
  EXPECT_THAT(mistake(R"({"address": 7})"), HasSubstr("\"address\" is a string"));
}

}  // namespace
}  // namespace tunnel::supervisor
