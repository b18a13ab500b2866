// One site is not another: the bridges of all sites that answer share an account, and none of its
// processes gets a link that sshd has not opened to it.

#include "tests/support/gateway.hpp"
#include "tests/support/sites.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <sstream>
#include <string>
#include <vector>

namespace tunnel::test {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

/// Puts a script in the bridge's place at Labs, before anything is started: sshd asks for a ticket,
/// and runs it as it would the bridge. It has /etc/ssh/said and /etc/ssh/go to speak with the test.
void put_in_the_bridges_place(const World& world, const std::string& script) {
  world.edit("labs", "/etc/tunneld/tunneld.toml", "[gateway]\n",
             "[gateway]\nbridge = \"/etc/ssh/bridge\"\n");
  world.write("labs", "/etc/ssh/bridge",
              "#!/bin/bash\nPATH=/usr/local/sbin:$PATH\n" + script + '\n');
  world.shell("labs", "cd /etc/ssh; chmod 755 bridge; mkfifo -m 666 said go");
}

/// Says what it was told to do, and does it when the test says so.
constexpr auto kWaitingBridge = R"(
  echo "$*" >/etc/ssh/said
  read -r _ </etc/ssh/go
  exec pppd-bridge "$@")";

std::vector<std::string> words_of(const std::string& text) {
  std::istringstream in{text};
  std::vector<std::string> words;
  for (std::string word; in >> word;) words.push_back(word);
  return words;
}

/// What the script says next.
std::string heard(const World& world) {
  return world.shell("labs", "cat /etc/ssh/said");
}

void let_it_go_on(const World& world) {
  world.shell("labs", "echo >/etc/ssh/go");
}

void start_gateways(const World& world) {
  world.start_sshd();
  world.start_tunneld("labs");
  world.start_tunneld("home");
}

/// The bridge, by a process that has the account and no session of sshd's.
Finished bridge_without_a_session(const World& world, std::vector<std::string> arguments) {
  std::vector<std::string> command{"setpriv", "--reuid=pppossh", "--regid=pppossh",
                                   "--clear-groups", "pppd-bridge"};
  command.insert(command.end(), arguments.begin(), arguments.end());
  return world.exec("labs", command);
}

TEST(Claim, OfABridgesPlaceByAnotherProcessIsRefusedAndTheRealOneGetsIn) {
  World world;
  put_in_the_bridges_place(world, kWaitingBridge);
  start_gateways(world);

  auto arguments = words_of(heard(world));  // as anybody can read them in /proc
  const auto ticket = std::find(arguments.begin(), arguments.end(), "--ticket");
  ASSERT_NE(ticket, arguments.end());
  const auto stolen = bridge_without_a_session(world, arguments);
  EXPECT_EQ(stolen.status, 1);
  EXPECT_THAT(stolen.err, HasSubstr("was given to another SSH session"));
  arguments.erase(ticket, ticket + 2);
  const auto without = bridge_without_a_session(world, arguments);
  EXPECT_EQ(without.status, 1);
  EXPECT_THAT(without.err, HasSubstr("has no ticket"));
  EXPECT_EQ(text_of(world.status("labs").site, "state"), "listening");

  let_it_go_on(world);
  world.wait_until_up("home");
  world.wait_until_up("labs");
  EXPECT_THAT(log_lines(world, "labs", "auth", "was given to another SSH session"), Not(IsEmpty()));
  EXPECT_THAT(log_lines(world, "labs", "auth", "has no ticket"), Not(IsEmpty()));
}

/// A second site that Labs answers.
void add_branch(const World& world) {
  world.shell("labs",
              "cd /etc/tunneld/sites; cp --archive home.toml branch.toml; "
              "sed -i -e 's|tun0|tun1|; s|10[.]224[.]1|10.224.2|' "
              "-e 's|^authorized_keys = .*|authorized_keys = [\"" +
                  make_public_key(world, "labs") +
                  "\"]|' -e 's|^remote = .*|remote = [\"10.99.0.0/24\"]|' branch.toml");
}

// Even the bridge of a site, with all it was given, gets no other site, and its own but once.
TEST(Claim, WithTheOwnTicketIsGoodForTheOwnSiteOnce) {
  World world;
  add_branch(world);
  put_in_the_bridges_place(world, R"(
    pppd-bridge answer branch "${@:3}" </dev/null 2>&1 | cat >/etc/ssh/said
    pppd-bridge "$@" <&0 &
    read -r _ </etc/ssh/go
    pppd-bridge "$@" </dev/null 2>&1 | cat >/etc/ssh/said
    wait)");
  start_gateways(world);

  EXPECT_THAT(heard(world), HasSubstr("is for another site"));
  world.wait_until_up("home");
  world.wait_until_up("labs");
  const auto bridge = world.bridge_pid("labs");
  let_it_go_on(world);
  EXPECT_THAT(heard(world), HasSubstr("was used before"));

  EXPECT_EQ(world.bridge_pid("labs"), bridge);
  EXPECT_EQ(number_of(world.status("home").site, "established"), 1);
  EXPECT_TRUE(reaches(world, "client", "192.168.253.1"));
}

// A public key is no secret.
TEST(Claim, OfALoginUnderWaySurvivesStrangersWhoOfferItsKey) {
  World world;
  put_in_the_bridges_place(world, kWaitingBridge);
  start_gateways(world);
  heard(world);
  world.shell("home", "cp /etc/tunneld/keys/labs.pub /etc/tunneld/keys/stranger.pub");

  constexpr auto kOffers = 8;
  world.exec("home",
             {"bash", "-c",
              "for i in {1.." + std::to_string(kOffers) +
                  "}; do ssh -T -F none -i /etc/tunneld/keys/stranger.pub -o IdentitiesOnly=yes "
                  "-o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null -o BatchMode=yes "
                  "pppossh@vpn.labs.example; done"},
             60s);
  const auto log = sshd_log(world);
  int postponed = 0;
  for (auto at = log.find("Postponed publickey"); at != log.npos;
       at = log.find("Postponed publickey", at + 1)) {
    ++postponed;
  }
  EXPECT_GE(postponed, kOffers) << "sshd has asked for a ticket each time";

  let_it_go_on(world);
  world.wait_until_up("home");
}

// A line in an authorized_keys file has no ticket: the administrator says whether that will do.
TEST(Claim, ByAForcedCommandOfOnesOwnNeedsAWordInTheProfile) {
  World world;
  answer_with(world, "exec pppd-bridge answer home");
  world.edit_profile("labs", "ticket = \"none\"\n", "");
  start_gateways(world);

  world.wait_for("home", is_waiting_for("has no ticket"));
  EXPECT_THAT(log_lines(world, "labs", "auth", "has no ticket"), Not(IsEmpty()));

  do_without_tickets(world);
  EXPECT_EQ(world.tunnelctl("labs", {"reload"}).status, 0);
  EXPECT_EQ(world.tunnelctl("home", {"retry", "labs"}).status, 0);
  world.wait_until_up("home");
}

// The old daemon's tickets are not the new one's, and its sites dial again.
TEST(Claim, AcrossARestartOfTunneldIsRefusedAndMadeAgain) {
  World world;
  put_in_the_bridges_place(world, kWaitingBridge);
  start_gateways(world);
  heard(world);

  world.stop("labs", "tunneld", "KILL");
  world.start_tunneld("labs");
  auto watch = world.watch("home");  // it does not wait for long
  watch.wait_for(is_state("lcp"));
  let_it_go_on(world);
  watch.wait_for(is_waiting_for("is none of this tunneld's"));
  heard(world);
  let_it_go_on(world);
  world.wait_until_up("home");
}

}  // namespace
}  // namespace tunnel::test
