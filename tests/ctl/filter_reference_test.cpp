// The policy of the reference sites, by `tunnelctl filter test`: what Labs lets through, under
// which rule, with which records, and what it does not.

#include "tests/ctl/ctl_fixture.hpp"

#include <boost/json.hpp>

#include <sstream>

namespace tunnel::ctl {
namespace {

namespace json = boost::json;
using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::StartsWith;

const std::string kFolder = TUNNEL_SOURCE_DIR "/examples/profiles/labs/";

class ReferenceFilter : public CtlTest {
 protected:
  /// "pass @300:5", and " log p @300:5" for each record.
  std::vector<std::string> decisions(const std::vector<std::string>& packets) {
    std::vector<std::string> texts;
    for (const auto& each : documents(packets)) {
      std::string text{each.at("verdict").as_string()};
      if (!each.at("rule").is_null()) {
        text += ' ' + std::string{each.at("rule").at("rule").as_string()};
      }
      for (const auto& record : each.at("log").as_array()) {
        text += " log " + std::string{record.at("action").as_string()};
      }
      texts.push_back(text);
    }
    return texts;
  }

  std::vector<std::string> translated(const std::vector<std::string>& packets) {
    std::vector<std::string> texts;
    for (const auto& each : documents(packets)) {
      const auto& text = each.at("translated");
      texts.push_back(text.is_null() ? "" : std::string{text.as_string()});
    }
    return texts;
  }

 private:
  std::vector<json::value> documents(const std::vector<std::string>& packets) {
    std::vector<std::string> arguments{
        "filter", "test", "--rules", kFolder + "ipf.rules", "--nat", kFolder + "ipnat.rules",
        "--json"};
    arguments.insert(arguments.end(), packets.begin(), packets.end());
    const auto outcome = tunnelctl(arguments);
    EXPECT_EQ(outcome.code, 0) << outcome.err;
    std::istringstream lines{outcome.out};
    std::vector<json::value> documents;
    for (std::string line; std::getline(lines, line);) documents.push_back(json::parse(line));
    return documents;
  }
};

TEST_F(ReferenceFilter, PassesATelnetSessionInTheOrderOfTheLog) {
  const std::vector<std::string> packets{
      "in on tun0 tcp 192.168.1.215,3936 192.168.253.1,23 S",
      "out on em0 tcp 192.168.1.215,3936 192.168.253.1,23 S",
      "out on tun0 tcp 192.168.253.1,23 192.168.1.215,3936 SA ack=1",
      "in on tun0 tcp 192.168.1.215,3936 192.168.253.1,23 A seq=1 ack=1"};
  EXPECT_THAT(decisions(packets), Each("pass @300:5 log p"));
}

TEST_F(ReferenceFilter, HidesHomeBehindTheGatewayAndBringsRepliesBack) {
  const std::vector<std::string> packets{
      "in on tun0 icmp 192.168.1.215 192.168.253.1 echo query=9",
      "out on em0 icmp 192.168.1.215 192.168.253.1 echo query=9",
      "in on em0 icmp 192.168.253.1 192.168.253.4 echorep query=9",
      "out on tun0 icmp 192.168.253.1 192.168.1.215 echorep query=9",
      "out on em1 icmp 192.168.1.215 172.16.1.100 echo query=9"};
  EXPECT_THAT(translated(packets),
              ElementsAre("in on tun0 icmp 192.168.1.215 192.168.253.1 echo query=9",
                          "out on em0 icmp 192.168.253.4 192.168.253.1 echo query=9",
                          "in on em0 icmp 192.168.253.1 192.168.1.215 echorep query=9",
                          "out on tun0 icmp 192.168.253.1 192.168.1.215 echorep query=9",
                          "out on em1 icmp 172.16.1.4 172.16.1.100 echo query=9"));
  EXPECT_THAT(translated({"in on tun0 tcp 192.168.1.215,3936 192.168.253.1,23 S",
                          "out on em0 tcp 192.168.1.215,3936 192.168.253.1,23 S"})
                  .at(1),
              StartsWith("out on em0 tcp 192.168.253.4,"));
}

TEST_F(ReferenceFilter, PassesTheServicesThatAreNamedUnderTheirRules) {
  EXPECT_THAT(decisions({"in on tun0 tcp 192.168.1.215,1 192.168.253.9,21 S",
                         "in on tun0 tcp 192.168.1.215,1 192.168.253.9,9950 S",
                         "in on tun0 tcp 192.168.1.215,1 172.16.1.100,1433 S",
                         "in on tun0 tcp 192.168.1.215,1 192.168.253.9,22 S",
                         "in on tun0 tcp 192.168.1.215,1 192.168.253.9,23 S",
                         "in on tun0 tcp 192.168.1.6,1 192.168.253.2,53 S",
                         "in on tun0 udp 192.168.1.8,1 192.168.253.2,53",
                         "in on tun0 tcp 192.168.1.215,1 192.168.253.9,80 S",
                         "in on tun0 tcp 192.168.1.215,1 192.168.253.9,3389 S",
                         "in on tun0 icmp 192.168.1.215 192.168.253.9 echo"}),
              ElementsAre("pass @300:1 log p", "pass @300:2 log p", "pass @300:3 log p",
                          "pass @300:4 log p", "pass @300:5 log p", "pass @300:6 log p",
                          "pass @300:7 log p", "pass @300:8 log p", "pass @300:9 log p",
                          "pass @300:10 log p"));
}

TEST_F(ReferenceFilter, BlocksAndLogsEverythingElseFromTheTunnel) {
  EXPECT_THAT(decisions({"in on tun0 tcp 192.168.1.215,1 192.168.253.9,25 S",
                         "in on tun0 tcp 192.168.1.215,1 192.168.253.9,9900 S",
                         "in on tun0 tcp 192.168.1.215,1 192.168.253.9,9990 S",
                         "in on tun0 tcp 192.168.1.215,1 172.16.1.101,1433 S",
                         "in on tun0 tcp 192.168.1.215,1 192.168.253.9,22 A",
                         "in on tun0 tcp 10.0.0.1,1 192.168.253.2,53 S",
                         "in on tun0 udp 192.168.1.6,1 192.168.253.2,53",
                         "in on tun0 47 192.168.1.215 192.168.253.9"}),
              Each("block @300:11 log b"));
}

TEST_F(ReferenceFilter, BlocksFragmentsWithOptionsAndThoseInsideAHeaderOnEveryInterface) {
  EXPECT_THAT(decisions({"in on em0 udp 1.1.1.1,1 2.2.2.2,2 opt lsrr mf",
                         "in on tun0 tcp 1.1.1.1,1 2.2.2.2,2 off=8 len=8"}),
              ElementsAre("block @0:1 log b", "block @0:2 log b"));
}

TEST_F(ReferenceFilter, LetsLabsNameServerReachHomes) {
  const std::vector<std::string> packets{"in on em0 tcp 192.168.253.2,1 192.168.253.3,53 S",
                                         "out on tun0 tcp 192.168.253.2,1 192.168.1.6,53 S",
                                         "in on tun0 tcp 192.168.1.6,53 192.168.253.2,1 SA ack=1",
                                         "out on em0 tcp 192.168.1.6,53 192.168.253.2,1 SA ack=1"};
  EXPECT_THAT(decisions(packets), ElementsAre("pass @0:4", "pass @350:2 log p", "pass @350:2 log p",
                                              "pass @350:2 log p"));
  EXPECT_THAT(translated(packets),
              ElementsAre("in on em0 tcp 192.168.253.2,1 192.168.1.6,53 S",
                          "out on tun0 tcp 192.168.253.2,1 192.168.1.6,53 S",
                          "in on tun0 tcp 192.168.1.6,53 192.168.253.2,1 SA ack=1",
                          "out on em0 tcp 192.168.253.3,53 192.168.253.2,1 SA ack=1"));
}

TEST_F(ReferenceFilter, LetsNothingElseReachHome) {
  EXPECT_THAT(
      decisions({"out on tun0 icmp 192.168.253.9 192.168.1.6 echo",
                 "out on tun0 tcp 192.168.253.9,1 192.168.1.6,53 S",
                 "out on tun0 tcp 192.168.253.2,1 192.168.1.7,53 S",
                 "out on tun0 udp 192.168.253.2,1 192.168.1.6,53"}),
      ElementsAre("pass @350:1", "block @350:3 log b", "block @350:3 log b", "block @350:3 log b"));
}

TEST_F(ReferenceFilter, LeavesLabsOwnNetworksAlone) {
  EXPECT_THAT(decisions({"in on lo0 udp 127.0.0.1,1 127.0.0.1,2", "out on lo0 47 1.1.1.1 2.2.2.2",
                         "in on em0 udp 192.168.253.9,1 192.168.253.4,2",
                         "out on em1 udp 172.16.1.4,1 172.16.1.100,2",
                         "in on eth9 udp 1.1.1.1,1 2.2.2.2,2"}),
              ElementsAre("pass @0:3", "pass @0:1", "pass @0:4", "pass @0:3", "nomatch"));
}

TEST_F(ReferenceFilter, RemembersTheFragmentsOfWhatItPassed) {
  EXPECT_THAT(decisions({"in on tun0 tcp 192.168.1.215,1 192.168.253.9,22 S mf id=7",
                         "in on tun0 tcp 192.168.1.215,0 192.168.253.9,0 id=7 off=24 len=8",
                         "in on tun0 tcp 192.168.1.215,0 192.168.253.9,0 id=8 off=24 len=8"}),
              ElementsAre("pass @300:4 log p", "pass @300:4 log p", "block @300:11 log b"));
}

}  // namespace
}  // namespace tunnel::ctl
