// One profile: what it may hold, and that everything wrong in it is told in one run.

#include "tests/config/profiles.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tunnel::config {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

Site site(std::string profile) {
  auto loaded = parse_alone(site_file("labs", std::move(profile)), make_facts());
  for (const auto& diagnostic : loaded.diagnostics) ADD_FAILURE() << explain(diagnostic);
  return loaded.configuration
             ? std::move(loaded.configuration->sites.at(0))
             : Site{.name = *SiteName::parse("none"),
                    .ssh = Dial{},
                    .ppp = {.interface = *InterfaceName::parse("none"), .local = {}, .remote = {}}};
}

TEST(Profile, ThatDialsHasDefaultsForAllItDoesNotSay) {
  const auto labs = site(dial_profile());
  EXPECT_EQ(labs.name.str(), "labs");
  EXPECT_EQ(labs.file, "sites/labs.toml");
  EXPECT_EQ(labs.description, "");
  EXPECT_EQ(labs.autostart, Autostart::Yes);
  ASSERT_EQ(labs.role(), Role::Dial);
  EXPECT_EQ(labs.answer(), nullptr);
  EXPECT_EQ(*labs.dial(), (Dial{.host = "vpn.labs.example",
                                .port = 22,
                                .user = "pppossh",
                                .identity = "/etc/tunneld/keys/labs",
                                .host_keys = {std::string{kHostKey}},
                                .client = SshClient::Libssh2,
                                .ssh_config = ""}));
  EXPECT_EQ(labs.ppp, (Ppp{.interface = *InterfaceName::parse("tun0"),
                           .local = {*Ipv4Address::parse("10.224.1.1")},
                           .remote = {*Ipv4Address::parse("10.224.1.2")},
                           .ident = "",
                           .mru = {1500},
                           .echo_interval = 1s,
                           .echo_failures = 3}));
  EXPECT_EQ(labs.routes,
            (Routes{.remote = {*Prefix::parse("192.168.253.0/24"), *Prefix::parse("172.16.1.0/24")},
                    .metric = 50,
                    .on_down = OnDown::Hold}));
  EXPECT_EQ(labs.reconnect, (Reconnect{.min = 1s, .max = 60s, .attempts = 0}));
}

TEST(Profile, ThatAnswersHasKeysInsteadOfAHost) {
  const auto home = site(answer_profile());
  ASSERT_EQ(home.role(), Role::Answer);
  EXPECT_EQ(home.dial(), nullptr);
  ASSERT_EQ(home.answer()->authorized_keys.size(), 1U);
  const auto& key = home.answer()->authorized_keys.front();
  EXPECT_EQ(key.type + ' ' + key.base64, kHomeKey);
  EXPECT_EQ(key.comment, "talisker");
  EXPECT_THAT(home.answer()->from, IsEmpty());
}

TEST(Profile, TakesEveryKeyOfASiteThatDials) {
  const auto labs = site(
      R"([site]
description = "Labs Network"
role = "dial"
autostart = false
[ssh]
host = "2001:db8::7"
port = 2222
user = "ppp"
identity = "/root/../etc/tunneld/keys/rsa"
agent = "agent/socket"
host_key = [")" +
      std::string{kHostKey} +
      R"( old", "ecdsa-sha2-nistp256 AAAAE2VjZHNhLXNoYTItbmlzdHAyNTYAAAAIbmlzdHAyNTYAAABBBAaR/r8tHQcg5KHDcuUvtU9RTRJ4UJXqfSuaYXYIfMQ97WMGZzu41O/XO4gEbmfIJpwqezuvU6YG11/+SoJ7CaQ="]
client = "openssh"
ssh_config = "ssh_config"
[ppp]
interface = "to-labs"
local = "10.224.1.1"
remote = "10.224.1.2"
ident = "HOME Network"
mru = 1400
echo_interval = "500ms"
echo_failures = 5
[routes]
remote = []
metric = 7
on_down = "withdraw"
[reconnect]
min = "2s"
max = "5m"
attempts = 9
)");
  EXPECT_EQ(labs.description, "Labs Network");
  EXPECT_EQ(labs.autostart, Autostart::No);
  const auto& dial = *labs.dial();
  EXPECT_EQ(dial.host, "2001:db8::7");
  EXPECT_EQ(dial.port, 2222);
  EXPECT_EQ(dial.user, "ppp");
  EXPECT_EQ(dial.identity, "/etc/tunneld/keys/rsa");
  EXPECT_EQ(dial.agent, "/etc/tunneld/agent/socket");
  EXPECT_THAT(dial.host_keys, ElementsAre(kHostKey, HasSubstr("ecdsa-sha2-nistp256 AAAA")));
  EXPECT_EQ(dial.client, SshClient::Openssh);
  EXPECT_EQ(dial.ssh_config, "/etc/tunneld/ssh_config");
  EXPECT_EQ(labs.ppp.interface.str(), "to-labs");
  EXPECT_EQ(labs.ppp.ident, "HOME Network");
  EXPECT_EQ(labs.ppp.mru.bytes, 1400);
  EXPECT_EQ(labs.ppp.echo_interval, 500ms);
  EXPECT_EQ(labs.ppp.echo_failures, 5U);
  EXPECT_THAT(labs.routes.remote, IsEmpty());
  EXPECT_EQ(labs.routes.metric, 7U);
  EXPECT_EQ(labs.routes.on_down, OnDown::Withdraw);
  EXPECT_EQ(labs.reconnect, (Reconnect{.min = 2s, .max = 5min, .attempts = 9}));
}

TEST(Profile, TakesTheSourcesOfASiteThatAnswers) {
  const auto home = site(
      with(answer_profile(), "[ssh]\n", "[ssh]\nfrom = [\"198.51.100.0/24\", \"2001:db8::7\"]\n"));
  EXPECT_THAT(home.answer()->from, ElementsAre("198.51.100.0/24", "2001:db8::7/128"));
}

TEST(Profile, ThatAnswersAsksForATicketUnlessItSaysOtherwise) {
  EXPECT_EQ(site(answer_profile()).answer()->ticket, Ticket::Require);
  const auto with_ticket = [](const std::string& value) {
    return site(with(answer_profile(), "[ssh]\n", "[ssh]\nticket = \"" + value + "\"\n"));
  };
  EXPECT_EQ(with_ticket("require"), site(answer_profile()));
  EXPECT_EQ(with_ticket("none").answer()->ticket, Ticket::None);
}

TEST(Profile, IsReadWithDottedKeysAndInlineTablesToo) {
  const auto text = with(dial_profile(),
                         "[ppp]\ninterface = \"tun0\"\nlocal = \"10.224.1.1\"\n"
                         "remote = \"10.224.1.2\"\n",
                         "");
  const auto dotted =
      "ppp.interface = \"tun0\"\nppp.local = \"10.224.1.1\"\n"
      "ppp.remote = \"10.224.1.2\"\n" +
      text;
  const auto in_line =
      "ppp = {interface = \"tun0\", local = \"10.224.1.1\", remote = \"10.224.1.2\"}\n" + text;
  EXPECT_EQ(site(dotted), site(dial_profile()));
  EXPECT_EQ(site(in_line), site(dial_profile()));
}

TEST(Profile, IsTheSameWithOtherLineEnds) {
  std::string text;
  for (const char c : dial_profile()) {
    if (c == '\n') text += '\r';
    text += c;
  }
  EXPECT_EQ(site(text), site(dial_profile()));
}

TEST(Profile, ThatChangedIsNotEqual) {
  const auto before = site(dial_profile());
  EXPECT_EQ(site(dial_profile()), before);
  EXPECT_NE(site(dial_with("keys/labs", "keys/ecdsa")), before);
  EXPECT_NE(site(dial_profile() + "metric = 51\n"), before);
  EXPECT_NE(site(dial_with("172.16.1.0/24", "172.16.2.0/24")), before);
}

TEST(Mistakes, AreAllToldInOneRunFromTopToBottom) {
  const auto mistakes = mistakes_in(R"([site]
role = "dail"
colour = 1
[ssh]
host = "a b"
port = "22"
identity = "keys/open"
host_key = ["ssh-rsa AAAA", "hello"]
[ppp]
interface = "lo"
local = "10.224.1.300"
remot = "10.224.1.2"
mru = 3
[routes]
remote = ["192.168.1.1/24", 7, "0.0.0.0/0"]
on_down = "up"
[reconnect]
min = "1 s"
[filters]
)");
  std::vector<unsigned> lines;
  for (const auto& mistake : mistakes) {
    lines.push_back(mistake.line);
    EXPECT_FALSE(mistake.hint.empty()) << mistake.message;
    EXPECT_FALSE(mistake.source_line.empty()) << mistake.message;
    EXPECT_LT(mistake.first_column, mistake.last_column) << mistake.message;
  }
  EXPECT_THAT(lines, ElementsAre(2, 3, 5, 6, 7, 8, 8, 10, 11, 12, 13, 15, 15, 15, 16, 18, 19));
}

TEST(Mistakes, InOneElementOfAListPointAtThatElement) {
  const auto mistakes = mistakes_in(dial_with("\"172.16.1.0/24\"]", "\n  \"172.16.1.0/40\",\n]"));
  ASSERT_EQ(mistakes.size(), 1U);
  EXPECT_EQ(mistakes[0].line, 16U);
  EXPECT_EQ(mistakes[0].first_column, 3U);
  EXPECT_EQ(mistakes[0].last_column, 18U);
  EXPECT_EQ(mistakes[0].source_line, "  \"172.16.1.0/40\",");
}

TEST(Mistakes, InAnEmptyFileAreTheMissingTables) {
  const auto mistakes = mistakes_in("");
  ASSERT_EQ(mistakes.size(), 4U);
  EXPECT_EQ(mistakes[0].message, "the table [site] is missing");
  EXPECT_EQ(mistakes[0].line, 0U);
}

TEST(Mistakes, OfWrongTypesNameBothTypes) {
  EXPECT_EQ(mistake_in(dial_with("\"tun0\"", "0")), "\"interface\" takes text, not an integer");
  EXPECT_EQ(mistake_in(dial_with("\"tun0\"", "1979-05-27")),
            "\"interface\" takes text, not a date or time");
  EXPECT_EQ(mistake_in(dial_profile() + "metric = 1.5\n"),
            "\"metric\" takes an integer, not a fractional number");
  EXPECT_EQ(mistake_in(dial_with("role =", "autostart = 1\nrole =")),
            "\"autostart\" takes true or false, not an integer");
  EXPECT_EQ(mistake_in(dial_with("\"vpn.labs.example\"", "[\"vpn.labs.example\"]")),
            "\"host\" takes text, not a list");
  EXPECT_EQ(mistake_in("routes = 1\n" + with(dial_profile(),
                                             "[routes]\nremote = [\"192.168.253.0/24\", "
                                             "\"172.16.1.0/24\"]\n",
                                             "")),
            "\"routes\" is a table, not a key");
  EXPECT_EQ(mistake_in(dial_with("[routes]", "[[routes]]")), "\"routes\" is a table, not a key");
}

TEST(Mistakes, OfAMisspeltKeyAreToldOnce) {
  // The key that was meant is not called missing as well.
  EXPECT_EQ(mistake_in(dial_with("interface", "interfase")), "unknown key \"interfase\" in [ppp]");
  EXPECT_EQ(mistake_in(dial_with("[ppp]", "[pppp]")), "unknown table [pppp]");
}

TEST(Mistakes, OfTheRoleLeaveTheRestChecked) {
  const auto dial = mistakes_in(with(dial_with("role = \"dial\"", ""), "vpn.labs", "vpn labs"));
  ASSERT_EQ(dial.size(), 2U);
  EXPECT_EQ(dial[0].message, "[site] must have the key \"role\"");
  EXPECT_THAT(dial[1].message, HasSubstr("is not a host's name"));

  const auto answer = mistakes_in(
      with(with(answer_profile(), "role = \"answer\"", "role = 1"), "ssh-ed25519", "ed25519"));
  ASSERT_EQ(answer.size(), 2U);
  EXPECT_THAT(answer[1].message, HasSubstr("\"ed25519\" is not a type"));
}

TEST(Mistakes, AreKeysOfTheOtherRole) {
  for (const auto* line : {"host = \"h\"", "port = 1", "user = \"u\"", "identity = \"i\"",
                           "host_key = []", "client = \"openssh\"", "ssh_config = \"c\""}) {
    EXPECT_THAT(mistake_in(with(answer_profile(), "[ssh]", "[ssh]\n" + std::string{line})),
                HasSubstr("belongs to a site that dials"))
        << line;
  }
  for (const auto* line : {"authorized_keys = []", "from = []"}) {
    EXPECT_THAT(mistake_in(dial_with("[ssh]", "[ssh]\n" + std::string{line})),
                HasSubstr("belongs to a site that answers"))
        << line;
  }
  EXPECT_EQ(mistake_in(answer_profile() + "[reconnect]\n"),
            "[reconnect] belongs to a site that dials");
}

TEST(Mistakes, AreTwoEndsWithOneAddress) {
  EXPECT_EQ(mistake_in(dial_with("10.224.1.2", "10.224.1.1")),
            "both ends have the address 10.224.1.1");
}

TEST(Mistakes, AreRepeatsInAList) {
  EXPECT_EQ(mistake_in(dial_with("172.16.1.0/24", "192.168.253.0/24")),
            "this network stands twice in the list");
  EXPECT_EQ(mistake_in(dial_with("\"172.16.1.0/24\"", "\"fd00::/48\", \"FD00:0::/48\"")),
            "this network stands twice in the list");
  EXPECT_EQ(mistake_in(dial_with("\"172.16.1.0/24\"", "\"fd00::/48\", \"fd00:0:0:7::/64\"")),
            "this network overlaps another one in the list");
  EXPECT_EQ(mistake_in(with(answer_profile(), " talisker\"",
                            "\", \"" + std::string{kHomeKey} + " again\"")),
            "this key stands twice in the list");
}

TEST(Mistakes, AreEmptyListsOfKeys) {
  EXPECT_EQ(mistake_in(dial_with("\"" + std::string{kHostKey} + "\"", "")),
            "\"host_key\" is an empty list");
  EXPECT_EQ(mistake_in(with(answer_profile(), "\"" + std::string{kHomeKey} + " talisker\"", "")),
            "\"authorized_keys\" is an empty list");
}

TEST(Mistakes, AreAHostThatTheTunnelItselfLeadsTo) {
  const auto inside = dial_with("vpn.labs.example", "172.16.1.4");
  EXPECT_EQ(mistake_in(inside), "172.16.1.4 lies inside the remote network 172.16.1.0/24");
  EXPECT_EQ(
      mistake_in(with(dial_with("vpn.labs.example", "fd00::4"), "172.16.1.0/24", "fd00::/48")),
      "fd00::4 lies inside the remote network fd00::/48");
  EXPECT_THAT(
      mistakes_in(with(dial_with("vpn.labs.example", "fd01::4"), "172.16.1.0/24", "fd00::/48")),
      IsEmpty());
  // OpenSSH's client may get there by a ProxyJump.
  EXPECT_THAT(mistakes_in(with(inside, "[ssh]", "[ssh]\nclient = \"openssh\"")), IsEmpty());
}

TEST(Mistakes, AreAMinimumAboveTheMaximum) {
  EXPECT_EQ(mistake_in(dial_profile() + "[reconnect]\nmin = \"2m\"\n"),
            "\"min\" is longer than \"max\"");
  EXPECT_EQ(mistake_in(dial_profile() + "[reconnect]\nmax = \"500ms\"\n"),
            "\"min\" is longer than \"max\"");
  EXPECT_THAT(mistakes_in(dial_profile() + "[reconnect]\nmin = \"5s\"\nmax = \"5s\"\n"), IsEmpty());
}

}  // namespace
}  // namespace tunnel::config
