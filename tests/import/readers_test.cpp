// The small languages around ppp.conf: rc.conf, ssh's command line and files, ppp.secret, TOML.

#include "tunneld/config/document.hpp"
#include "tunneld/import/ppp_secret.hpp"
#include "tunneld/import/rc_conf.hpp"
#include "tunneld/import/ssh_command.hpp"
#include "tunneld/import/ssh_files.hpp"
#include "tunneld/import/toml_text.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tunnel::importer {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr const char* kEd25519 =
    "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIPvwt6+qeTknPvqzJPVB2y7tBw5S5M7DUXs+HoOrvzgq";

RcConf rc(const std::string& text) {
  RcConf conf;
  conf.read({"rc.conf", text, {}});
  return conf;
}

TEST(RcConf, ReadsTheAssignmentsOfTheShell) {
  const auto conf =
      rc("a=plain # remark\n"
         "b=\"in quotes\"; c='and $these'\n"
         "export d=x\n"
         "  e=\"two\\\n parts\"\n"
         "f=\"say \\\"so\\\"\"'s'\n"
         "g=\"${a}-$b-$nothing\"\n");
  EXPECT_EQ(conf.text("a"), "plain");
  EXPECT_EQ(conf.text("b"), "in quotes");
  EXPECT_EQ(conf.text("c"), "and $these");
  EXPECT_EQ(conf.text("d"), "x");
  EXPECT_EQ(conf.text("e"), "two parts");
  EXPECT_EQ(conf.text("f"), "say \"so\"s");
  EXPECT_EQ(conf.text("g"), "plain-in quotes-");
  ASSERT_NE(conf.find("g"), nullptr);
  EXPECT_EQ(conf.find("g")->where, (Place{"rc.conf", 7}));
}

TEST(RcConf, LaterLinesWin) {
  auto conf = rc("ppp_enable=YES\nppp_enable=\"no\"\n");
  EXPECT_FALSE(conf.is_yes("ppp_enable"));
  conf.read({"rc.conf.local", "ppp_enable=\"yEs\"\n", {}});
  EXPECT_TRUE(conf.is_yes("ppp_enable"));
  EXPECT_EQ(conf.find("ppp_enable")->where, (Place{"rc.conf.local", 1}));
  EXPECT_FALSE(conf.is_yes("never_set"));
}

TEST(RcConf, OtherLinesAreNotRunAndDoNotHideAnything) {
  const auto conf =
      rc("if [ -f /x ]; then a=1; fi\n. /etc/other\necho \"b=2\nc=3\"\nd=4\n"
         "e=`id`\nf=$(id)\n=g\n\"\nh=1");
  EXPECT_EQ(conf.text("b"), "");
  EXPECT_EQ(conf.text("c"), "");
  EXPECT_EQ(conf.text("d"), "4");
  EXPECT_EQ(conf.text("e"), "`id`");
  EXPECT_EQ(conf.text("f"), "$(id)");
  EXPECT_EQ(conf.text("h"), "");  // within the open quote
}

TEST(RcConf, AVariableCannotGrowWithoutEnd) {
  std::string text = "a=xxxxxxxxxxxxxxxx\n";
  for (int i = 0; i < 64; ++i) text += "a=$a$a\n";
  EXPECT_LE(rc(text).text("a").size(), 65536U);
}

SshCommand ssh(const std::string& device) {
  return parse_ssh_device({device}).value_or(SshCommand{.host = "none"});
}

TEST(SshDevice, HasHostUserPortAndKey) {
  EXPECT_EQ(ssh("!ssh gate ppp -direct home"),
            (SshCommand{.host = "gate", .remote = "ppp -direct home"}));
  EXPECT_EQ(ssh("!/usr/local/bin/ssh -xTe none -i /root/.ssh/k -p2222 vpn@gate.example sudo ppp "
                "-direct labs"),
            (SshCommand{.host = "gate.example",
                        .user = "vpn",
                        .port = "2222",
                        .identity = "/root/.ssh/k",
                        .remote = "sudo ppp -direct labs"}));
  EXPECT_EQ(ssh("!ssh -o Port=2022 -oUser=v -o IdentityFile=/k -o HostName=h a"),
            (SshCommand{.host = "h", .user = "v", .port = "2022", .identity = "/k"}));
}

TEST(SshDevice, IsFoundBehindOtherPrograms) {
  EXPECT_EQ(ssh("!sudo -u vpn ssh gate").host, "gate");
  EXPECT_EQ(ssh("!su - vpn -c \"ssh -p 23 gate ppp\"").port, "23");
  EXPECT_EQ(ssh("!/bin/sh -c \"exec ssh gate\"").host, "gate");
  EXPECT_EQ(ssh("!/usr/local/bin/dial-labs").host, "none");
  EXPECT_EQ(ssh("!telnet ssh").host, "none");
  EXPECT_EQ(ssh("/dev/cuaa0").host, "none");
  EXPECT_EQ(ssh("!").host, "none");
  EXPECT_EQ(ssh("!ssh").host, "");
}

TEST(SshDevice, MayBeWrittenWithoutQuotes) {
  const auto found = parse_ssh_device({"!ssh", "-l", "vpn", "gate", "ppp", "-direct", "home"});
  ASSERT_TRUE(found);
  EXPECT_EQ(*found, (SshCommand{.host = "gate", .user = "vpn", .remote = "ppp -direct home"}));
}

TEST(SshDevice, OptionsThatMeantSomethingAreNamed) {
  EXPECT_THAT(ssh("!ssh -J hop -o ProxyCommand=x -C -L 1:h:2 -c blowfish gate").left_out,
              ElementsAre("-J", "-o ProxyCommand", "-L"));
}

TEST(DirectLabel, IsWhatPppIsRunFor) {
  EXPECT_EQ(direct_label("/usr/sbin/ppp -direct home"), "home");
  EXPECT_EQ(direct_label("exec sudo ppp -quiet -direct home"), "home");
  EXPECT_EQ(direct_label("sh -c \"exec ppp -direct home\""), "home");
  EXPECT_EQ(direct_label("ppp home"), std::nullopt);
  EXPECT_EQ(direct_label("/bin/echo -direct home"), std::nullopt);
  EXPECT_EQ(direct_label(""), std::nullopt);
}

TEST(KnownHosts, KeysAreThoseOfTheHostAtItsPort) {
  const std::string file = std::string{"# remark\ngate,192.0.2.1 "} + kEd25519 + "\n[gate]:2222 " +
                           kEd25519 + " again\nother ssh-rsa AAAA\n";
  EXPECT_THAT(keys_of_host(file, "gate", "").usable, ElementsAre(kEd25519));
  EXPECT_THAT(keys_of_host(file, "192.0.2.1", "22").usable, ElementsAre(kEd25519));
  EXPECT_THAT(keys_of_host(file, "gate", "2222").usable, ElementsAre(kEd25519));
  EXPECT_THAT(keys_of_host(file, "gate", "23").usable, IsEmpty());
  EXPECT_TRUE(keys_of_host(file, "other", "").others);
  const auto revoked = "@revoked * " + std::string{kEd25519} + "\ngate " + kEd25519 + "\n";
  EXPECT_THAT(keys_of_host(revoked, "gate", "").usable, IsEmpty());
  EXPECT_TRUE(keys_of_host("|1|abc|def ssh-rsa AAAA", "gate", "").hashed);
}

TEST(AuthorizedKeys, AreThoseThatRanPpp) {
  Findings findings;
  const std::string options =
      R"(from="192.0.2.0/24,*.example",command="/usr/sbin/ppp -direct home",no-pty )";
  const auto keys = parse_authorized_keys(
      {"authorized_keys",
       options + kEd25519 + " root@talisker\n" + kEd25519 + "\ncommand=\"ls\" " + kEd25519 +
           "\ncommand=\"ppp -direct labs\" ssh-dss AAAA\n",
       {}},
      findings);
  ASSERT_EQ(keys.size(), 1U);
  EXPECT_EQ(keys[0].label, "home");
  EXPECT_EQ(keys[0].key, std::string{kEd25519} + " root@talisker");
  EXPECT_THAT(keys[0].from, ElementsAre("192.0.2.0/24"));
  const auto listed = findings.sorted();
  ASSERT_EQ(listed.size(), 2U);
  EXPECT_THAT(listed[0].what, HasSubstr("*.example"));
  EXPECT_THAT(listed[1].what, HasSubstr("\"labs\""));
}

TEST(PppSecrets, AreNamesAndSecrets) {
  Findings findings;
  const auto secrets = parse_ppp_secret({"ppp.secret",
                                         "# remark\noscar \"a secret\" 192.0.2.18 *\nfred *\n"
                                         "alone\nbad \"x\x01y\"\noscar hidden\nwide P@$$x\n",
                                         {}},
                                        findings);
  ASSERT_EQ(secrets.size(), 2U);
  EXPECT_EQ(secrets[0].name, "oscar");
  EXPECT_TRUE(constant_time_equal(secrets[0].secret.reveal(), to_bytes("a secret")));
  EXPECT_EQ(secrets[0].address, "192.0.2.18");
  // No variables here, and so no doubled dollar signs either.
  EXPECT_TRUE(constant_time_equal(secrets[1].secret.reveal(), to_bytes("P@$$x")));
  const auto listed = findings.sorted();
  EXPECT_EQ(listed.size(), 4U);
  for (const auto& finding : listed) {
    EXPECT_THAT(finding.what, Not(HasSubstr("hidden")));
    EXPECT_THAT(finding.what, Not(HasSubstr("alone")));
  }
}

TEST(Toml, NothingEndsAStringARemarkOrALineEarly) {
  const std::string nasty = "\"]\n[gateway]\nuser = \"root\\\" # \x01\x7f\xff\xc2\x85 \xe2\x82\xac";
  TomlText out;
  out.remark(nasty);
  out.table("site");
  out.text("description", nasty, nasty);
  out.list("names", {nasty, "b"}, nasty);
  out.missing("host_key", "[\"x\"]", nasty);
  const auto document = config::parse_document(std::move(out).finish());
  ASSERT_FALSE(document.error) << document.error->message;
  ASSERT_EQ(document.root.entries.size(), 1U);
  const auto& site = std::get<config::Table>(document.root.entries[0].value.data);
  ASSERT_EQ(site.entries.size(), 2U);
  EXPECT_EQ(std::get<std::string>(site.entries[0].value.data),
            "\"]?[gateway]?user = \"root\\\" # ???? \xe2\x82\xac");
}

}  // namespace
}  // namespace tunnel::importer
