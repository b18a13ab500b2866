// check: the configuration, without a daemon.

#include "tests/ctl/key_fixture.hpp"

#include <boost/json/parse.hpp>

#include <linux/capability.h>
#include <sys/prctl.h>

namespace tunnel::ctl {
namespace {

namespace fs = std::filesystem;
namespace json = boost::json;
using ::testing::EndsWith;
using ::testing::HasSubstr;

class CheckTest : public KeyTest {};

TEST_F(CheckTest, TellsWhatIsConfigured) {
  write_answering("home", 1, kHomeKey);
  const auto outcome = tunnelctl({"check"});
  EXPECT_EQ(outcome.code, 0) << outcome.out;
  EXPECT_EQ(outcome.out, etc().native() +
                             ": no mistakes; 1 site\n"
                             "    home: answers 1 key, tuntest1 10.224.1.2 to 10.224.1.1, "
                             "networks 192.168.1.0/24\n");
}

TEST_F(CheckTest, PrintsEveryMistakeOfAFolder) {
  write_answering("home", 1, "ssh-rsa AAAA");
  folder_.write("etc/sites/attic.toml", "nonsense\n");
  const auto outcome = tunnelctl({"check", etc().native()});
  EXPECT_EQ(outcome.code, 1);
  EXPECT_THAT(outcome.out, HasSubstr("attic.toml:1:"));
  EXPECT_THAT(outcome.out, HasSubstr("home.toml:4:"));
  EXPECT_THAT(outcome.out, HasSubstr("^~~~"));
  EXPECT_THAT(outcome.out, EndsWith("\n2 mistakes in 2 files\n"));
}

TEST_F(CheckTest, TakesOneFile) {
  write_answering("home", 1, kHomeKey);
  folder_.write("etc/sites/attic.toml", "nonsense\n");
  EXPECT_EQ(tunnelctl({"check", (etc() / "sites/home.toml").native()}).code, 0);
  EXPECT_EQ(tunnelctl({"check", (etc() / "sites/attic.toml").native()}).code, 1);
}

TEST_F(CheckTest, AsJson) {
  write_answering("home", 1, kHomeKey);
  const auto good = json::parse(tunnelctl({"check", "--json"}).out);
  EXPECT_EQ(good.at("ok"), true);
  EXPECT_EQ(good.at("sites").at(0).at("site"), "home");
  folder_.write("etc/sites/attic.toml", "nonsense\n");
  const auto outcome = tunnelctl({"check", "--json"});
  EXPECT_EQ(outcome.code, 1);
  const auto bad = json::parse(outcome.out);
  EXPECT_EQ(bad.at("ok"), false);
  EXPECT_EQ(bad.at("diagnostics").at(0).at("line"), 1);
}

TEST_F(CheckTest, SaysWhatIsInTheWayOfTheMetrics) {
  write_answering("home", 1, kHomeKey);
  const auto folder = folder_.path / "textfile";
  folder_.write("etc/tunneld.toml", "[gateway]\nuser = \"nobody\"\n[metrics]\nfile = \"" +
                                        (folder / "tunneld.prom").native() + "\"\n");
  const auto absent = tunnelctl({"check"});
  EXPECT_EQ(absent.code, 0);
  EXPECT_THAT(absent.err, HasSubstr("there is no folder " + folder.native()));
  fs::create_directory(folder);
  fs::permissions(folder, fs::perms{0755});
  const auto closed = tunnelctl({"check"});
  EXPECT_EQ(closed.code, 0);
  EXPECT_THAT(closed.err, HasSubstr("the account nobody, under which tunneld runs, may not write"));
  fs::permissions(folder, fs::perms{0777});
  EXPECT_EQ(tunnelctl({"check"}).err, "");
}

TEST_F(CheckTest, NamesFilesThatLookLikeProfilesAndAreNotRead) {
  folder_.write("etc/sites/labs.tml", "");
  folder_.write("etc/sites/README", "");
  folder_.write("etc/sites/home.toml~", "");
  folder_.write("etc/attic.toml", "");
  const auto outcome = tunnelctl({"check"});
  EXPECT_EQ(outcome.code, 0);
  EXPECT_EQ(outcome.err, "tunnelctl: " + (etc() / "sites/labs.tml").native() +
                             " is not read: profiles are sites/NAME.toml; did you mean " +
                             (etc() / "sites/labs.toml").native() +
                             "?\ntunnelctl: " + (etc() / "attic.toml").native() +
                             " is not read: profiles are sites/NAME.toml; did you mean " +
                             (etc() / "sites/attic.toml").native() +
                             "?\ntunnelctl: no site: profiles are " +
                             (etc() / "sites/NAME.toml").native() + "\n");
}

TEST_F(CheckTest, FindsAKeyThatTheDialWouldFindDamaged) {
  ASSERT_EQ(tunnelctl({"key", "gen", "labs"}).code, 0);
  folder_.write("etc/sites/labs.toml",
                "[site]\nrole = \"dial\"\n[ssh]\nhost = \"vpn.labs.example\"\n"
                "identity = \"keys/labs\"\nhost_key = [\"" +
                    std::string{kHomeKey} +
                    "\"]\n[ppp]\ninterface = \"tuntest3\"\nlocal = \"10.224.3.1\"\n"
                    "remote = \"10.224.3.2\"\n[routes]\nremote = []\n");
  const auto sound = tunnelctl({"check"});
  EXPECT_EQ(sound.code, 0) << sound.out << sound.err;
  const auto key = etc() / "keys/labs";
  auto text = contents(key);
  auto line = text.find('\n', text.find('\n') + 1) + 20;  // in the halves of the key
  text[line] = text[line] == 'Z' ? 'Y' : 'Z';
  std::ofstream{key} << text;
  const auto outcome = tunnelctl({"check"});
  EXPECT_EQ(outcome.code, 1);
  EXPECT_THAT(outcome.out, HasSubstr(key.native() + ": error: this file is a damaged private key"));
  EXPECT_THAT(outcome.out, HasSubstr("tunnelctl key gen labs --force"));
}

TEST_F(CheckTest, SaysWhichFilesItsUserMayNotRead) {
  write_answering("home", 1, kHomeKey);
  fs::permissions(etc() / "sites/home.toml", fs::perms{0});
  ::prctl(PR_CAPBSET_DROP, CAP_DAC_OVERRIDE);  // so that root, too, may only what the mode says
  ::prctl(PR_CAPBSET_DROP, CAP_DAC_READ_SEARCH);
  const auto outcome = tunnelctl({"check"});
  EXPECT_EQ(outcome.code, 4) << outcome.out;
  EXPECT_EQ(outcome.out, "");
  EXPECT_EQ(outcome.err, "tunnelctl: you may not read " + (etc() / "sites/home.toml").native() +
                             ": run this as root, or as the account of tunneld\n");
}

TEST_F(CheckTest, OfNothingSaysSo) {
  const auto outcome = tunnelctl({"check", "/nonexistent"});
  EXPECT_EQ(outcome.code, 1);
  EXPECT_EQ(outcome.err,
            "tunnelctl: there is no /nonexistent to check: name a configuration "
            "directory or a profile\n");
}

}  // namespace
}  // namespace tunnel::ctl
