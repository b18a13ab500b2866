// PAP, CHAP-MD5 and MS-CHAPv2 with pppd, each way round: who knows the secret gets in, and nobody
// else does.

#include "tests/interop/pppd_link.hpp"
#include "tests/interop/secret_file.hpp"

#include <gmock/gmock.h>

#include <string>
#include <vector>

namespace tunnel::test {
namespace {

using testing::HasSubstr;
using testing::Not;

struct Method {
  std::string name;
  std::string ours;      // of --require-auth and --accept-auth
  std::string pppds;     // of its require-…
  std::string in_words;  // in our log
  std::string accepted;  // on pppd's console, when it has accepted us
};

void PrintTo(const Method& method, std::ostream* out) {
  *out << method.name;
}

const std::vector<Method> kMethods{
    {"Pap", "pap", "require-pap", "PAP", "PAP peer authentication succeeded for ours"},
    {"ChapMd5", "chap-md5", "require-chap", "CHAP-MD5", "sent [CHAP Success"},
    {"MsChapV2", "mschap-v2", "require-mschap-v2", "MS-CHAPv2", "sent [CHAP Success"},
};

class PppdAuth : public PppdLink, public testing::WithParamInterface<Method> {
 protected:
  /// In both of pppd's files: who proves himself, to whom, by what.
  void write_secrets(const std::string& lines) {
    guest().write("/etc/ppp/pap-secrets", lines);
    guest().write("/etc/ppp/chap-secrets", lines);
  }

  std::vector<std::string> proving(const SecretFile& secret) const {
    return {"--encrypted", "--accept-auth", GetParam().ours,       "--name",
            "ours",        "--secret-file", secret.path().native()};
  }

  std::vector<std::string> asking(const SecretFile& secret) const {
    return {"--encrypted", "--require-auth",     GetParam().ours,       "--peer-name",
            "guest",       "--peer-secret-file", secret.path().native()};
  }

  const SecretFile ours_{"our secret"};
  const SecretFile guests_{"guest's secret"};
};

INSTANTIATE_TEST_SUITE_P(Interop, PppdAuth, testing::ValuesIn(kMethods),
                         [](const auto& method) { return method.param.name; });

TEST_P(PppdAuth, PppdAsksWhoWeAre) {
  write_secrets("ours\tguest\t\"our secret\"\t*\n");
  start_pppd(GetParam().pppds + " name guest");
  start_bridge(proving(ours_));
  wait_until_up();
  guest().wait_for(GetParam().accepted);
  expect_packets_cross();
}

TEST_P(PppdAuth, PppdTurnsUsAwayWithTheWrongSecret) {
  write_secrets("ours\tguest\t\"another secret\"\t*\n");
  start_pppd(GetParam().pppds + " name guest");
  start_bridge(proving(ours_));
  const auto ended = bridge().finish();
  EXPECT_EQ(ended.status, 1);
  EXPECT_THAT(ended.err, HasSubstr("peer does not accept our " + GetParam().in_words + " proof"));
  EXPECT_THAT(ended.err, Not(HasSubstr("our secret")));
}

TEST_P(PppdAuth, WeAskWhoPppdIs) {
  write_secrets("guest\t*\t\"guest's secret\"\t*\n");
  start_pppd("noauth name guest user guest remotename ours");
  start_bridge(asking(guests_));
  wait_until_up();
  bridge().wait_for_nth("peer is \"guest\", by " + GetParam().in_words, 1);
  expect_packets_cross();
}

TEST_P(PppdAuth, WeTurnPppdAwayWithTheWrongSecret) {
  write_secrets("guest\t*\t\"guessed\"\t*\n");
  start_pppd("noauth name guest user guest remotename ours");
  start_bridge(asking(guests_));
  const auto ended = bridge().finish();
  EXPECT_EQ(ended.status, 1);
  EXPECT_THAT(ended.err, HasSubstr("peer \"guest\" has not proved itself by " +
                                   GetParam().in_words + ": a wrong response"));
  EXPECT_THAT(ended.err, Not(HasSubstr("guest's secret")));
}

TEST_P(PppdAuth, BothAskEachOther) {
  write_secrets("ours\tguest\t\"our secret\"\t*\nguest\t*\t\"guest's secret\"\t*\n");
  start_pppd(GetParam().pppds + " name guest user guest remotename ours");
  auto options = proving(ours_);
  const auto more = asking(guests_);
  options.insert(options.end(), more.begin() + 1, more.end());
  start_bridge(options);
  wait_until_up();
  guest().wait_for(GetParam().accepted);
  bridge().wait_for_nth("peer is \"guest\", by " + GetParam().in_words, 1);
  expect_packets_cross();
}

class PppdChap : public PppdLink {};

TEST_F(PppdChap, IsAnsweredWheneverItAsksAgainAndAsksBack) {
  const SecretFile ours{"our secret"};
  const SecretFile guests{"guest's secret"};
  guest().write("/etc/ppp/chap-secrets",
                "ours\tguest\t\"our secret\"\t*\nguest\t*\t\"guest's secret\"\t*\n");
  start_pppd("require-chap chap-interval 1 name guest remotename ours");
  start_bridge({"--accept-auth", "chap-md5", "--name", "ours", "--secret-file",
                ours.path().native(), "--require-auth", "chap-md5", "--peer-name", "guest",
                "--peer-secret-file", guests.path().native(), "--rechallenge", "1"});
  wait_until_up();
  bridge().wait_for_nth("we are accepted as \"ours\" by CHAP-MD5", 3);
  bridge().wait_for_nth("peer is \"guest\", by CHAP-MD5", 3);
  expect_packets_cross();
}

TEST_F(PppdChap, ThatWantsEapIsNamedAsTheReason) {
  guest().write("/etc/ppp/chap-secrets", "ours\tguest\t\"our secret\"\t*\n");
  start_pppd("require-eap name guest");
  start_bridge();
  const auto ended = bridge().finish();
  EXPECT_EQ(ended.status, 1);
  EXPECT_THAT(ended.err, HasSubstr("peer requires EAP"));
}

}  // namespace
}  // namespace tunnel::test
