// `tunnelctl import freebsd`: the samples of tests/data/freebsd, and what it does to the disk.

#include "tests/ctl/ctl_fixture.hpp"

#include <boost/json/parse.hpp>

#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <sstream>

namespace tunnel::ctl {
namespace {

namespace fs = std::filesystem;
namespace json = boost::json;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

const fs::path kSamples = fs::path{TUNNEL_SOURCE_DIR} / "tests/data/freebsd";
constexpr const char* kKey =
    "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIPvwt6+qeTknPvqzJPVB2y7tBw5S5M7DUXs+HoOrvzgq";

class ImportFreebsd : public CtlTest {
 protected:
  Outcome import(const std::string& sample, const std::vector<std::string>& more = {}) {
    std::vector<std::string> arguments{"import", "freebsd", (kSamples / sample).native(), "--to",
                                       new_.native()};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return tunnelctl(arguments);
  }

  std::string contents(const fs::path& file) const {
    std::ostringstream out;
    out << std::ifstream{new_ / file}.rdbuf();
    return out.str();
  }

  /// As the administrator does who follows the list.
  void fill_in(const fs::path& profile, const std::string& remark, const std::string& line) const {
    auto text = contents(profile);
    const auto begin = text.find("# " + remark);
    ASSERT_NE(begin, std::string::npos) << text;
    text.replace(begin, text.find('\n', begin) - begin, line);
    std::ofstream{new_ / profile} << text;
  }

  fs::path new_ = folder_.path / "new";
};

TEST_F(ImportFreebsd, TheHomeGatewayDialsOnceItsKeysAreFilledIn) {
  const auto outcome = import("home");
  ASSERT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_THAT(outcome.out, HasSubstr("sites/labs.toml  dials vpn.labs.example, tun0, 2 networks"));
  EXPECT_THAT(outcome.out, HasSubstr("etc/ppp/ppp.linkup:2: !bg\n"));

  const auto before = tunnelctl({"check", new_.native()});
  EXPECT_EQ(before.code, 1);
  EXPECT_THAT(before.out, AllOf(HasSubstr("must have the key \"host_key\""),
                                HasSubstr("key gen labs"), HasSubstr("2 mistakes")));

  Program key_gen{loop_, {"--config", new_.native(), "key", "gen", "labs"}};
  ASSERT_EQ(key_gen.finish(), 0) << key_gen.err;
  fill_in("sites/labs.toml", "host_key", std::string{"host_key = [\""} + kKey + "\"]");
  const auto after = tunnelctl({"check", new_.native()});
  EXPECT_EQ(after.code, 0) << after.out;
  EXPECT_THAT(
      after.out,
      HasSubstr("labs: dials vpn.labs.example port 22 as vpn, tun0 10.224.1.1 to 10.224.1.2, "
                "networks 192.168.253.0/24, 172.16.1.0/24"));
}

TEST_F(ImportFreebsd, TheLabsGatewayAnswersAndFilters) {
  const auto outcome = import("labs");
  ASSERT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_THAT(outcome.out, HasSubstr("rc.conf:4: the interface em0 (inet 192.168.253.4"));
  fill_in("sites/home.toml", "authorized_keys",
          std::string{"authorized_keys = [\""} + kKey + "\"]");
  const auto checked = tunnelctl({"check", new_.native()});
  EXPECT_EQ(checked.code, 0) << checked.out;
  EXPECT_THAT(checked.out, HasSubstr("home: answers 1 key, tun0 10.224.1.2 to 10.224.1.1, networks "
                                     "192.168.1.0/24"));
  const auto shown = tunnelctl({"filter", "show", "--rules", (new_ / "ipf.rules").native(), "--nat",
                                (new_ / "ipnat.rules").native()});
  EXPECT_EQ(shown.code, 0) << shown.out;
  EXPECT_THAT(contents("tunneld.toml"), HasSubstr("default = \"pass\""));
}

TEST_F(ImportFreebsd, WhatIsUglyIsListedAndNoSecretIsShown) {
  const auto outcome = import("ugly");
  ASSERT_EQ(outcome.code, 0) << outcome.err;
  for (const auto* line :
       {"was \"Branch Office\"", "ppp.conf:2,9: this is neither", "ppp.conf:18: the nat lines",
        "ppp.conf:20,21: the set filter lines", "ppp.conf:27: the section \"old\" uses a modem",
        "Head Quarters.rules:1: this line is left out, so that what it blocked",
        "ipnat.rules:3: this line is left out", "rc.conf:10: pf was in force",
        "ppp.secret:3: the password of the account \"fred\""}) {
    EXPECT_THAT(outcome.out, HasSubstr(line));
  }
  EXPECT_THAT(outcome.out + outcome.err, Not(HasSubstr("seCret")));
  EXPECT_THAT(contents("secrets.toml"), HasSubstr("\"hq\" = \"seCret#one\""));
  EXPECT_THAT(contents("sites/branch-office.toml"), Not(HasSubstr("seCret")));

  struct stat status {};

  ASSERT_EQ(::stat((new_ / "secrets.toml").c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 07777U, 0600U);
  const auto shown = tunnelctl({"filter", "show", "--rules", (new_ / "ipf.rules").native(), "--nat",
                                (new_ / "ipnat.rules").native()});
  EXPECT_EQ(shown.code, 0) << shown.out;
}

TEST_F(ImportFreebsd, TheListIsJsonAsWell) {
  const auto outcome = import("ugly", {"--json"});
  ASSERT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_THAT(outcome.out, Not(HasSubstr("seCret")));
  const auto document = json::parse(outcome.out).as_object();
  EXPECT_EQ(document.at("to").as_string(), new_.native());
  EXPECT_EQ(document.at("sites").as_array().size(), 2U);
  EXPECT_EQ(document.at("sites").at(0).at("label").as_string(), "Branch Office");
  EXPECT_EQ(document.at("findings").at(0).at("attention").as_string(), "fill-in");
  EXPECT_EQ(document.at("findings").at(0).at("file").as_string(), "keys/branch-office");
  EXPECT_FALSE(document.at("unneeded").as_array().empty());
}

TEST_F(ImportFreebsd, NothingThatExistsIsWrittenOver) {
  folder_.write("new/tunneld.toml", "mine");
  const auto outcome = import("home");
  EXPECT_EQ(outcome.code, 1);
  EXPECT_THAT(outcome.err, AllOf(HasSubstr("new exists"), HasSubstr("--to")));
  EXPECT_EQ(contents("tunneld.toml"), "mine");
}

TEST_F(ImportFreebsd, WhatIsNoGatewaySaysSoAndLeavesNothing) {
  const auto missing = import("nowhere");
  EXPECT_EQ(missing.code, 1);
  EXPECT_THAT(missing.err, HasSubstr("No such file or directory"));
  const auto empty = tunnelctl({"import", "freebsd", folder_.path.native(), "--to", new_.native()});
  EXPECT_EQ(empty.code, 1);
  EXPECT_THAT(empty.err, HasSubstr("neither ppp.conf nor ipf.rules"));
  EXPECT_FALSE(fs::exists(new_));
  EXPECT_EQ(tunnelctl({"import", "freebsd"}).code, 2);
}

}  // namespace
}  // namespace tunnel::ctl
