// The gateway's file, and several sites together.

#include "tests/config/profiles.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

namespace tunnel::config {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

Gateway gateway(std::string text) {
  auto loaded = parse(gateway_file(std::move(text)), {}, make_facts());
  for (const auto& diagnostic : loaded.diagnostics) ADD_FAILURE() << explain(diagnostic);
  return loaded.configuration ? loaded.configuration->gateway : Gateway{};
}

std::vector<std::string> messages(const Loaded& loaded) {
  std::vector<std::string> all;
  for (const auto& diagnostic : loaded.diagnostics) all.push_back(diagnostic.message);
  return all;
}

std::vector<std::string> gateway_mistakes(std::string text) {
  return messages(parse(gateway_file(std::move(text)), {}, make_facts()));
}

TEST(GatewayFile, MayBeEmpty) {
  const auto empty = gateway("");
  EXPECT_EQ(empty, Gateway{.name = "talisker"});
  EXPECT_EQ(empty.runtime_dir, "/run/tunneld");
  EXPECT_EQ(empty.log_dir, "/var/log/tunneld");
  EXPECT_EQ(empty.state_dir, "/var/lib/tunneld");
  EXPECT_EQ(empty.control_group, "tunneld");
  EXPECT_EQ(empty.read_group, "") << "nobody else may look on";
  EXPECT_EQ(empty.bridge_user, "pppossh");
  EXPECT_EQ(empty.user, "tunneld");
  EXPECT_TRUE(empty.bridge.empty());
  EXPECT_EQ(empty.forwarding, Forwarding::Enable);
}

TEST(GatewayFile, TakesEveryKey) {
  EXPECT_EQ(gateway(R"([gateway]
name = "ardbeg"
runtime_dir = "/run/a"
log_dir = "/var/log/a"
state_dir = "/var/lib/a"
control_group = "admin"
read_group = "adm"
bridge_user = "ppp"
user = "daemon"
bridge = "/opt/pppd-bridge"
forwarding = "leave-alone"
)"),
            (Gateway{.name = "ardbeg",
                     .runtime_dir = "/run/a",
                     .log_dir = "/var/log/a",
                     .state_dir = "/var/lib/a",
                     .control_group = "admin",
                     .read_group = "adm",
                     .bridge_user = "ppp",
                     .user = "daemon",
                     .bridge = "/opt/pppd-bridge",
                     .forwarding = Forwarding::LeaveAlone}));
}

TEST(GatewayFile, HasAllItsMistakesToldInOneRun) {
  EXPECT_THAT(
      gateway_mistakes("[gateway]\nname = \"a b\"\nuser = 1\nbridge = \"b\"\nx = 1\n[site]\n"),
      ElementsAre("\"a b\" cannot be a gateway's name", "\"user\" takes text, not an integer",
                  "\"b\" is not an absolute path", "unknown key \"x\" in [gateway]",
                  "unknown table [site]"));
}

TEST(GatewayFile, NamesTheRulesOfThePacketFilter) {
  const auto loaded = parse(gateway_file(R"([filter]
rules = "ipf.rules"
nat = "/etc/ipnat.rules"
default = "block"
log_group = 6
mark_mask = 0xffff
log_states = true
)"),
                            {}, make_facts());
  ASSERT_TRUE(loaded.configuration);
  EXPECT_EQ(loaded.configuration->filter, (Filter{.rules = "/etc/tunneld/ipf.rules",
                                                  .nat = "/etc/ipnat.rules",
                                                  .by_default = FilterDefault::Block,
                                                  .log_group = 6,
                                                  .mark_mask = 0xffff,
                                                  .log_states = LogStates::Yes}));
}

TEST(GatewayFile, HasNoFilterWithoutTheTable) {
  const auto loaded = parse(gateway_file(""), {}, make_facts());
  ASSERT_TRUE(loaded.configuration);
  EXPECT_EQ(loaded.configuration->filter, std::nullopt);
}

TEST(GatewayFile, HasAllMistakesOfTheFilterToldInOneRun) {
  auto facts = make_facts();
  facts.file = [](const std::filesystem::path& path) -> FileFacts {
    if (path == "/etc/tunneld/open") return {.error = {}, .mode = 0666};
    return {.error = make_error_code(std::errc::no_such_file_or_directory)};
  };
  const auto loaded = parse(gateway_file("[filter]\nrules = \"gone\"\nnat = \"open\"\n"
                                         "default = \"deny\"\nlog_group = 0\nmark_mask = 0xff0f\n"
                                         "log_states = 1\n"),
                            {}, facts);
  std::vector<std::string> messages;
  for (const auto& each : loaded.diagnostics) messages.push_back(each.message);
  EXPECT_THAT(messages,
              ElementsAre("cannot read /etc/tunneld/gone: No such file or directory",
                          "anybody may write to /etc/tunneld/open (mode 0666)",
                          "\"deny\" is not \"pass\" or \"block\"", "0 is not between 1 and 65535",
                          "the bits of this mask are not in a row from the lowest on",
                          "\"log_states\" takes true or false, not an integer"));
}

TEST(GatewayFile, NamesTheFileOfMetrics) {
  const auto metrics = [](std::string text) {
    auto loaded = parse(gateway_file(std::move(text)), {}, make_facts());
    return loaded.configuration ? loaded.configuration->metrics : std::nullopt;
  };
  EXPECT_EQ(metrics(""), std::nullopt);
  EXPECT_EQ(metrics("[metrics]\nfile = \"/srv/tunneld.prom\"\n"),
            (Metrics{.file = "/srv/tunneld.prom", .interval = 15s}));
  EXPECT_EQ(metrics("[metrics]\nfile = \"/srv/a.prom\"\ninterval = \"1s\"\n"),
            (Metrics{.file = "/srv/a.prom", .interval = 1s}));
}

TEST(GatewayFile, HasAllMistakesOfTheMetricsToldInOneRun) {
  EXPECT_THAT(gateway_mistakes("[metrics]\n"), ElementsAre("[metrics] must have the key \"file\""));
  EXPECT_THAT(gateway_mistakes("[metrics]\nfile = \"tunneld.prom\"\ninterval = \"999ms\"\n"),
              ElementsAre("\"tunneld.prom\" is not an absolute path",
                          "\"999ms\" is not between \"1s\" and \"1h\""));
  EXPECT_THAT(gateway_mistakes("[metrics]\nfile = \"/srv/tunneld.txt\"\nport = 9100\n"),
              ElementsAre("\"/srv/tunneld.txt\" is a file that node_exporter leaves out",
                          "unknown key \"port\" in [metrics]"));
}

TEST(SiteRules, MakeAFilterEvenWithoutTheGatewaysOwn) {
  const std::vector<SourceFile> sites{
      site_file("labs", dial_profile() + "[filter]\nrules = \"sites/labs.rules\"\n")};
  const auto loaded = parse(gateway_file(""), sites, make_facts());
  ASSERT_TRUE(loaded.configuration);
  ASSERT_TRUE(loaded.configuration->filter);
  EXPECT_THAT(
      loaded.configuration->filter->sites,
      ElementsAre(SiteRules{*SiteName::parse("labs"), "/etc/tunneld/sites/labs.rules", {}}));
}

TEST(SiteRules, HaveNothingToSayAboutTheGatewayAsAWhole) {
  EXPECT_EQ(mistake_in(dial_profile() + "[filter]\ndefault = \"pass\"\n"),
            "\"default\" is of the gateway as a whole");
}

TEST(GatewayFile, MustBeThere) {
  auto file = gateway_file();
  file.facts.error = make_error_code(std::errc::no_such_file_or_directory);
  const auto loaded = parse(file, {}, make_facts());
  ASSERT_EQ(loaded.diagnostics.size(), 1U);
  EXPECT_EQ(loaded.diagnostics[0].message, "there is no such file");
  EXPECT_THAT(loaded.diagnostics[0].hint, HasSubstr("may be empty"));
}

TEST(GatewayFile, IsWrittenByNobodyElse) {
  auto file = gateway_file();
  file.facts.mode = 0666;
  EXPECT_THAT(messages(parse(file, {}, make_facts())),
              ElementsAre("anybody may write to this file (mode 0666)"));
}

TEST(OneFileAlone, IsAGatewaysByItsNameOrItsTables) {
  const auto facts = make_facts();
  const SourceFile by_name{"/etc/tunneld/tunneld.toml", "", {}};
  const SourceFile by_table{"new.toml", "[gateway]\n", {}};
  EXPECT_TRUE(parse_alone(by_name, facts).configuration);
  EXPECT_TRUE(parse_alone(by_table, facts).configuration);
  const SourceFile by_metrics{"new.toml", "[metrics]\nfile = \"/srv/a.prom\"\n", {}};
  EXPECT_TRUE(parse_alone(by_metrics, facts).configuration);
  EXPECT_FALSE(parse_alone({"new.toml", "", {}}, facts).configuration);
}

/// Two profiles that get on with each other: labs, and another of which a test changes one thing.
std::string archive_profile() {
  auto text = with(dial_profile(), "tun0", "tun1");
  text = with(text, "10.224.1.2", "10.224.1.6");
  return with(text, "\"192.168.253.0/24\", \"172.16.1.0/24\"", "\"192.168.77.0/24\"");
}

Loaded together(std::string archive, std::string labs) {
  const std::vector<SourceFile> files{site_file("labs", std::move(labs)),
                                      site_file("archive", std::move(archive))};
  return parse(gateway_file(), files, make_facts());
}

/// The clash between labs and archive, which is told of labs, the later by name.
std::string clash(std::string archive, std::string labs = dial_profile()) {
  const auto loaded = together(std::move(archive), std::move(labs));
  EXPECT_FALSE(loaded.configuration);
  if (loaded.diagnostics.size() != 1) {
    for (const auto& diagnostic : loaded.diagnostics) ADD_FAILURE() << explain(diagnostic);
    ADD_FAILURE() << loaded.diagnostics.size() << " mistakes instead of one";
    return {};
  }
  EXPECT_EQ(loaded.diagnostics[0].file, "sites/labs.toml");
  return loaded.diagnostics[0].message;
}

TEST(TwoSites, AreSortedByName) {
  const auto loaded = together(archive_profile(), dial_profile());
  ASSERT_TRUE(loaded.configuration);
  ASSERT_EQ(loaded.configuration->sites.size(), 2U);
  EXPECT_EQ(loaded.configuration->sites[0].name.str(), "archive");
  EXPECT_EQ(loaded.configuration->sites[1].name.str(), "labs");
  EXPECT_EQ(loaded.configuration->gateway.name, "talisker");
}

TEST(TwoSites, MayShareTheirNearAddress) {
  EXPECT_TRUE(together(archive_profile(), dial_profile()).configuration);
}

TEST(TwoSites, HaveNoInterfaceInCommon) {
  EXPECT_EQ(clash(with(archive_profile(), "tun1", "tun0")),
            "tun0 is another site's interface already (sites/archive.toml:10)");
}

TEST(TwoSites, HaveNoFarEndInCommon) {
  EXPECT_EQ(clash(with(archive_profile(), "10.224.1.6", "10.224.1.2")),
            "10.224.1.2 is another site's far end already (sites/archive.toml:12)");
}

TEST(TwoSites, HaveNoNearEndThatIsTheOthersFarEnd) {
  const auto swapped =
      with(with(archive_profile(), "10.224.1.1", "10.224.1.5"), "10.224.1.6", "10.224.1.1");
  EXPECT_EQ(clash(swapped), "10.224.1.1 is another site's far end (sites/archive.toml:12)");
  EXPECT_EQ(clash(with(archive_profile(), "10.224.1.1", "10.224.1.2")),
            "10.224.1.2 is this gateway's own address towards another site "
            "(sites/archive.toml:11)");
}

TEST(TwoSites, HaveNoNetworkInCommon) {
  EXPECT_EQ(clash(with(archive_profile(), "192.168.77.0/24", "172.16.0.0/12")),
            "172.16.1.0/24 overlaps 172.16.0.0/12 of another site (sites/archive.toml:15)");
  EXPECT_EQ(clash(with(archive_profile(), "192.168.77.0/24", "172.16.1.128/25")),
            "172.16.1.0/24 overlaps 172.16.1.128/25 of another site (sites/archive.toml:15)");
}

TEST(TwoSites, HaveNoIpv6NetworkInCommon) {
  const auto archive = with(archive_profile(), "192.168.77.0/24", "2001:db8:1::/48");
  const auto labs = [](const char* network) {
    return with(dial_profile(), "172.16.1.0/24", network);
  };
  EXPECT_EQ(clash(archive, labs("2001:db8::/32")),
            "2001:db8::/32 overlaps 2001:db8:1::/48 of another site (sites/archive.toml:15)");
  EXPECT_EQ(clash(archive, labs("2001:db8:1:7::/64")),
            "2001:db8:1:7::/64 overlaps 2001:db8:1::/48 of another site (sites/archive.toml:15)");
  EXPECT_TRUE(together(archive, labs("2001:db8:2::/48")).configuration);
}

TEST(TwoSites, HaveNoAddressInTheOthersNetwork) {
  EXPECT_EQ(clash(with(archive_profile(), "10.224.1.6", "172.16.1.6")),
            "172.16.1.0/24 holds another site's tunnel address 172.16.1.6 "
            "(sites/archive.toml:12)");
  EXPECT_EQ(clash(with(archive_profile(), "192.168.77.0/24", "10.224.1.2/31")),
            "10.224.1.2 lies inside another site's network 10.224.1.2/31 "
            "(sites/archive.toml:15)");
}

TEST(TwoSites, HaveNoNearAddressInTheOthersNetwork) {
  EXPECT_EQ(clash(with(archive_profile(), "10.224.1.1", "172.16.1.5")),
            "172.16.1.0/24 holds another site's tunnel address 172.16.1.5 "
            "(sites/archive.toml:11)");
  // Both have 10.224.1.1, which lies in a network of archive's: that one's own affair.
  EXPECT_EQ(clash(with(archive_profile(), "192.168.77.0/24", "10.224.1.1/32")),
            "10.224.1.1 lies inside another site's network 10.224.1.1/32 "
            "(sites/archive.toml:15)");
}

TEST(TwoSites, HaveNoNetworkToChooseFromThatHoldsTheOthersAddress) {
  const auto choosy = with(archive_profile(), "10.224.1.1", "10.224.9.1");
  EXPECT_EQ(clash(with(choosy, "10.224.1.6", "10.224.1.6/29"),
                  with(dial_profile(), "10.224.1.1", "10.224.9.1")),
            "10.224.1.2 may be the same address as another site's 10.224.1.6/29 "
            "(sites/archive.toml:12)");
  EXPECT_EQ(clash(with(archive_profile(), "10.224.1.6", "172.16.1.6/29")),
            "172.16.1.0/24 holds another site's tunnel address 172.16.1.0/29 "
            "(sites/archive.toml:12)");
  EXPECT_TRUE(together(with(archive_profile(), "10.224.1.6", "0.0.0.0/0"),
                       with(dial_profile(), "10.224.1.2", "0.0.0.0/0"))
                  .configuration);
}

TEST(TwoSites, HaveNoFarEndOfIpv6InCommon) {
  const auto v6 = [](std::string profile, std::string_view local, std::string_view remote) {
    return with(std::move(profile), "[ppp]\n",
                "[ppp]\nlocal6 = \"" + std::string{local} + "\"\nremote6 = \"" +
                    std::string{remote} + "\"\n");
  };
  EXPECT_TRUE(together(v6(archive_profile(), "fd00::1", "fd00::3"),
                       v6(dial_profile(), "fd00::1", "fd00::2"))
                  .configuration);
  EXPECT_EQ(clash(v6(archive_profile(), "fd00::1", "fd00::2"),
                  v6(dial_profile(), "fd00::1", "fd00:0::2")),
            "fd00::2 is another site's far end already (sites/archive.toml:11)");
  EXPECT_EQ(
      clash(v6(archive_profile(), "fd00::1", "fd00::3"), v6(dial_profile(), "fd00::3", "fd00::2")),
      "fd00::3 is another site's far end (sites/archive.toml:11)");
  EXPECT_EQ(
      clash(v6(archive_profile(), "fd00::2", "fd00::3"), v6(dial_profile(), "fd00::1", "fd00::2")),
      "fd00::2 is this gateway's own address towards another site "
      "(sites/archive.toml:10)");
}

TEST(TwoSites, HaveNoKeyInCommon) {
  auto archive = with(answer_profile(), "tun0", "tun1");
  archive = with(archive, "10.224.1.1", "10.224.1.9");
  archive = with(archive, "192.168.1.0/24", "192.168.77.0/24");
  // Another comment makes no other key.
  EXPECT_EQ(clash(with(archive, "talisker", "archive"), answer_profile()),
            "this key opens another site already (sites/archive.toml:5)");
}

TEST(TwoSites, AreComparedEvenWhenOneHasMistakesOfItsOwn) {
  const auto archive = with(with(archive_profile(), "tun1", "tun0"), "keys/labs", "keys/missing");
  EXPECT_THAT(messages(together(archive, dial_profile())),
              ElementsAre("there is no /etc/tunneld/keys/missing",
                          "tun0 is another site's interface already (sites/archive.toml:10)"));
}

TEST(Sites, WithMistakesAreToldAfterTheGatewayInTheOrderOfTheirNames) {
  const std::vector<SourceFile> files{site_file("b", "b"), site_file("a", "a")};
  const auto loaded = parse(gateway_file("c"), files, make_facts());
  std::vector<std::string> order;
  for (const auto& diagnostic : loaded.diagnostics) order.push_back(diagnostic.file);
  EXPECT_THAT(order, ElementsAre("tunneld.toml", "sites/a.toml", "sites/b.toml"));
}

TEST(Sites, ThatAreHundredsAreComparedFast) {
  std::vector<SourceFile> files;
  for (int i = 0; i < 300; ++i) {
    const auto number = std::to_string(i);
    auto text = with(dial_profile(), "tun0", "tun" + number);
    text = with(text, "10.224.1.2",
                "10.225." + std::to_string(i / 100) + '.' + std::to_string(i % 100 + 1));
    text = with(text, "\"192.168.253.0/24\", \"172.16.1.0/24\"",
                "\"10." + std::to_string(i / 200) + '.' + std::to_string(i % 200) + ".0/24\"");
    files.push_back(site_file("site-" + number, text));
  }
  const auto loaded = parse(gateway_file(), files, make_facts());
  ASSERT_THAT(messages(loaded), IsEmpty());
  EXPECT_EQ(loaded.configuration->sites.size(), 300U);
}

}  // namespace
}  // namespace tunnel::config
