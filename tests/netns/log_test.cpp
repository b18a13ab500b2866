// The audit logs of both ends: who was connected, from where, when and why no more.

#include "tests/support/gateway.hpp"
#include "tests/support/sites.hpp"
#include "tests/support/tcp_stream.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <string>
#include <vector>

namespace tunnel::test {
namespace {

using testing::AllOf;
using testing::Contains;
using testing::ContainsRegex;
using testing::Each;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::MatchesRegex;
using testing::Not;

constexpr auto kPppLog = "/var/log/tunneld/ppp.log";

/// A link that was up and is closed.
void use_a_link(const World& world) {
  world.start();
  EXPECT_TRUE(reaches(world, "client", "192.168.253.1"));
  world.tunnelctl("home", {"down", "labs"});
  world.wait_for("home", is_state("down"));
  world.wait_for("labs", is_state("listening"));
}

TEST(PppLog, IsInTheMannerOfFreeBsd) {
  World world;
  use_a_link(world);

  const auto home = log_lines(world, "home", "ppp");
  const auto labs = log_lines(world, "labs", "ppp");

  EXPECT_THAT(home, Each(MatchesRegex("[A-Z][a-z]+ [ 0-9][0-9] [0-9]+:[0-9]+:[0-9]+ talisker "
                                      "tunneld\\[[0-9]+\\]: tun0: (Link|LCP|IPCP): .*")));
  EXPECT_THAT(labs, Each(MatchesRegex("[A-Z][a-z]+ [ 0-9][0-9] [0-9]+:[0-9]+:[0-9]+ labs-gateway "
                                      "tunneld\\[[0-9]+\\]: tun0: (Link|LCP|IPCP): .*")));
  EXPECT_THAT(home, Contains(HasSubstr("IPCP: myaddr 10.224.1.1 hisaddr 10.224.1.2")));
  EXPECT_THAT(labs, Contains(HasSubstr("IPCP: myaddr 10.224.1.2 hisaddr 10.224.1.1")));
  for (const auto* lines : {&home, &labs}) {
    EXPECT_THAT(*lines, Contains(ContainsRegex("LCP: SendConfigReq\\([0-9]+\\) state = ")));
    EXPECT_THAT(*lines, Contains(ContainsRegex("LCP: RecvConfigAck\\([0-9]+\\) state = ")));
    EXPECT_THAT(*lines, Contains(ContainsRegex("LCP:  MRU\\[4\\] 1500")));
    EXPECT_THAT(*lines, Contains(ContainsRegex("IPCP:  IPADDR\\[6\\] 10.224.1.[12]")));
    EXPECT_THAT(*lines, Contains(HasSubstr("LCP: LayerUp")));
    EXPECT_THAT(*lines, Contains(HasSubstr("IPCP: LayerUp")));
  }
  EXPECT_THAT(home, Contains(HasSubstr("LCP: RecvIdent: Labs Network")));
  EXPECT_THAT(labs, Contains(HasSubstr("LCP: RecvIdent: HOME Network")));
}

TEST(PppLog, TellsWhyALinkEndedAndWhatItCarried) {
  World world;
  use_a_link(world);

  EXPECT_THAT(log_lines(world, "home", "ppp", "Link: LayerUp"),
              Contains(HasSubstr("10.224.1.1 -> 10.224.1.2 mru 1500 via libssh2")));
  EXPECT_THAT(log_lines(world, "home", "ppp", "Link: LayerDown"),
              Contains(AllOf(HasSubstr("tunnelctl down"), ContainsRegex("[1-9][0-9]* bytes"),
                             ContainsRegex("[0-9]+ s"))));
  EXPECT_THAT(log_lines(world, "labs", "ppp", "Link: LayerDown"),
              Contains(AllOf(HasSubstr("peer closed"), ContainsRegex("[1-9][0-9]* bytes"))));
}

TEST(AuthLog, NamesTheSiteTheAddressAndTheKey) {
  World world;
  use_a_link(world);
  const auto key = fingerprint(world, public_key_in(world, "home", "/etc/tunneld/keys/labs.pub"));

  EXPECT_THAT(log_lines(world, "labs", "auth", "accepted"),
              Contains(AllOf(ContainsRegex("labs-gateway tunneld\\[[0-9]+\\]: home: accepted from "
                                           "198.51.100.10 port [0-9]+"),
                             HasSubstr(key))));
  EXPECT_THAT(log_lines(world, "home", "auth", "connected"),
              Contains(AllOf(HasSubstr("labs: connected as pppossh"), HasSubstr("203.0.113.4"))));
}

TEST(Log, GoesOnInANewFileWhenTheOldOneWasRenamed) {
  World world;
  use_a_link(world);
  const auto before = log_lines(world, "home", "ppp");
  std::filesystem::rename(world.file("home", kPppLog),
                          world.file("home", std::string{kPppLog} + ".1"));

  world.tunnelctl("home", {"up", "labs"});
  world.wait_until_up("home");

  EXPECT_THAT(log_lines(world, "home", "ppp"), Contains(HasSubstr("Link: LayerUp")));
  EXPECT_THAT(before, Contains(HasSubstr("Link: LayerDown")));
  const auto old = world.read("home", std::string{kPppLog} + ".1");
  EXPECT_EQ(std::count(old.begin(), old.end(), '\n'), static_cast<std::ptrdiff_t>(before.size()));
}

// notes/faults.md #15.
TEST(Log, OnAFullDiskCostsLinesWhichAreCountedAndNoPackets) {
  World world;
  world.shell("home",
              "mount -t tmpfs -o size=64k,mode=750,uid=tunneld log /var/log/tunneld; "
              "fallocate -l 60k /var/log/tunneld/something");
  world.start();
  Conversation inside{world, "client", "routera", "192.168.253.1"};
  for (std::int64_t count = 2; number_of(world.status("home").gateway, "lost_log_lines") == 0;
       ++count) {
    ASSERT_LE(count, 6) << "the disk does not fill up";
    ProcessHandle{world.bridge_pid("home")}.kill();
    auto watch = world.watch("home");
    watch.wait_for(is_state("waiting"));
    world.tunnelctl("home", {"retry", "labs"});
    watch.wait_for(is_established(count));
    inside.goes_on();
  }
  EXPECT_THAT(world.tunnelctl("home", {"status"}).out, ContainsRegex("[0-9]+ log lines? lost"));

  world.output("home", {"rm", "/var/log/tunneld/something"});
  world.tunnelctl("home", {"restart", "labs"});
  world.wait_until_up("home");

  EXPECT_THAT(log_lines(world, "home", "ppp", "lines were lost here"), Not(IsEmpty()));
  inside.goes_on();
}

}  // namespace
}  // namespace tunnel::test
