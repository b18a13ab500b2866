// Links in memory: which sites they become, and what is said about the rest.

#include "tests/import/imports.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tunnel::importer {
namespace {

using ::testing::AllOf;
using ::testing::Contains;
using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;
using ::testing::StartsWith;
using ::testing::UnorderedElementsAre;

constexpr const char* kEd25519 =
    "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIPvwt6+qeTknPvqzJPVB2y7tBw5S5M7DUXs+HoOrvzgq";

std::string profile(const Imported& all, const std::string& name = "labs") {
  return text_of(all, "sites/" + name + ".toml");
}

/// One site, which has all that is required.
config::Site site(const std::string& lines, std::map<std::string, std::string> more = {}) {
  more["/root/.ssh/known_hosts"] = std::string{"gate.example "} + kEd25519;
  const auto loaded = parse(link(lines, std::move(more)));
  for (const auto& mistake : loaded.diagnostics) ADD_FAILURE() << explain(mistake);
  return loaded.configuration ? loaded.configuration->sites.front() : config::Site{};
}

TEST(Import, ALinkThatDialsIsASite) {
  const auto found = site(
      " set ifaddr 10.224.1.1 10.224.1.2\n add 192.168.253.0/24 HISADDR\n"
      " add! 172.16.1.4 255.255.255.0 HISADDR\n add fd00::/64 HISADDR6\n"
      " ident HOME Network\n set mru 1400\n set accmap 000a0000\n"
      " set redial 30+2-3.5 0\n");
  EXPECT_EQ(found.dial()->host, "gate.example");
  EXPECT_EQ(found.dial()->identity, "/etc/tunneld/keys/labs");
  EXPECT_THAT(found.dial()->host_keys, ElementsAre(kEd25519));
  EXPECT_EQ(found.ppp.interface.str(), "tun0");
  EXPECT_EQ(found.ppp.local.str(), "10.224.1.1");
  EXPECT_EQ(found.ppp.remote.str(), "10.224.1.2");
  EXPECT_EQ(found.ppp.ident, "HOME Network");
  EXPECT_EQ(found.ppp.mru.bytes, 1400);
  EXPECT_EQ(found.ppp.accm, 0x000a0000U);
  ASSERT_THAT(found.routes.remote, SizeIs(3));
  EXPECT_EQ(found.routes.remote[1].str(), "172.16.1.0/24");
  EXPECT_EQ(found.reconnect.max, std::chrono::seconds{30});
  EXPECT_EQ(found.reconnect.attempts, 0U);
}

TEST(Import, WhatIsMissingIsFoundByCheckAndOnTheList) {
  const auto all = link(" set ifaddr 10.224.1.1 10.224.1.2\n");
  EXPECT_THAT(mistakes(all), ElementsAre(HasSubstr("must have the key \"host_key\"")));
  EXPECT_THAT(listed(all, Attention::FillIn),
              ElementsAre("keys/labs: the private key", "sites/labs.toml: host_key"));
  EXPECT_THAT(profile(all), HasSubstr("# host_key = [\"ssh-ed25519 AAAA...\"]"));
}

TEST(Import, AnEndThatAnswersHasItsKeys) {
  const auto all = imported(
      {{kConf, "default:\n set device /dev/cuaa1\nhome:\n set ifaddr 10.224.1.2 10.224.1.1\n"},
       {"/etc/passwd", "root:*:0:0::/root:/bin/csh\nvpn:*:99:99:PPP:/home/vpn:/bin/sh\n"},
       {"/home/vpn/.ssh/authorized_keys",
        std::string{"from=\"198.51.100.0/24\",command=\"/usr/sbin/ppp -direct home\" "} + kEd25519 +
            " talisker\n"}});
  EXPECT_THAT(mistakes(all), IsEmpty());
  const auto loaded = parse(all);
  ASSERT_TRUE(loaded.configuration);
  const auto* answer = loaded.configuration->sites.front().answer();
  ASSERT_NE(answer, nullptr);
  EXPECT_EQ(answer->authorized_keys.front().comment, "talisker");
  EXPECT_THAT(answer->from, ElementsAre("198.51.100.0/24"));
}

TEST(Import, AnEndWithoutKeysLetsNobodyIn) {
  const auto all = imported({{kConf, "home:\n allow mode direct\n"}});
  EXPECT_THAT(mistakes(all), ElementsAre(HasSubstr("\"authorized_keys\""), HasSubstr("\"local\""),
                                         HasSubstr("\"remote\"")));
  EXPECT_THAT(listed(all, Attention::FillIn), SizeIs(3));
}

TEST(Import, LinksOfOtherKindsAreListed) {
  const auto all = imported({{kConf,
                              "isp:\n set device PPPoE:re0\n set authname x\n"
                              "modem:\n set phone 1234567\n set ifaddr 10.0.0.1/0 10.0.0.2/0\n"
                              "tcp:\n set device gate:1234\n set ifaddr 10.0.0.1 10.0.0.2\n"
                              "none:\n set mru 1400\n"
                              "labs:\n load none\n set device \"!ssh gate.example\"\n"}});
  EXPECT_THAT(all.sites, SizeIs(1));
  EXPECT_EQ(all.sites[0].mru, 1400);
  EXPECT_THAT(listed(all, Attention::NotCarried),
              ElementsAre("etc/ppp/ppp.conf:1: the section \"isp\" uses PPPoE",
                          "etc/ppp/ppp.conf:4: the section \"modem\" uses a modem",
                          "etc/ppp/ppp.conf:7: the section \"tcp\" uses a TCP or UDP connection"));
}

TEST(Import, SectionsThatLoadEachOtherComeToAnEnd) {
  const auto all = imported({{kConf,
                              "a:\n load b b b b b b b b\nb:\n load a a a a a a a a\n"
                              "labs:\n set device \"!ssh gate.example\"\n load a\n"}});
  EXPECT_THAT(all.sites, SizeIs(1));
  EXPECT_THAT(listed(all, Attention::NotCarried),
              Contains(HasSubstr(":5: the section \"labs\" has too many commands")));
}

TEST(Import, AddressesThatCouldBeOthersAreInsistedOn) {
  const auto all = link(" set ifaddr 10.224.1.1/0 10.224.1.2/0 255.255.255.252\n");
  EXPECT_EQ(all.sites[0].local, "10.224.1.1");
  EXPECT_EQ(all.sites[0].remote, "10.224.1.2");
  EXPECT_THAT(listed(all, Attention::Check), Contains(HasSubstr("ppp.conf:3: set ifaddr let")));
}

TEST(Import, AddressesThatTheFarEndGivesAreAny) {
  for (const auto* line : {"", " set ifaddr 0 0\n", " set ifaddr 0.0.0.0/0 0.0.0.0/0\n",
                           " set ifaddr 10.0.0.1/0 10.0.0.2/0 255.255.255.0 0.0.0.0\n"}) {
    const auto found = site(line);
    EXPECT_EQ(found.ppp.local.str(), "0.0.0.0/0") << line;
    EXPECT_EQ(found.ppp.remote.str(), "0.0.0.0/0") << line;
  }
}

TEST(Import, ARangeOfAddressesIsAPool) {
  const auto all =
      imported({{kConf, "server:\n set ifaddr 10.0.0.1 10.0.0.100-10.0.0.199,10.0.0.9\n"}});
  EXPECT_THAT(text_of(all, "tunneld.toml"),
              HasSubstr("[pools.server]\naddresses = [\"10.0.0.100-10.0.0.199\", \"10.0.0.9\"]"));
  EXPECT_THAT(profile(all, "server"), HasSubstr("pool      = \"server\""));
  EXPECT_THAT(listed(all, Attention::Check), Contains(HasSubstr("many clients")));
}

TEST(Import, AnAddressThatCannotBeIsLeftOut) {
  const auto all = link(" set ifaddr 127.0.0.2 gate.example\n");
  EXPECT_THAT(listed(all, Attention::FillIn), Contains("sites/labs.toml: local"));
  EXPECT_THAT(listed(all, Attention::FillIn), Contains("sites/labs.toml: remote"));
  EXPECT_THAT(listed(all, Attention::NotCarried), Each(HasSubstr("an address of set ifaddr")));
}

TEST(Import, RoutesThatAreNoNetworksOfTheSiteAreListed) {
  const auto all = link(
      " set ifaddr 10.224.1.1 10.224.1.2\n add default HISADDR\n"
      " add 10.9.0.0/16 192.168.1.1\n add 0 0 HISADDR\n add 224.0.0.0/4 HISADDR\n"
      " add x\n add HISADDR MYADDR\n add 10.8.0.0/16 10.224.1.2\n"
      " add 10.8.1.0/24 HISADDR\n add 10.9.8.0/24 HISADDR\n add 10.9.0.0/16 HISADDR\n");
  EXPECT_THAT(listed(all, Attention::NotCarried),
              ElementsAre(StartsWith("etc/ppp/ppp.conf:4,6: the default route"),
                          StartsWith("etc/ppp/ppp.conf:5: a route through \"192.168.1.1\""),
                          StartsWith("etc/ppp/ppp.conf:7: the route: 224.0.0.0/4"),
                          StartsWith("etc/ppp/ppp.conf:8: this add is no route"),
                          StartsWith("etc/ppp/ppp.conf:9: a route through \"MYADDR\"")));
  ASSERT_THAT(all.sites[0].networks, SizeIs(2));
  EXPECT_EQ(all.sites[0].networks[0].str(), "10.8.0.0/16");
  EXPECT_EQ(all.sites[0].networks[1].str(), "10.9.0.0/16");
}

TEST(Import, LinkupAddsRoutesAndItsCommandsAreListed) {
  const auto all =
      link(" set ifaddr 10.224.1.1 10.224.1.2\n",
           {{"/etc/ppp/ppp.linkup",
             "MYADDR:\n add 10.9.0.0/16 HISADDR\n"
             "labs:\n add 10.8.0.0/16 HISADDR\n !bg /root/up hidden\n"},
            {"/etc/ppp/ppp.linkdown", "10.224.1.1:\n delete ALL\n shell /root/down\n"}});
  ASSERT_THAT(all.sites[0].networks, SizeIs(1));
  EXPECT_EQ(all.sites[0].networks[0].str(), "10.8.0.0/16");
  EXPECT_THAT(listed(all, Attention::NotCarried),
              ElementsAre("etc/ppp/ppp.linkup:5: !bg", "etc/ppp/ppp.linkdown:3: shell"));
}

TEST(Import, OptionsKeepWhatWasSaidOfThem) {
  const auto found = site(
      " deny acfcomp\n disable protocomp\n enable deflate vjcomp pred1\n"
      " enable dns\n set nbns 10.0.0.1\n");
  EXPECT_EQ(found.ppp.options.acfc, Policy::Deny);
  EXPECT_EQ(found.ppp.options.pfc, Policy::Accept);
  EXPECT_EQ(found.ppp.options.deflate, Policy::Request);
  EXPECT_EQ(found.ppp.options.dns, Policy::Request);
  EXPECT_THAT(found.ppp.nbns, SizeIs(1));
}

TEST(Import, EchoesKeepTheirPeriod) {
  EXPECT_EQ(site(" enable lqr\n set lqrperiod 10\n").ppp.echo_interval, std::chrono::seconds{10});
  // Without LQR or echo, ppp did nothing with it.
  EXPECT_EQ(site(" set lqrperiod 10\n").ppp.echo_interval, std::chrono::seconds{1});
}

TEST(Import, WhatTunneldDoesNotDoIsListed) {
  const auto all = link(
      " set timeout 300\n nat enable yes\n nat port 10.0.0.2:ftp ftp\n"
      " enable proxy tcpmssfixup\n set filter in 0 permit tcp\n"
      " set filter alive 0 deny icmp\n set radius /etc/radius.conf\n"
      " set mrru 1500\n set mtu max 1400\n frobnicate\n set redial 3 10\n");
  EXPECT_THAT(
      listed(all, Attention::NotCarried),
      ElementsAre(HasSubstr(":3: set timeout 300"), EndsWith(":4,5: the nat lines of \"labs\""),
                  EndsWith(":6: enable proxy"), EndsWith(":6: enable tcpmssfixup"),
                  EndsWith(":7: the set filter lines of \"labs\""),
                  EndsWith(":9: set radius /etc/radius.conf"), EndsWith(":10: set mrru 1500"),
                  EndsWith(":11: set mtu max 1400"), EndsWith(":12: frobnicate")));
  EXPECT_THAT(listed(all, Attention::Check), Contains(HasSubstr("gives up after 10 attempts")));
}

TEST(Import, SecretsAreWrittenAndNeverShown) {
  const auto all =
      link(" set authname home\n set authkey \"hid\\\"den\"\n enable chap\n deny pap\n",
           {{"/etc/ppp/ppp.secret", "oscar hidden-too\n"}});
  EXPECT_EQ(text_of(all, "secrets.toml"),
            "[secrets]\n\"oscar\" = \"hidden-too\"\n\n[sites.labs]\n\"home\" = \"hid\\\"den\"\n");
  EXPECT_THAT(profile(all),
              AllOf(HasSubstr("require = [\"chap-md5\"]"), HasSubstr("peer    = \"oscar\""),
                    HasSubstr("name    = \"home\""), Not(HasSubstr("hid"))));
  for (const auto& file : all.files) EXPECT_EQ(file.secret, file.path == "secrets.toml");
  for (const auto attention : {Attention::FillIn, Attention::NotCarried, Attention::Check}) {
    EXPECT_THAT(listed(all, attention), Each(Not(HasSubstr("hid"))));
  }
}

TEST(Import, ASecretThatIsNowhereIsToBeFilledIn) {
  const auto all = link(" set authname home\n set authkey !/root/ask\n enable pap\n");
  EXPECT_THAT(
      listed(all, Attention::FillIn),
      UnorderedElementsAre("keys/labs: the private key", "sites/labs.toml: host_key",
                           "sites/labs.toml: peer", "secrets.toml: the secret of \"home\""));
  EXPECT_THAT(listed(all, Attention::NotCarried), ElementsAre(HasSubstr("came from a program")));
}

TEST(Import, WhatAFarEndThatStaysNeedsIsSaid) {
  const auto advice = [](const std::string& ssh) {
    const auto all = imported({{kConf, "labs:\n set device \"!ssh " + ssh + "\"\n"}});
    for (const auto& finding : all.findings.sorted()) {
      if (finding.what.find("the far end knew") != std::string::npos) return finding.advice;
    }
    return std::string{};
  };
  EXPECT_THAT(advice("gate.example ppp -direct home"),
              AllOf(HasSubstr("user = \"root\""), HasSubstr("/usr/sbin/ppp -direct home")));
  EXPECT_THAT(advice("vpn@gate.example ppp -direct home"), Not(HasSubstr("root")));
  EXPECT_EQ(advice("gate.example"), "");
}

TEST(Import, PapIsDoneOnlyWhereItWasAskedFor) {
  const std::string name = " set authname home\n set authkey x\n";
  EXPECT_EQ(link(name).sites[0].accept, (std::vector<std::string>{"mschap-v2", "chap-md5"}));
  EXPECT_EQ(link(name + " accept pap\n deny chap mschapv2\n").sites[0].accept,
            std::vector<std::string>{"pap"});
}

}  // namespace
}  // namespace tunnel::importer
