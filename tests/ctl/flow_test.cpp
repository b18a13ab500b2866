// Flows and traffic: what is asked of the daemon, and what is printed.

#include "tests/ctl/ctl_fixture.hpp"

namespace tunnel::ctl {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

class Flows : public CtlTest {};

constexpr auto kSession = R"({"total": 1, "sessions": [{"rule": "@2", "kind": "map",
  "protocol": "tcp", "inside": "192.168.1.215", "inside_port": 3936, "outside": "192.168.253.4",
  "outside_port": 40001, "destination": "192.168.253.1", "destination_port": 23,
  "age_seconds": 7385.5, "packets_forward": 12, "packets_backward": 10, "bytes_forward": 840,
  "bytes_backward": 4711}]})";

TEST_F(Flows, OfTranslationsAreATable) {
  daemon().answers("nat.sessions", kSession);
  const auto outcome = tunnelctl({"nat", "sessions"});
  EXPECT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_EQ(outcome.out,
            "RULE  KIND  PROTO  INSIDE              OUTSIDE              DESTINATION       AGE   "
            "PACKETS  BYTES\n"
            "@2    map   tcp    192.168.1.215,3936  192.168.253.4,40001  192.168.253.1,23  2h3m  "
            "12/10    840/4711\n");
}

TEST_F(Flows, OfTranslationsAreADocument) {
  daemon().answers("nat.sessions", kSession);
  const auto outcome = tunnelctl({"nat", "sessions", "--json"});
  EXPECT_EQ(boost::json::parse(outcome.out), boost::json::parse(kSession));
}

TEST_F(Flows, WithStatesAreATableThatSaysHowManyMoreThereAre) {
  daemon().answers("filter.states", R"({"total": 3, "states": [{"rule": "@300:2",
    "direction": "in", "protocol": "icmp", "source": "10.0.0.1", "source_port": null,
    "destination": "10.0.0.2", "destination_port": null, "tcp_state": null, "age_seconds": null,
    "expires_seconds": 12, "packets_forward": null, "packets_backward": null}]})");
  const auto outcome = tunnelctl({"filter", "states"});
  EXPECT_EQ(outcome.out,
            "RULE    DIR  PROTO  SOURCE    DESTINATION  STATE  AGE  EXPIRES  PACKETS  BYTES\n"
            "@300:2  in   icmp   10.0.0.1  10.0.0.2     -      -    12s      -        -\n"
            "and 2 more\n");
}

TEST_F(Flows, AreSelectedInTheLogByTheDaemon) {
  daemon().answers("log", R"({"records": [{"type": "filter", "line": "one\n80 21"}]})");
  const auto outcome = tunnelctl({"log", "--type", "filter", "--rule", "@300:2", "--address",
                                  "192.168.1.0/24", "--verdict", "block"});
  EXPECT_EQ(outcome.out, "one\n80 21\n");
  ASSERT_EQ(daemon().calls.size(), 1U);
  EXPECT_THAT(daemon().calls[0], HasSubstr(R"("rule":"@300:2")"));
  EXPECT_THAT(daemon().calls[0], HasSubstr(R"("address":"192.168.1.0/24")"));
  EXPECT_THAT(daemon().calls[0], HasSubstr(R"("verdict":"block")"));
}

TEST_F(Flows, InTheLogOfOthersKeepTheirLines) {
  daemon().answers("log", R"({"records": [{"type": "ppp", "line": "one\ntwo"}]})");
  EXPECT_EQ(tunnelctl({"log"}).out, "one\\ntwo\n");
}

TEST_F(Flows, OfAVerdictThatThereIsNotAreAMistake) {
  const auto outcome = tunnelctl({"log", "--verdict", "maybe"});
  EXPECT_EQ(outcome.code, 2);
  EXPECT_THAT(outcome.err, HasSubstr("pass"));
}

}  // namespace
}  // namespace tunnel::ctl
