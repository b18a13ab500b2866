// status and log: once, followed, and awaited in scripts.

#include "tests/ctl/ctl_fixture.hpp"
#include "tests/ctl/samples.hpp"

#include <algorithm>
#include <csignal>

namespace tunnel::ctl {
namespace {

namespace json = boost::json;
using supervisor::RpcError;
using supervisor::RpcResult;
using ::testing::ElementsAre;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

class StatusTest : public CtlTest {
 protected:
  /// One site, labs, in this state; what the daemon will say until it is set again.
  void set_state(const std::string& state, bool wanted = true) {
    json::object site{{"site", "labs"},
                      {"wanted", wanted},
                      {"state", state},
                      {"reason", state == "up" ? "" : "because"}};
    status_ = json::object{
        {"gateway", "talisker"}, {"version", "1"}, {"pid", 1}, {"sites", json::array{site}}};
    daemon().handles("status", [this](const json::object& params) -> RpcResult {
      const auto* site_name = params.if_contains("site");
      if (site_name != nullptr && *site_name != "labs") return RpcError{-32001, "no such site"};
      return json::value(status_);
    });
  }

  /// What the daemon does when the state changes: the event, and from then on the status.
  void change(const std::string& from, const std::string& to) {
    set_state(to);
    daemon().publish({.topic = "state", .site = "labs"},
                     json::serialize(json::object{{"site", "labs"},
                                                  {"from", from},
                                                  {"to", to},
                                                  {"reason", "why"},
                                                  {"pause_seconds", nullptr}}));
  }

  json::object status_;
};

TEST_F(StatusTest, AllUpIsSuccess) {
  daemon().answers("status", std::string{R"({"gateway": "talisker", "version": "0.1.0",
      "pid": 3, "sites": [)"} + kUpSite +
                                 "]}");
  const auto outcome = tunnelctl({"status"});
  EXPECT_EQ(outcome.code, 0);
  EXPECT_THAT(outcome.out, StartsWith("talisker: tunneld 0.1.0, process 3\n"
                                      "\nlabs (Labs Network): up for 2h 3m"));
  EXPECT_THAT(daemon().calls, ElementsAre("status{}"));
}

TEST_F(StatusTest, AWantedLinkThatIsNotUpIsStatusThree) {
  set_state("waiting");
  const auto outcome = tunnelctl({"status", "labs"});
  EXPECT_EQ(outcome.code, 3);
  EXPECT_THAT(outcome.out, HasSubstr("labs: waiting: because\n"));
  EXPECT_THAT(daemon().calls, ElementsAre(R"(status{"site":"labs"})"));
}

TEST_F(StatusTest, ALinkThatNobodyWantsMayBeDown) {
  set_state("down", false);
  EXPECT_EQ(tunnelctl({"status"}).code, 0);
}

TEST_F(StatusTest, AsJsonItIsTheDaemonsDocumentInOneLine) {
  set_state("waiting");
  const auto outcome = tunnelctl({"status", "--json"});
  EXPECT_EQ(outcome.code, 3);
  EXPECT_EQ(outcome.out, json::serialize(status_) + '\n');
}

TEST_F(StatusTest, AnUnknownSiteIsAnError) {
  set_state("up");
  const auto outcome = tunnelctl({"status", "lab"});
  EXPECT_EQ(outcome.code, 1);
  EXPECT_THAT(outcome.err, HasSubstr("did you mean \"labs\"?"));
}

TEST_F(StatusTest, WatchedItPrintsALineAChange) {
  set_state("connect");
  Program program{loop_, arguments({"status", "--watch"})};
  program.until_output("labs: connect: because\n");
  change("connect", "auth");
  change("auth", "up");
  program.until_output("up (why)\n");
  program.signal(SIGINT);
  EXPECT_EQ(program.finish(), 0) << "at the end all was up";
  EXPECT_EQ(program.out,
            "labs: connect: because\nlabs: connect -> auth (why)\nlabs: auth -> up (why)\n");
  EXPECT_EQ(program.err, "");
}

TEST_F(StatusTest, WatchedAsJsonItPrintsADocumentAChange) {
  set_state("connect");
  Program program{loop_, arguments({"status", "--watch", "--json"})};
  const auto first = json::serialize(status_) + '\n';
  program.until_output(first);
  change("connect", "waiting");
  program.until([&] { return program.out.size() > first.size(); });
  program.signal(SIGTERM);
  EXPECT_EQ(program.finish(), 3);
  EXPECT_EQ(program.out, first + json::serialize(status_) + '\n');
}

TEST_F(StatusTest, OnATerminalTheScreenIsDrawnAgainByItself) {
  set_state("waiting");
  Program program{loop_, arguments({"status", "--watch"}), StandardOutput::Terminal};
  program.until_output("labs: waiting: because");
  const auto before = daemon().calls.size();
  status_["sites"].as_array()[0].as_object()["packets_in"] = 4711;  // no event tells of this
  program.until_output("4711 packets");
  EXPECT_GT(daemon().calls.size(), before);
  change("waiting", "up");
  program.until_output("labs: up");
  program.signal(SIGINT);
  EXPECT_EQ(program.finish(), 0);
  EXPECT_THAT(program.out, StartsWith("\033[2J\033[H"));
}

TEST_F(StatusTest, AScreenIsNoLargerThanTheTerminal) {
  std::string sites;
  for (int i = 0; i < 5; ++i) sites += (i == 0 ? "" : ",") + std::string{kWaitingSite};
  daemon().answers(
      "status", R"({"gateway": "talisker", "version": "1", "pid": 1, "sites": [)" + sites + "]}");
  Program program{loop_, arguments({"status", "--watch"}), StandardOutput::Terminal};
  program.until_output("\033[J");
  program.signal(SIGINT);
  EXPECT_EQ(program.finish(), 3);
  const auto screen = program.out.substr(0, program.out.find("\033[J"));
  EXPECT_EQ(std::count(screen.begin(), screen.end(), '\n'), 11)
      << "12 rows, the last for the cursor";
  EXPECT_THAT(screen, HasSubstr("since 2005-04-13 13:02:11, next attem\033[K")) << "60 columns";
}

TEST_F(StatusTest, WaitingEndsAtOnceWhenTheLinkIsUpAlready) {
  set_state("up");
  EXPECT_EQ(tunnelctl({"status", "labs", "--watch", "--until", "up"}).code, 0);
}

TEST_F(StatusTest, WaitingEndsAsSoonAsTheLinkIsUp) {
  set_state("connect");
  Program program{loop_, arguments({"status", "labs", "--until", "up", "--timeout", "30s"})};
  program.until_output("connect");
  change("connect", "auth");
  program.until_output("auth (why)\n");
  change("auth", "up");
  EXPECT_EQ(program.finish(), 0);
  EXPECT_THAT(program.out, EndsWith("labs: auth -> up (why)\n"));
}

// The status that is asked for after the first change knows of the second already.
TEST_F(StatusTest, EveryChangeUpToTheOneThatIsWaitedForHasItsLine) {
  for (const auto& site : {std::vector<std::string>{"labs"}, std::vector<std::string>{}}) {
    set_state("connect");
    auto line = std::vector<std::string>{"status", "--until", "up"};
    line.insert(line.end(), site.begin(), site.end());
    Program program{loop_, arguments(line)};
    program.until_output("connect");
    change("connect", "auth");
    change("auth", "up");
    EXPECT_EQ(program.finish(), 0);
    EXPECT_THAT(program.out, EndsWith("labs: connect -> auth (why)\nlabs: auth -> up (why)\n"));
  }
}

TEST_F(StatusTest, AStateThatLastsForAMomentIsNotMissed) {
  set_state("connect");
  Program program{loop_, arguments({"status", "labs", "--until", "up"})};
  program.until_output("connect");
  change("connect", "up");
  change("up", "waiting");  // before the status is asked for again
  EXPECT_EQ(program.finish(), 0);
  EXPECT_THAT(program.out, EndsWith("labs: connect -> up (why)\n"));
}

TEST_F(StatusTest, WaitingForAllWaitsForEveryWantedSite) {
  daemon().answers("status", R"({"sites": [
      {"site": "a", "wanted": true, "state": "up"}, {"site": "b", "wanted": true, "state": "lcp"},
      {"site": "c", "wanted": false, "state": "down"}]})");
  Program program{loop_, arguments({"status", "--until", "up"})};
  program.until_output("b: lcp");
  daemon().answers("status", R"({"sites": [
      {"site": "a", "wanted": true, "state": "up"}, {"site": "b", "wanted": true, "state": "up"},
      {"site": "c", "wanted": false, "state": "down"}]})");
  daemon().publish({.topic = "state", .site = "b"}, R"({"site": "b", "from": "lcp", "to": "up"})");
  EXPECT_EQ(program.finish(), 0);
}

TEST_F(StatusTest, WaitingForAnotherStateAsksItOfAll) {
  daemon().answers("status", R"({"sites": [{"site": "a", "wanted": false, "state": "down"},
                                           {"site": "b", "wanted": true, "state": "up"}]})");
  EXPECT_EQ(tunnelctl({"status", "--until", "down", "--timeout", "10ms"}).code, 3);
}

TEST_F(StatusTest, WaitingEndsWithStatusThreeAfterItsTime) {
  set_state("waiting");
  const auto outcome = tunnelctl({"status", "labs", "--until", "up", "--timeout", "20ms"});
  EXPECT_EQ(outcome.code, 3);
  EXPECT_EQ(outcome.err, "tunnelctl: not up after 1s: labs: waiting: because\n");
}

TEST_F(StatusTest, ADaemonThatEndsEndsTheWatch) {
  set_state("up");
  Program program{loop_, arguments({"status", "--watch"})};
  program.until_output("labs: up");
  daemon().end();
  EXPECT_EQ(program.finish(), 1);
  EXPECT_EQ(program.err, "tunnelctl: tunneld has ended, or closed the connection\n");
}

TEST_F(StatusTest, AReaderThatHasEnoughEndsTheWatch) {
  set_state("up");
  Program program{loop_, arguments({"status", "--watch", "--json"})};
  program.until_output("\n");
  program.hang_up();
  EXPECT_EQ(program.finish(), 0);
  EXPECT_EQ(program.err, "");
}

class LogTest : public CtlTest {
 protected:
  static std::string record(const std::string& text) {
    return R"({"time": "2005-04-13T13:02:11Z", "type": "ppp", "site": "labs", "line": ")" + text +
           "\"}";
  }
};

TEST_F(LogTest, TheLinesAreThoseOfTheLog) {
  daemon().answers("log",
                   R"({"records": [)" + record("Apr 13 one") + ',' + record("two\\u001b") + "]}");
  const auto outcome = tunnelctl({"log"});
  EXPECT_EQ(outcome.code, 0);
  EXPECT_EQ(outcome.out, "Apr 13 one\ntwo\\x1b\n");
  EXPECT_THAT(daemon().calls, ElementsAre(R"(log{"lines":50})"));
}

TEST_F(LogTest, ItCanBeNarrowed) {
  daemon().answers("log", R"({"records": [)" + record("one") + "]}");
  EXPECT_EQ(tunnelctl({"log", "--site", "labs", "--type", "auth", "-n", "3"}).code, 0);
  EXPECT_THAT(daemon().calls, ElementsAre(R"(log{"site":"labs","type":"auth","lines":3})"));
}

TEST_F(LogTest, AsJsonEachRecordIsADocument) {
  daemon().answers("log", R"({"records": [)" + record("one") + ',' + record("two") + "]}");
  const auto outcome = tunnelctl({"log", "--json"});
  EXPECT_EQ(outcome.out, json::serialize(json::parse(record("one"))) + '\n' +
                             json::serialize(json::parse(record("two"))) + '\n');
}

TEST_F(LogTest, ASiteWithoutLinesMustExist) {
  daemon().answers("log", R"({"records": []})");
  daemon().handles("status", [](const json::object& params) -> RpcResult {
    const auto* site = params.if_contains("site");
    if (site != nullptr && *site != "labs") return RpcError{-32001, "no such site"};
    return json::parse(R"({"sites": [{"site": "labs"}]})");
  });
  EXPECT_EQ(tunnelctl({"log", "--site", "labs"}).code, 0);
  const auto outcome = tunnelctl({"log", "--site", "lab", "-f"});
  EXPECT_EQ(outcome.code, 1);
  EXPECT_THAT(outcome.err, HasSubstr("there is no site \"lab\": did you mean \"labs\"?"));
}

// What is logged between the subscription and the history's answer is in the history.
TEST_F(LogTest, FollowedNothingIsMissingAndNothingTwice) {
  daemon().handles("log", [this](const json::object&) -> RpcResult {
    daemon().publish({.topic = "log", .site = "labs", .type = "ppp"}, record("two"));
    return json::parse(R"({"records": [)" + record("one") + ',' + record("two") + "]}");
  });
  Program program{loop_, arguments({"log", "-f", "--site", "labs", "--type", "ppp"})};
  program.until_output("two\n");
  daemon().publish({.topic = "log", .site = "home", .type = "ppp"}, record("of another site"));
  daemon().publish({.topic = "log", .site = "labs", .type = "auth"}, record("of another type"));
  daemon().publish({.topic = "log", .site = "labs", .type = "ppp"}, record("three"));
  program.until_output("three\n");
  program.signal(SIGINT);
  EXPECT_EQ(program.finish(), 0);
  EXPECT_EQ(program.out, "one\ntwo\nthree\n");
  EXPECT_EQ(program.err, "");
}

TEST_F(LogTest, FollowedItEndsWithTheDaemon) {
  daemon().answers("log", R"({"records": [)" + record("one") + "]}");
  Program program{loop_, arguments({"log", "-f"})};
  program.until_output("one\n");
  daemon().end();
  EXPECT_EQ(program.finish(), 0);
  EXPECT_EQ(program.err, "tunnelctl: tunneld has ended, and its log for now\n");
}

TEST_F(LogTest, FollowedItEndsWithItsReader) {
  daemon().answers("log", R"({"records": [)" + record("one") + "]}");
  Program program{loop_, arguments({"log", "-f"})};
  program.until_output("one\n");
  program.hang_up();
  EXPECT_EQ(program.finish(), 0);
  EXPECT_EQ(program.err, "");
}

TEST_F(LogTest, AReaderThatHasEnoughIsNoError) {
  std::string records;
  for (int i = 0; i < 5000; ++i) records += (i == 0 ? "" : ",") + record(std::string(60, 'x'));
  daemon().answers("log", R"({"records": [)" + records + "]}");
  Program program{loop_, arguments({"log", "--lines", "5000"})};
  program.until_output("\n");
  program.hang_up();
  EXPECT_EQ(program.finish(), 0);
  EXPECT_EQ(program.err, "");
}

}  // namespace
}  // namespace tunnel::ctl
