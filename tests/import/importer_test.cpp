// Whole gateways in memory: what becomes of their rc.conf and rules, and of files that are not what
// they should be.

#include "filter/language/policy_parser.hpp"
#include "tests/import/imports.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <iterator>

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

TEST(Import, RcConfSaysWhatComesUpAtBoot) {
  const auto all =
      imported({{kConf,
                 "a:\n set device \"!ssh a.example\"\nb:\n set device \"!ssh b.example\"\n"
                 "c-d:\n set device \"!ssh c.example\"\n"},
                {"/etc/rc.conf",
                 "hostname=oban.example\nppp_enable=YES\nppp_nat=NO\n"
                 "ppp_profile=\"c-d a\"\nppp_a_unit=7\nppp_c_d_nat=YES\ngateway_enable=NO\n"}});
  ASSERT_THAT(all.sites, SizeIs(3));
  EXPECT_EQ(all.sites[0].name.str() + ' ' + all.sites[0].interface, "c-d tun0");
  EXPECT_EQ(all.sites[1].name.str() + ' ' + all.sites[1].interface, "a tun7");
  EXPECT_EQ(all.sites[2].name.str() + ' ' + all.sites[2].interface, "b tun1");
  EXPECT_TRUE(all.sites[1].autostart);
  EXPECT_FALSE(all.sites[2].autostart);
  EXPECT_THAT(listed(all, Attention::Check),
              Contains(HasSubstr("nothing in rc.conf starts \"b\"")));
  EXPECT_THAT(
      listed(all, Attention::NotCarried),
      Contains(HasSubstr("rc.conf:6: ppp gave its own address to all that left by \"c-d\"")));
  EXPECT_THAT(text_of(all, "tunneld.toml"),
              AllOf(HasSubstr("name       = \"oban\""), HasSubstr("forwarding = \"leave-alone\"")));
}

TEST(Import, ThatPppNatIsYesUnlessItIsSetIsKnown) {
  const auto all = link("", {{"/etc/rc.conf", "ppp_enable=YES\nppp_profile=labs\n"}});
  EXPECT_THAT(listed(all, Attention::NotCarried),
              ElementsAre(HasSubstr("rc.conf:1: ppp gave its own address")));
}

TEST(Import, StaticRoutesIntoTheTunnelAreNetworks) {
  const auto all = link(" set ifaddr 10.224.1.1 10.224.1.2\n",
                        {{"/etc/rc.conf",
                          "static_routes=\"x y z\"\n"
                          "route_x=\"-net 10.8.0.0 -netmask 0xffff0000 10.224.1.2\"\n"
                          "route_y=\"-net 10.7.0.0/16 -interface tun0\"\n"
                          "route_z=\"-net 10.6.0.0/16 192.168.1.1\"\n"
                          "defaultrouter=192.168.1.1\n"}});
  ASSERT_THAT(all.sites[0].networks, SizeIs(2));
  EXPECT_EQ(all.sites[0].networks[0].str(), "10.8.0.0/16");
  EXPECT_EQ(all.sites[0].networks[1].str(), "10.7.0.0/16");
  EXPECT_THAT(listed(all, Attention::NotCarried),
              ElementsAre("etc/rc.conf:4,5: the network of the machine itself"));
}

TEST(Import, RulesAreCopiedAsTheyStand) {
  const std::string rules = "# ours\npass in quick on em0 all  # the LAN\nblock in \\\n  log all\n";
  const auto all = imported({{"/etc/ipf.rules", rules}});
  EXPECT_EQ(text_of(all, "ipf.rules"), rules);
  EXPECT_EQ(all.rules, 2U);
  EXPECT_THAT(text_of(all, "tunneld.toml"), HasSubstr("[filter]\nrules   = \"ipf.rules\""));
  EXPECT_THAT(listed(all, Attention::Check), ElementsAre(HasSubstr("the interface em0 is in")));
}

TEST(Import, RulesThatCannotBeAreLeftOutAndExplained) {
  const auto all = imported({{"/etc/ipf.rules",
                              "pass in all\nblock in on em0 fastroute all\npass in quik \\\n all\n"
                              "pass out all\n"},
                             {"/etc/ipnat.rules", "map tun0 10.0.0.0/8 -> 0/32 frobnicate\n"}});
  const auto copy = text_of(all, "ipf.rules");
  EXPECT_THAT(copy, StartsWith("pass in all\n# left out: "));
  EXPECT_THAT(copy, HasSubstr("\n# block in on em0 fastroute all\n"));
  EXPECT_THAT(copy, HasSubstr("\n# pass in quik \\\n#  all\n"));
  EXPECT_THAT(copy, EndsWith("\npass out all\n"));
  EXPECT_THAT(listed(all, Attention::NotCarried),
              ElementsAre(AllOf(StartsWith("etc/ipf.rules:2:"), HasSubstr("what it blocked")),
                          AllOf(StartsWith("etc/ipf.rules:3:"), Not(HasSubstr("what it blocked"))),
                          StartsWith("etc/ipnat.rules:1:")));
  const filter::test::FakeNames names;
  using filter::language::PolicySource;
  const auto again = filter::language::parse_policy(
      {{PolicySource::Language::Ipf, "ipf.rules", copy, {}},
       {PolicySource::Language::Ipnat, "ipnat.rules", text_of(all, "ipnat.rules"), {}}},
      names);
  EXPECT_THAT(again.mistakes, IsEmpty());
  EXPECT_THAT(again.rules, SizeIs(2));
}

TEST(Import, RulesThatWereNotInForceAreNotPutInForce) {
  const auto all = imported({{"/etc/ipf.rules", "block in all\n"},
                             {"/etc/rc.conf", "ipfilter_enable=NO\npf_enable=YES\n"}});
  EXPECT_THAT(text_of(all, "tunneld.toml"),
              AllOf(HasSubstr("\n# [filter]"), HasSubstr("\n# rules = \"ipf.rules\"")));
  EXPECT_THAT(listed(all, Attention::Check), ElementsAre(HasSubstr("did not load these rules")));
  EXPECT_THAT(listed(all, Attention::NotCarried), ElementsAre("etc/rc.conf:2: pf was in force"));
}

TEST(Import, RulesAreLookedForWhereRcConfSays) {
  const auto all = imported({{"/usr/local/etc/fw", "block in all\n"},
                             {"/etc/rc.conf",
                              "ipfilter_enable=YES\nipfilter_rules=/usr/local/etc/fw\n"
                              "ipnat_enable=YES\n"}});
  EXPECT_EQ(text_of(all, "ipf.rules"), "block in all\n");
  EXPECT_THAT(listed(all, Attention::NotCarried),
              ElementsAre("etc/rc.conf:3: the rules of \"/etc/ipnat.rules\" are not here"));
}

TEST(Import, NamesBecomeNamesOfSites) {
  const auto all = imported({{kConf,
                              "Labs Net:\n"
                              "\"Labs Net\":\n set device \"!ssh a.example\"\n"
                              "labs_net:\n set device \"!ssh b.example\"\n"
                              "../../x:\n set device \"!ssh c.example\"\n"
                              "labs-net:\n set device \"!ssh d.example\"\n"
                              "\xff\":\n set device \"!ssh e.example\"\n"
                              "\"\xe2\x82\xac\":\n set device \"!ssh e.example\"\n"}});
  std::vector<std::string> names;
  for (const auto& each : all.sites) names.push_back(each.name.str());
  EXPECT_THAT(names, ElementsAre("labs-net", "labs_net", "x", "labs-net-2", "site"));
}

TEST(Import, HostileTextStaysText) {
  const auto all = imported(
      {{kConf,
        "a]\x01'=:\n set device \"!ssh -l \\\\\\\"x -p 99999 -J h 'gate\\\\\\\"]\"\n"
        " ident \"a\\\"\x1b]0;x\" b\n set mru 99999\n set accmap zz\n set authname \"x\\\"\n y\"\n"
        " iface name ../x\n set redial 99999999999 -1\n set ifaddr 1.2.3 x\n set dns x\n"},
       {"/etc/rc.conf", "hostname=\"a\\\"]\nx\"\nifconfig_em0=\"\x1b[0m\"\n"},
       {"/etc/ipf.rules", "pass in on em0 all # \x1b\n\x01\x02\n"}});
  for (const auto attention : {Attention::FillIn, Attention::NotCarried, Attention::Check}) {
    EXPECT_THAT(listed(all, attention), Each(Not(HasSubstr("\x1b"))));
  }
  ASSERT_THAT(all.sites, SizeIs(1));
  EXPECT_EQ(parse(all).diagnostics.empty(), false);
  for (const auto& mistake : mistakes(all)) {
    EXPECT_THAT(mistake, AllOf(HasSubstr("must have the key"), Not(HasSubstr("syntax"))));
  }
}

TEST(Import, LongLinesAreShownInPart) {
  const auto all = link(" set timeout " + std::string(100'000, '9') + "\n");
  EXPECT_THAT(listed(all, Attention::NotCarried), ElementsAre(SizeIs(::testing::Lt(500U))));
}

TEST(Import, ARuleThatTheKernelCannotFollowIsLeftOut) {
  const auto all = imported({{"/etc/ipf.rules",
                              "block in log or-block all\npass in all\n"
                              "pass out on em0 fastroute all head 7\npass out all group 7\n"}});
  EXPECT_THAT(
      text_of(all, "ipf.rules"),
      StartsWith("# left out: nftables does not tell whether a record was taken\n# block in"));
  EXPECT_THAT(listed(all, Attention::NotCarried),
              ElementsAre(HasSubstr("ipf.rules:1:"), HasSubstr("rules of its group")));
}

TEST(Import, WhatCannotBeReadIsListed) {
  const std::map<std::string, std::string> files{
      {"/etc/ipf.rules", "block in all\n"},
      {kConf, FakeTree::kUnreadable},
      {"/etc/ppp/ppp.secret", FakeTree::kUnreadable},
      {"/root/.ssh/authorized_keys", FakeTree::kUnreadable}};
  EXPECT_THAT(listed(imported(files), Attention::NotCarried),
              ElementsAre("etc/ppp/ppp.secret: cannot be read: Permission denied",
                          "etc/ppp/ppp.conf: cannot be read: Permission denied"));
  EXPECT_THAT(import_files({{kConf, FakeTree::kUnreadable}}).error().context,
              HasSubstr("etc/ppp/ppp.conf cannot be read"));
}

TEST(Import, APrivateKeyThatDoesIsTaken) {
  std::ifstream file{TUNNEL_SOURCE_DIR "/tests/config/keys/ed25519"};
  const std::string key{std::istreambuf_iterator<char>{file}, {}};
  const auto all = imported({{kConf, "labs:\n set device \"!ssh -i ~/.ssh/labs gate.example\"\n"},
                             {"/root/.ssh/labs", key}});
  EXPECT_EQ(text_of(all, "keys/labs"), key);
  EXPECT_THAT(listed(all, Attention::FillIn), ElementsAre("sites/labs.toml: host_key"));
}

TEST(Import, APrivateKeyThatDoesNotIsLeftBehind) {
  const auto all = link("", {{"/root/.ssh/id_rsa", "-----BEGIN RSA PRIVATE KEY-----\nx\n"}});
  EXPECT_EQ(text_of(all, "keys/labs"), "");
  EXPECT_THAT(listed(all, Attention::FillIn),
              Contains(StartsWith("keys/labs: the private key: root/.ssh/id_rsa is ")));
}

TEST(Import, AListThatNobodyWouldReadIsCutAndSaysSo) {
  std::string rules;
  for (int i = 0; i < 5000; ++i) rules += "wrong" + std::to_string(i) + "\n";
  const auto all = listed(imported({{"/etc/ipf.rules", rules}}), Attention::NotCarried);
  EXPECT_THAT(all, SizeIs(::testing::Lt(2100U)));
  EXPECT_THAT(all, Contains(HasSubstr("more than is listed")));
}

TEST(Import, AFileThatIsNoPppConfIsNotRead) {
  EXPECT_THAT(import_files({{kConf, std::string(1 << 20, 'x')}}).error().context,
              HasSubstr("etc/ppp/ppp.conf cannot be read"));
}

TEST(Import, NothingToImportIsAnError) {
  EXPECT_THAT(import_files({}).error().context, HasSubstr("neither ppp.conf nor ipf.rules"));
  EXPECT_THAT(import_files({{kConf, "papchap:\n set phone 1\n"}}).error().context,
              HasSubstr("no link over SSH"));
}

}  // namespace
}  // namespace tunnel::importer
