// Every verb that talks to the daemon: what it asks, prints and tells the shell.

#include "tests/ctl/ctl_fixture.hpp"
#include "tests/ctl/samples.hpp"
#include "tunneld/base/version.hpp"
#include "tunneld/ctl/units.hpp"

#include <linux/capability.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/socket.h>

#include <algorithm>

namespace tunnel::ctl {
namespace {

namespace json = boost::json;
using supervisor::RpcError;
using supervisor::RpcResult;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::StartsWith;

constexpr const char* kTwoSites = R"({"sites": [{"site": "home", "wanted": true, "state": "up"},
                                                {"site": "labs", "wanted": true, "state": "up"}]})";

class Verbs : public CtlTest {
 protected:
  /// Knows the sites home and labs.
  void serve_two_sites() {
    daemon().answers("status", kTwoSites);
    for (const std::string method : {"up", "down", "restart", "retry"}) {
      daemon().handles(method, [method](const json::object& params) -> RpcResult {
        const auto site = std::string{params.at("site").as_string()};
        if (site != "home" && site != "labs") return RpcError{-32001, "no such site"};
        return json::value{{"message", site + ": " + method + "."}};
      });
    }
  }
};

TEST_F(Verbs, UpNamesTheSiteAndPrintsWhatTheDaemonSays) {
  serve_two_sites();
  const auto outcome = tunnelctl({"up", "labs"});
  EXPECT_EQ(outcome.code, 0);
  EXPECT_EQ(outcome.out, "labs: up.\n");
  EXPECT_EQ(outcome.err, "");
  EXPECT_THAT(daemon().calls, ElementsAre(R"(up{"site":"labs"})"));
}

TEST_F(Verbs, SeveralSitesAreOneCallEach) {
  serve_two_sites();
  EXPECT_EQ(tunnelctl({"restart", "labs", "home"}).out, "labs: restart.\nhome: restart.\n");
}

TEST_F(Verbs, AllSitesAreThoseOfTheDaemon) {
  serve_two_sites();
  EXPECT_EQ(tunnelctl({"retry", "--all"}).out, "home: retry.\nlabs: retry.\n");
}

TEST_F(Verbs, DownKeepsTheNetworksRefusedUnlessToldOtherwise) {
  serve_two_sites();
  EXPECT_EQ(tunnelctl({"down", "labs"}).code, 0);
  EXPECT_EQ(tunnelctl({"down", "labs", "--withdraw"}).code, 0);
  EXPECT_THAT(daemon().calls, ElementsAre(R"(down{"site":"labs","withdraw":false})",
                                          R"(down{"site":"labs","withdraw":true})"));
}

TEST_F(Verbs, AsJsonEachSiteIsADocument) {
  serve_two_sites();
  EXPECT_EQ(tunnelctl({"up", "--all", "--json"}).out,
            "{\"site\":\"home\",\"message\":\"home: up.\"}\n"
            "{\"site\":\"labs\",\"message\":\"labs: up.\"}\n");
}

TEST_F(Verbs, AnUnknownSiteIsAnErrorThatNamesTheKnownOnes) {
  serve_two_sites();
  const auto outcome = tunnelctl({"up", "lab", "home"});
  EXPECT_EQ(outcome.code, 1);
  EXPECT_EQ(outcome.err,
            "tunnelctl: there is no site \"lab\": did you mean \"labs\"? "
            "(the sites are: home, labs)\n");
  EXPECT_EQ(outcome.out, "");
}

TEST_F(Verbs, WithAnUnknownSiteAmongThemNothingIsDoneToTheOthers) {
  serve_two_sites();
  for (const auto* verb : {"up", "down", "restart", "retry"}) {
    const auto outcome = tunnelctl({verb, "labs", "attic", "home", "cellar"});
    EXPECT_EQ(outcome.code, 1) << verb;
    EXPECT_THAT(outcome.err, HasSubstr("no site \"attic\""));
    EXPECT_THAT(outcome.err, HasSubstr("no site \"cellar\""));
  }
  EXPECT_THAT(daemon().calls, ::testing::Each(StartsWith("status")));
}

TEST_F(Verbs, OfAGatewayWithoutSitesTheErrorSaysWhereToWriteOne) {
  daemon().answers("status", R"({"sites": []})");
  daemon().refuses("up", {-32001, "no such site"});
  EXPECT_THAT(tunnelctl({"up", "labs"}).err, HasSubstr("etc/sites and run \"tunnelctl reload\""));
}

TEST_F(Verbs, AnErrorOfTheDaemonIsPrintedFitForATerminal) {
  daemon().refuses("up", {-32000, "labs: \033[31mthe device is taken"});
  const auto outcome = tunnelctl({"up", "labs"});
  EXPECT_EQ(outcome.code, 1);
  EXPECT_EQ(outcome.err, "tunnelctl: labs: \\x1b[31mthe device is taken\n");
}

TEST_F(Verbs, ACommandThatTheDaemonDoesNotKnowHintsAtItsAge) {
  daemon();
  const auto outcome = tunnelctl({"routes"});
  EXPECT_EQ(outcome.code, 1);
  EXPECT_THAT(outcome.err, HasSubstr("older release"));
}

TEST_F(Verbs, ReloadPrintsWhatChanged) {
  daemon().answers("reload", R"({"message": "The configuration is in force.", "added": ["attic"],
                                 "removed": [], "changed": ["labs"], "unchanged": ["home", "x"], "retried": ["x"]})");
  const auto outcome = tunnelctl({"reload"});
  EXPECT_EQ(outcome.code, 0);
  EXPECT_EQ(outcome.out,
            "The configuration is in force.\n    added: attic\n    changed: labs\n"
            "    unchanged: home, x\n"
            "    retried: x\n");
  EXPECT_THAT(tunnelctl({"reload", "--json"}).out, StartsWith("{\"message\":"));
}

TEST_F(Verbs, ARefusedReloadPrintsTheMistakes) {
  daemon().refuses("reload",
                   {-32002, "The old configuration stays: there are 2 mistakes.",
                    json::parse(R"({"diagnostics": ["a.toml:1: error\n    x\n\t^", "b"]})")});
  const auto outcome = tunnelctl({"reload"});
  EXPECT_EQ(outcome.code, 1);
  EXPECT_EQ(outcome.err,
            "a.toml:1: error\n    x\n\t^\n\nb\n\n"
            "tunnelctl: The old configuration stays: there are 2 mistakes.\n");
}

TEST_F(Verbs, RoutesAreATable) {
  daemon().answers("routes", R"({"routes": [
      {"network": "192.168.253.0/24", "interface": "tun0", "kind": "tunnel", "site": "labs",
       "metric": 50, "state": "installed"},
      {"network": "10.0.0.0/8", "interface": null, "kind": "guard", "site": "labs",
       "metric": 4294967295, "state": "installed"}]})");
  const auto outcome = tunnelctl({"routes"});
  EXPECT_EQ(outcome.code, 0);
  EXPECT_EQ(outcome.out,
            "NETWORK           INTERFACE  KIND    METRIC      SITE  STATE\n"
            "192.168.253.0/24  tun0       tunnel  50          labs  installed\n"
            "10.0.0.0/8        -          guard   4294967295  labs  installed\n");
  EXPECT_THAT(tunnelctl({"routes", "--json"}).out, StartsWith("{\"routes\":["));
}

TEST_F(Verbs, LeasesAreATable) {
  daemon().answers("leases", R"({"leases": [
      {"pool": "roaming", "address": "10.224.2.10", "site": "attic", "in_use": true,
       "unused_since": null, "first_given": "2005-04-13T13:02:11.5Z"},
      {"pool": "roaming", "address": "10.224.2.11", "site": "b", "in_use": false,
       "unused_since": "2005-04-14T13:02:11Z", "first_given": "2005-04-13T13:02:11Z"}]})");
  const auto outcome = tunnelctl({"leases"});
  EXPECT_EQ(outcome.code, 0);
  auto first = local_time("2005-04-13T13:02:11Z");
  auto unused = local_time("2005-04-14T13:02:11Z");
  first[10] = unused[10] = 'T';
  EXPECT_EQ(outcome.out,
            "POOL     ADDRESS      SITE   IN-USE  UNUSED-SINCE         FIRST-GIVEN\n"
            "roaming  10.224.2.10  attic  yes     -                    " +
                first + "\nroaming  10.224.2.11  b      no      " + unused + "  " + first + '\n');
  EXPECT_THAT(tunnelctl({"leases", "--json"}).out, StartsWith("{\"leases\":["));
}

TEST_F(Verbs, MetricsArePrintedAsTheDaemonTellsThem) {
  daemon().answers("metrics", R"({"text": "# TYPE a gauge\na{b=\"c\\\\d\"} 1\n"})");
  EXPECT_EQ(tunnelctl({"metrics"}).out, "# TYPE a gauge\na{b=\"c\\\\d\"} 1\n");
  EXPECT_EQ(tunnelctl({"metrics", "--json"}).out,
            "{\"text\":\"# TYPE a gauge\\na{b=\\\"c\\\\\\\\d\\\"} 1\\n\"}\n");
}

TEST_F(Verbs, VersionTellsBothReleases) {
  daemon().answers("version", R"({"version": "9.9"})");
  const std::string ours{kVersion};
  EXPECT_EQ(tunnelctl({"version"}).out, "tunnelctl " + ours + "\ntunneld 9.9\n");
  EXPECT_EQ(tunnelctl({"version", "--json"}).out,
            "{\"tunnelctl\":\"" + ours + "\",\"tunneld\":\"9.9\"}\n");
}

TEST_F(Verbs, VersionNeedsNoDaemon) {
  const auto outcome = tunnelctl({"version"});
  EXPECT_EQ(outcome.code, 0);
  EXPECT_EQ(outcome.out, "tunnelctl " + std::string{kVersion} + "\ntunneld does not run here\n");
}

TEST_F(Verbs, VersionTellsWhoMayNotAskThatThereIsADaemon) {
  daemon();
  std::filesystem::permissions(socket_, std::filesystem::perms{0});
  ::prctl(PR_CAPBSET_DROP, CAP_DAC_OVERRIDE);
  const auto outcome = tunnelctl({"version"});
  EXPECT_EQ(outcome.code, 0);
  EXPECT_THAT(outcome.out, HasSubstr("\ntunneld runs here, but you may not ask it\n"));
}

TEST_F(Verbs, WithoutADaemonTheErrorSaysHowToStartItAndWhereItsLogIs) {
  const auto outcome = tunnelctl({"status"});
  EXPECT_EQ(outcome.code, 1);
  EXPECT_EQ(outcome.err, "tunnelctl: tunneld is not running (there is no " + socket_.native() +
                             "): start it with \"systemctl start tunneld\"; its log is in "
                             "/var/log/elsewhere and \"journalctl -u tunneld\"\n");
}

TEST_F(Verbs, ASocketThatWasLeftBehindIsNoDaemon) {
  daemon().end();
  const auto outcome = tunnelctl({"status"});
  EXPECT_EQ(outcome.code, 1);
  EXPECT_THAT(outcome.err, HasSubstr("nobody listens on " + socket_.native()));
}

TEST_F(Verbs, SomebodyWhoMayNotUseTheSocketLearnsWhichGroupMay) {
  daemon();
  std::filesystem::permissions(socket_, std::filesystem::perms{0});
  // Where the test is root, tunnelctl must not be more: without this capability, root too may only
  // what the mode says. Elsewhere the call fails, and is not needed.
  ::prctl(PR_CAPBSET_DROP, CAP_DAC_OVERRIDE);
  const auto outcome = tunnelctl({"status"});
  EXPECT_EQ(outcome.code, 4);
  EXPECT_EQ(outcome.err,
            "tunnelctl: you may not use " + socket_.native() +
                ": be root, or join the group \"operators\" (as root: usermod -aG operators "
                "USER, and log in again)\n");
}

TEST_F(Verbs, SomebodyWhoMayOnlyLookOnDoesSoByTheOtherSocket) {
  FakeDaemon readers{loop_, folder_.path / "read.sock"};
  readers.answers("routes", R"({"routes": []})");
  readers.refuses("up", {supervisor::rpc_code::kNotAllowed, "\"up\" is for others"});
  daemon();
  std::filesystem::permissions(socket_, std::filesystem::perms{0});
  ::prctl(PR_CAPBSET_DROP, CAP_DAC_OVERRIDE);
  EXPECT_EQ(tunnelctl({"routes", "--json"}).out, "{\"routes\":[]}\n");
  const auto refused = tunnelctl({"up", "labs"});
  EXPECT_EQ(refused.code, 4);
  EXPECT_EQ(refused.err, "tunnelctl: \"up\" is for others\n");
}

/// The socket of something that is not our control server.
UniqueFd strange_daemon(const std::filesystem::path& socket) {
  auto listening = listen_unix(socket, SocketKind::Stream, 0600);
  return std::move(*listening);
}

UniqueFd accept_one(const UniqueFd& listening) {
  pollfd ready{listening.get(), POLLIN, 0};
  EXPECT_EQ(::poll(&ready, 1, 30'000), 1);
  return UniqueFd{::accept4(listening.get(), nullptr, nullptr, SOCK_CLOEXEC)};
}

TEST_F(Verbs, ADaemonThatDoesNotAnswerIsGivenUp) {
  const auto listening = strange_daemon(socket_);  // the kernel accepts, nobody reads
  const auto outcome = tunnelctl({"status", "--answer-timeout", "20ms"});
  EXPECT_EQ(outcome.code, 1);
  EXPECT_THAT(outcome.err, HasSubstr("tunneld does not answer on " + socket_.native()));
}

TEST_F(Verbs, ADaemonThatDoesNotAnswerIsNotAskedForTheNextSite) {
  const auto listening = strange_daemon(socket_);
  const auto outcome = tunnelctl({"up", "home", "labs", "--answer-timeout", "20ms"});
  EXPECT_EQ(outcome.code, 1);
  EXPECT_EQ(std::count(outcome.err.begin(), outcome.err.end(), '\n'), 1) << outcome.err;
}

TEST_F(Verbs, ADaemonThatClosesIsSaidToHaveClosed) {
  const auto listening = strange_daemon(socket_);
  Program program{loop_, arguments({"status"})};
  accept_one(listening).reset();
  EXPECT_EQ(program.finish(), 1);
  EXPECT_THAT(program.err, HasSubstr("closed the connection"));
}

TEST_F(Verbs, WhatIsNoTunneldIsSaidToBeNone) {
  const auto listening = strange_daemon(socket_);
  Program program{loop_, arguments({"status"})};
  const auto connection = accept_one(listening);
  ASSERT_GT(::send(connection.get(), "220 mail\r\n", 10, MSG_NOSIGNAL), 0);
  EXPECT_EQ(program.finish(), 1);
  EXPECT_THAT(program.err, HasSubstr("does not speak as tunneld does"));
}

TEST_F(Verbs, AServerThatTurnsClientsAwayIsHeard) {
  daemon();
  std::vector<UniqueFd> others;
  for (int i = 0; i < 64; ++i) {
    auto other = connect_unix(socket_, SocketKind::Stream);
    ASSERT_TRUE(other.has_value());
    others.push_back(std::move(*other));
  }
  const auto outcome = tunnelctl({"status"});
  EXPECT_EQ(outcome.code, 1);
  // Root, as which the test may run or not, is not counted as a user.
  EXPECT_THAT(outcome.err, ::testing::MatchesRegex("tunnelctl: tunneld has (64|16) control "
                                                   "connections( of your account)? already: close "
                                                   "one\n"));
}

TEST_F(Verbs, TheSocketMayBeNamed) {
  daemon().answers("routes", R"({"routes": []})");
  Program program{loop_, {"--socket", socket_.native(), "routes", "--json"}};
  EXPECT_EQ(program.finish(), 0);
  EXPECT_EQ(program.out, "{\"routes\":[]}\n");
}

TEST_F(Verbs, AConfigurationThatWasNamedAndIsBrokenIsNoReasonToAskAnotherDaemon) {
  folder_.write("etc/tunneld.toml", "[gateway]\nrun_dir = \"/run/other\"\n");
  const auto outcome = tunnelctl({"down", "labs"});
  EXPECT_EQ(outcome.code, 1);
  EXPECT_THAT(outcome.err, StartsWith("tunnelctl: cannot learn where tunneld listens: "));
  EXPECT_THAT(outcome.err, HasSubstr("tunneld.toml:2"));
}

TEST_F(Verbs, ThatDoNotExistAreNamed) {
  EXPECT_THAT(tunnelctl({"frob"}).err, StartsWith("tunnelctl: there is no command \"frob\""));
  EXPECT_THAT(tunnelctl({"stauts"}).err,
              StartsWith("tunnelctl: there is no command \"stauts\": did you mean \"status\"?\n"));
  EXPECT_THAT(tunnelctl({}).err, StartsWith("tunnelctl: name a command: status, up, down, "));
  EXPECT_THAT(tunnelctl({"key"}).err,
              StartsWith("tunnelctl: name a command: gen, show, authorized-keys\n"));
  EXPECT_THAT(tunnelctl({"key", "frob"}).err,
              StartsWith("tunnelctl: there is no command \"frob\""));
}

TEST_F(Verbs, AMistakeThatOnlyTheDaemonSeesIsOneOfTheCommandLine) {
  daemon().refuses("log", {supervisor::rpc_code::kInvalidParams, "\"foo\" is no rule"});
  const auto outcome = tunnelctl({"log", "--rule", "foo"});
  EXPECT_EQ(outcome.code, 2);
  EXPECT_EQ(outcome.err, "tunnelctl: \"foo\" is no rule\n");
}

TEST_F(Verbs, MistakesOnTheCommandLineHaveAStatusOfTheirOwn) {
  const std::vector<std::vector<std::string>> mistakes{
      {},
      {"fly"},
      {"up"},
      {"up", "--all", "labs"},
      {"status", "--wrong"},
      {"log", "--type", "mail"},
      {"log", "--lines", "many"},
      {"status", "--until", "there"},
      {"status", "--timeout", "1s"},
      {"status", "--until", "up", "--timeout", "soon"},
      {"down", "labs", "--answer-timeout", "x"},
      {"up", "labs", "--withdraw"},
      {"key"},
      {"key", "gen"}};
  for (const auto& mistake : mistakes) {
    const auto outcome = tunnelctl(mistake);
    EXPECT_EQ(outcome.code, 2) << ::testing::PrintToString(mistake);
    EXPECT_EQ(outcome.out, "");
    EXPECT_THAT(outcome.err, StartsWith("tunnelctl: "));
    EXPECT_THAT(outcome.err, HasSubstr("--help"));
  }
}

TEST_F(Verbs, AStateThatThereIsNotIsAnsweredWithThoseThereAre) {
  const auto outcome = tunnelctl({"status", "--until", "upp"});
  EXPECT_EQ(outcome.code, 2);
  EXPECT_THAT(outcome.err, HasSubstr("\"upp\" is not a state; these are: down, waiting, "));
  EXPECT_THAT(outcome.err, HasSubstr(", up, closing, restarting"));
}

TEST_F(Verbs, HelpHasExamplesAndTheExitStatus) {
  const auto outcome = tunnelctl({"--help"});
  EXPECT_EQ(outcome.code, 0);
  EXPECT_EQ(outcome.err, "");
  EXPECT_THAT(outcome.out, HasSubstr("Examples:"));
  EXPECT_THAT(outcome.out, HasSubstr("Exit status:"));
  for (const auto* verb : {"status", "up", "down", "restart", "retry", "reload", "restart-daemon",
                           "check", "log", "routes", "leases", "metrics", "key", "version"}) {
    EXPECT_EQ(tunnelctl({verb, "--help"}).code, 0) << verb;
    EXPECT_THAT(outcome.out, HasSubstr(std::string{"\n  "} + verb + ' '));
  }
}

TEST_F(Verbs, AFullDiskIsNoSuccess) {
  daemon().answers("routes", R"({"routes": []})");
  Program program{loop_, arguments({"routes"}), StandardOutput::FullDisk};
  EXPECT_EQ(program.finish(), 1);
  EXPECT_EQ(program.err, "tunnelctl: cannot write to standard output: No space left on device\n");
}

}  // namespace
}  // namespace tunnel::ctl
