// The verbs `filter show` and `filter test`, which need no daemon.

#include "tests/ctl/ctl_fixture.hpp"

#include <boost/json.hpp>

#include <fstream>
#include <sstream>

namespace tunnel::ctl {
namespace {

namespace json = boost::json;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::StartsWith;

class Filter : public CtlTest {
 protected:
  Filter() {
    folder_.write("ipf.rules",
                  "# policy\nblock in all\npass in log quick on tun0 proto tcp from any to any "
                  "port = 23 flags S keep state\n");
    folder_.write("ipnat.rules",
                  "map em0 192.168.1.0/24 -> 192.168.253.4/32 portmap tcp/udp auto\n");
  }

  std::string path(const std::string& name) const { return (folder_.path / name).native(); }

  Outcome show(std::vector<std::string> rest = {}) {
    rest.insert(rest.begin(), {"filter", "show", "--rules", path("ipf.rules")});
    return tunnelctl(rest);
  }

  Outcome test(std::vector<std::string> rest) {
    rest.insert(rest.begin(), {"filter", "test", "--rules", path("ipf.rules")});
    return tunnelctl(rest);
  }
};

constexpr const char* kTelnet = "in on tun0 tcp 192.168.1.215,3936 192.168.253.1,23 S";

TEST_F(Filter, ShowPrintsTheCanonicalForm) {
  const auto outcome = show();
  EXPECT_EQ(outcome.code, 0);
  EXPECT_EQ(outcome.err, "");
  EXPECT_EQ(outcome.out,
            "block in all\npass in log quick on tun0 proto tcp from any to any port = 23 flags "
            "S/FSRPAU keep state\n");
  folder_.write("again.rules", outcome.out);
  EXPECT_EQ(tunnelctl({"filter", "show", "--rules", path("again.rules")}).out, outcome.out);
}

TEST_F(Filter, ShowPrintsTranslationRulesBelow) {
  EXPECT_THAT(show({"--nat", path("ipnat.rules")}).out,
              HasSubstr("\n\n# " + path("ipnat.rules") +
                        "\nmap em0 192.168.1.0/24 -> "
                        "192.168.253.4/32 portmap tcp/udp auto\n"));
}

TEST_F(Filter, ShowAsJsonNamesTheRulesAsTheLogDoes) {
  const auto document = json::parse(show({"--nat", path("ipnat.rules"), "--json"}).out);
  EXPECT_TRUE(document.at("ok").as_bool());
  const auto& rule = document.at("rules").at(1);
  EXPECT_EQ(rule.at("rule").as_string(), "@0:2");
  EXPECT_EQ(rule.at("line").as_int64(), 3);
  EXPECT_THAT(std::string{rule.at("text").as_string()}, StartsWith("pass in log quick"));
  EXPECT_EQ(document.at("nat").at(0).at("line").as_int64(), 1);
}

TEST_F(Filter, EveryMistakeIsShownWithItsPlaceAndAHint) {
  folder_.write("ipf.rules", "blok in all\npass in all\npass in proto icmp all flags S\n");
  folder_.write("ipnat.rules", "map em0 ::1 -> 0/32\n");
  const auto outcome = show({"--nat", path("ipnat.rules")});
  EXPECT_EQ(outcome.code, 1);
  EXPECT_EQ(outcome.out, "");
  EXPECT_THAT(outcome.err, HasSubstr("ipf.rules:1:1-5: error: \"blok\" is not an action\n"
                                     "    blok in all\n    ^~~~\nhint: did you mean \"block\"?\n"));
  EXPECT_THAT(outcome.err, HasSubstr("ipf.rules:3:24-29: error: only TCP has flags\n"));
  EXPECT_THAT(outcome.err, HasSubstr("ipnat.rules:1:9-12: error: addresses of IPv6"));
  EXPECT_THAT(outcome.err, HasSubstr("3 mistakes in 2 files\n"));
}

TEST_F(Filter, MistakesAsJsonAreADocument) {
  folder_.write("ipf.rules", "blok in all\n");
  const auto outcome = test({kTelnet, "--json"});
  EXPECT_EQ(outcome.code, 1);
  const auto document = json::parse(outcome.out);
  EXPECT_FALSE(document.at("ok").as_bool());
  EXPECT_EQ(document.at("diagnostics").at(0).at("line").as_int64(), 1);
}

TEST_F(Filter, AFileThatIsNotThereIsAnErrorThatNamesIt) {
  const auto outcome = tunnelctl({"filter", "show", "--rules", path("none.rules")});
  EXPECT_EQ(outcome.code, 1);
  EXPECT_THAT(outcome.err, HasSubstr("cannot read " + path("none.rules") + ": No such file"));
  EXPECT_EQ(test({"--packets", path("none.txt")}).code, 1);
  EXPECT_EQ(tunnelctl({"filter", "show", "--rules", path("")}).code, 1);  // a folder
}

TEST_F(Filter, TestPrintsAVerdictALine) {
  const auto outcome = test({kTelnet, "in on tun0 udp 1.1.1.1,1 2.2.2.2,2",
                             "out on tun0 tcp 192.168.253.1,23 192.168.1.215,3936 SA ack=1",
                             "out udp 1.1.1.1,1 2.2.2.2,2", "in tcp 1.1.1.1,1 2.2.2.2,2 body=3"});
  EXPECT_EQ(outcome.code, 0);
  EXPECT_EQ(outcome.err, "");
  EXPECT_EQ(outcome.out, "pass\nblock\npass\nnomatch\nbad-packet\n");
}

TEST_F(Filter, TestTakesOnePacketWithoutQuotes) {
  EXPECT_EQ(test({"in", "on", "tun0", "tcp", "1.1.1.1,1", "2.2.2.2,23", "S"}).out, "pass\n");
}

TEST_F(Filter, TestPrintsTheVerdictsOfBlockedPackets) {
  folder_.write("ipf.rules",
                "block return-rst in proto tcp all\nblock return-icmp in proto udp all\n"
                "block return-icmp-as-dest in proto icmp all\n");
  EXPECT_EQ(test({"in tcp 1.1.1.1,1 2.2.2.2,2 S", "in udp 1.1.1.1,1 2.2.2.2,2",
                  "in icmp 1.1.1.1 2.2.2.2 echo"})
                .out,
            "block return-rst\nblock return-icmp\nblock return-icmp-as-dest\n");
}

TEST_F(Filter, TestReadsPacketsFromAFileInWhichTimeMayPass) {
  folder_.write("ipf.rules", "block out all\npass in quick proto udp all keep state\n");
  folder_.write("packets",
                "# a query, its answer, and one that comes too late\n"
                "in udp 1.1.1.1,1 2.2.2.2,53\n\nout udp 2.2.2.2,53 1.1.1.1,1\n"
                "after 12s\nout udp 2.2.2.2,53 1.1.1.1,1\n");
  EXPECT_EQ(test({"--packets", path("packets")}).out, "pass\npass\nblock\n");
}

TEST_F(Filter, TestShowsThePacketsThatGoOnAsTranslated) {
  const auto outcome =
      test({"--nat", path("ipnat.rules"), "out on em0 icmp 192.168.1.215 192.168.253.1 echo",
            "out on em0 tcp 192.168.1.215,3936 192.168.253.1,23 S", "in udp 1.1.1.1,1 2.2.2.2,2"});
  std::istringstream lines{outcome.out};
  std::vector<std::string> all;
  for (std::string line; std::getline(lines, line);) all.push_back(line);
  EXPECT_THAT(all, ElementsAre("nomatch", "out on em0 icmp 192.168.1.215 192.168.253.1 echo",
                               "nomatch", StartsWith("out on em0 tcp 192.168.253.4,"), "block"));
  EXPECT_EQ(
      test({"--nat", path("ipnat.rules"), "out on em0 tcp 192.168.1.215,3936 1.1.1.1,23 S"}).out,
      test({"--nat", path("ipnat.rules"), "out on em0 tcp 192.168.1.215,3936 1.1.1.1,23 S"}).out);
}

TEST_F(Filter, TestKnowsAddressesOfInterfacesThatItIsTold) {
  folder_.write("ipnat.rules", "map em0 10.0.0.0/8 -> 0/32\n");
  const auto* packet = "out on em0 47 10.0.0.1 8.8.8.8";
  EXPECT_EQ(test({"--nat", path("ipnat.rules"), packet}).out, "block\n");
  EXPECT_EQ(test({"--nat", path("ipnat.rules"), "--address", "em0=192.0.2.1", packet}).out,
            "nomatch\nout on em0 47 192.0.2.1 8.8.8.8\n");
  const auto wrong = test({"--address", "em0", packet});
  EXPECT_EQ(wrong.code, 2);
  EXPECT_THAT(wrong.err, HasSubstr("as em0=192.0.2.1"));
}

TEST_F(Filter, RulesOfASiteHaveTheVariablesThatAreGiven) {
  folder_.write("ipf.rules", "pass in on $interface from $remote to any\n");
  const auto unset = show();
  EXPECT_EQ(unset.code, 1);
  EXPECT_THAT(unset.err, HasSubstr("\"$interface\" stands for nothing here"));
  EXPECT_EQ(show({"--set", "interface=tun7", "--set", "remote=10.224.1.1"}).out,
            "pass in on tun7 from 10.224.1.1 to any\n");
  EXPECT_THAT(show({"--set", "interface"}).err, HasSubstr("as local=10.224.1.2"));
  EXPECT_EQ(test({"--set", "interface=em0", "--set", "remote=1.1.1.1",
                  "in on em0 udp 1.1.1.1,1 2.2.2.2,2"})
                .out,
            "pass\n");
}

TEST_F(Filter, TestMayBlockByDefault) {
  EXPECT_EQ(test({"--block-by-default", "out udp 1.1.1.1,1 2.2.2.2,2"}).out, "block\n");
}

TEST_F(Filter, TestExplainsWhatMatchedAndWhy) {
  const auto outcome = test({"--explain", kTelnet});
  const auto file = path("ipf.rules");
  EXPECT_EQ(
      outcome.out,
      "in on tun0 tcp 192.168.1.215,3936 192.168.253.1,23 S\n"
      "    matches @0:1 block in all (" +
          file +
          ":2)\n"
          "    matches @0:2 pass in log quick on tun0 proto tcp from any to any port = 23 flags "
          "S/FSRPAU keep state (" +
          file +
          ":3)\n"
          "    makes a state by @0:2\n"
          "    is decided by @0:2: quick: no rule behind it is asked\n"
          "    is logged: @0:2 p, level local0.notice\n"
          "pass\n");
}

TEST_F(Filter, TestExplainsStatesDefaultsAndBadPackets) {
  const auto outcome =
      test({"--explain", kTelnet, "out on em0 tcp 192.168.1.215,3936 192.168.253.1,23 S",
            "out udp 1.1.1.1,1 2.2.2.2,2", "in tcp 1.1.1.1,1 2.2.2.2,2 body=3",
            "in on tun0 tcp 192.168.1.215,3936 192.168.253.1,23 A seq=999999"});
  EXPECT_THAT(outcome.out, HasSubstr("    belongs to the state made by @0:2"));
  EXPECT_THAT(outcome.out, HasSubstr(": by its state, and no rule is asked\n"));
  EXPECT_THAT(outcome.out, HasSubstr("    no rule matches: the default decides\nnomatch\n"));
  EXPECT_THAT(outcome.out, HasSubstr("    is dropped: the first fragment does not hold"));
  EXPECT_THAT(outcome.out, HasSubstr("    has a state, but is outside its TCP windows"));
}

TEST_F(Filter, TestAsJsonIsADocumentAPacket) {
  const auto outcome = test({"--json", "--explain", kTelnet, "in tcp 1.1.1.1,1 2.2.2.2,2 body=3"});
  std::istringstream lines{outcome.out};
  std::string line;
  std::getline(lines, line);
  const auto first = json::parse(line);
  EXPECT_EQ(first.at("packet").as_string(), kTelnet);
  EXPECT_EQ(first.at("verdict").as_string(), "pass");
  EXPECT_EQ(first.at("rule").at("rule").as_string(), "@0:2");
  EXPECT_EQ(first.at("rule").at("line").as_int64(), 3);
  EXPECT_EQ(first.at("log").at(0).at("action").as_string(), "p");
  EXPECT_EQ(first.at("log").at(0).at("keep_state").as_bool(), true);
  EXPECT_EQ(first.at("steps").at(3).at("step").as_string(), "decided");
  EXPECT_TRUE(first.at("translated").is_null());
  std::getline(lines, line);
  EXPECT_EQ(json::parse(line).at("verdict").as_string(), "bad-packet");
}

TEST_F(Filter, TestReadsOctetsInHexadecimal) {
  const std::string octets =
      "45 00 0028 0000 0000 4006 0000 c0a801d7 c0a8fd01 0f60 0017 00000000 00000000 5002 1000 0000 "
      "0000";
  EXPECT_EQ(test({"--hex", "in on em0 " + octets, octets, "in on tun0 " + octets}).out,
            "block\nblock\npass\n");
  folder_.write("packets", "[in,tun0]\n" + octets.substr(0, 40) + "\n" + octets.substr(40) +
                               "\n\n[out,tun0]\n" + octets + "\n");
  EXPECT_EQ(test({"--hex", "--packets", path("packets")}).out, "pass\npass\n");
  folder_.write("bare", octets.substr(0, 40) + "\n" + octets.substr(40) + "\n\n" + octets +
                            "\nin on tun0 " + octets);
  EXPECT_EQ(test({"--hex", "--packets", path("bare")}).out, "block\nblock\npass\n");
  EXPECT_EQ(test({"--hex", "in 4500"}).out, "bad-packet\n");
}

TEST_F(Filter, TestAnswersWrongPacketsWithTheirPlace) {
  folder_.write("packets", "in tcp 1.1.1.1,1 2.2.2.2,2 S\nsideways 1.1.1.1 2.2.2.2\nafter lunch\n");
  const auto outcome = test({"--packets", path("packets")});
  EXPECT_EQ(outcome.code, 1);
  EXPECT_EQ(outcome.out, "");
  EXPECT_THAT(outcome.err, HasSubstr("packets:2:1-9: error: a packet goes in or out"));
  EXPECT_THAT(outcome.err, HasSubstr("packets:3:1-12: error: \"lunch\" is not a time"));
  EXPECT_THAT(outcome.err, HasSubstr("2 mistakes in 1 file\n"));
  EXPECT_THAT(test({"in foo 1.1.1.1 2.2.2.2"}).err, StartsWith("packet 1:1:4-7: error: \"foo\""));
  EXPECT_THAT(test({"--hex", "in on em0 nonsense here"}).err, HasSubstr("no octets"));
  EXPECT_THAT(test({"--hex", "[in,em0 here"}).err, HasSubstr("expected ]"));
  EXPECT_THAT(test({"--hex", "[up,em0] 45"}).err, HasSubstr("expected ]"));
}

TEST_F(Filter, MistakesOnTheCommandLineAreUsage) {
  EXPECT_EQ(tunnelctl({"filter"}).code, 2);
  EXPECT_EQ(tunnelctl({"filter", "show"}).code, 2);
  EXPECT_EQ(test({}).code, 2);
  EXPECT_THAT(test({}).err, HasSubstr("name packets, or a file of them"));
  EXPECT_EQ(test({"--packets", "a", kTelnet}).code, 2);
  EXPECT_EQ(test({"--help"}).code, 0);
}

}  // namespace
}  // namespace tunnel::ctl
