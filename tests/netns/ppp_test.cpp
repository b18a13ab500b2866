// What a profile says in [ppp.options] and [ppp.auth], in pools and about IPv6, at work between two
// gateways.

#include "tests/support/sites.hpp"

#include <boost/json/array.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace tunnel::test {
namespace {

using testing::HasSubstr;
using testing::Not;

constexpr auto kSecrets = "/etc/tunneld/secrets.toml";
constexpr auto kPppLog = "/var/log/tunneld/ppp.log";
constexpr auto kAuthLog = "/var/log/tunneld/auth.log";

/// Tables that stand behind [ppp] in the profiles.
void add_to_ppp(const World& world, const std::string& gateway, const std::string& text) {
  world.edit_profile(gateway, "[routes]", text + "\n[routes]");
}

/// Readable by tunneld alone, as it wants it.
void write_secrets(const World& world, const std::string& gateway, const std::string& text) {
  world.write(gateway, kSecrets, text);
  world.shell(gateway, "chmod 600 " + std::string{kSecrets});
  world.shell(gateway, "chown tunneld " + std::string{kSecrets});
}

class Authentication : public testing::TestWithParam<std::string> {
 protected:
  Authentication() {
    add_to_ppp(world, "home",
               "[ppp.auth]\nname = \"talisker\"\naccept = [\"" + GetParam() + "\"]\n");
    add_to_ppp(world, "labs",
               "[ppp.auth]\nname = \"labs\"\naccept = []\npeer = \"talisker\"\nrequire = [\"" +
                   GetParam() + "\"]\n");
    write_secrets(world, "labs", "[secrets]\ntalisker = \"correct horse\"\n");
  }

  World world;
};

INSTANTIATE_TEST_SUITE_P(Ppp, Authentication, testing::Values("pap", "chap-md5", "mschap-v2"),
                         [](const auto& method) {
                           auto name = method.param;
                           std::erase(name, '-');
                           return name;
                         });

TEST_P(Authentication, OpensTheLinkToWhoKnowsTheSecret) {
  write_secrets(world, "home", "[secrets]\ntalisker = \"correct horse\"\n");
  world.start();
  EXPECT_THAT(world.read("labs", kAuthLog), HasSubstr("PPP name \"talisker\" accepted"));
  world.wait_until_up("labs");
  EXPECT_EQ(text_of(world.status("labs").site, "ppp_name"), "talisker");
  EXPECT_TRUE(world.status("home").site.at("ppp_name").is_null()) << "which asked for none";
  const auto ping = world.exec("home", {"ping", "-c", "2", "-i", "0.1", "-W", "2", "10.224.1.2"});
  EXPECT_EQ(ping.status, 0);
  for (const auto* gateway : {"home", "labs"}) {
    EXPECT_EQ(world.shell(gateway, "grep -rl 'correct horse' /var/log/tunneld || true"), "");
  }
}

TEST_P(Authentication, KeepsOutWhoDoesNot) {
  write_secrets(world, "home", "[secrets]\ntalisker = \"wrong horse\"\n");
  for (const auto* gateway : {"home", "labs"}) world.start_tunneld(gateway);
  world.start_sshd();
  const auto site = world.wait_for("home", is_waiting_for("peer does not accept our"));
  EXPECT_EQ(number_of(site, "established"), 0);
  if (GetParam() == "mschap-v2") {
    EXPECT_THAT(text_of(site, "last_error"), HasSubstr(": wrong name or secret (E=691)"));
  }
  // The other end knows first: what it is told goes out before what is written here.
  world.wait_for("labs", [](const boost::json::object& labs) {
    return text_of(labs, "last_error").find("has not proved itself") != std::string::npos;
  });
  EXPECT_THAT(world.read("labs", kAuthLog), HasSubstr("PPP name \"talisker\" refused"));
  EXPECT_THAT(world.read("labs", kPppLog), HasSubstr("has not proved itself"));
  EXPECT_EQ(number_of(world.status("labs").site, "established"), 0);
}

/// The dialler tries at once instead of after its pause, and is refused again.
void fail_again(const World& world, const std::string& how) {
  world.tunnelctl("home", {"retry", "labs"});
  world.wait_for("home", is_waiting_for(how));
}

constexpr auto kRefusedFive = "PPP secret refused 5 times";

/// Two gateways that have different secrets for the name of the one that dials.
class WrongSecret : public testing::Test {
 protected:
  WrongSecret() {
    add_to_ppp(world, "home", "[ppp.auth]\nname = \"talisker\"\n");
    add_to_ppp(world, "labs", "[ppp.auth]\npeer = \"talisker\"\nrequire = [\"chap-md5\"]\n");
    write_secrets(world, "labs", "[secrets]\ntalisker = \"correct horse\"\n");
    write_secrets(world, "home", "[secrets]\ntalisker = \"wrong horse\"\n");
    for (const auto* gateway : {"home", "labs"}) world.start_tunneld(gateway);
    world.start_sshd();
    world.wait_for("home", is_waiting_for("peer does not accept our"));
  }

  World world;
};

TEST_F(WrongSecret, FiveTimesInARowIsBrakedByTheEndThatAnswersUntilSomebodyActs) {
  for (int i = 2; i <= 5; ++i) fail_again(world, "peer does not accept our");
  const auto labs = world.wait_for("labs", [](const boost::json::object& site) {
    return text_of(site, "reason") == kRefusedFive;
  });
  EXPECT_EQ(text_of(labs, "last_error"), kRefusedFive);
  // Each guess costs twice the pause of the one before, until the dialler is told so.
  for (int i = 0; i < 10; ++i) {
    fail_again(world, "");
    if (text_of(world.status("home").site, "reason").find("held down") != std::string::npos) break;
  }
  EXPECT_THAT(text_of(world.status("home").site, "reason"), HasSubstr("held down on this gateway"));
  const auto log = world.read("labs", kAuthLog);
  EXPECT_THAT(log, HasSubstr(std::string{kRefusedFive} + ": held down"));
  EXPECT_EQ(log.find(": held down for pauses"), log.rfind(": held down for pauses"));

  world.tunnelctl("labs", {"retry", "home"});
  write_secrets(world, "home", "[secrets]\ntalisker = \"correct horse\"\n");
  world.tunnelctl("home", {"reload"});
  world.wait_until_up("home");
  world.wait_until_up("labs");
}

TEST_F(WrongSecret, IsTriedAgainAtOnceWhenAReloadBringsAnother) {
  EXPECT_THAT(world.tunnelctl("home", {"reload"}).out, Not(HasSubstr("retried")));
  EXPECT_EQ(text_of(world.status("home").site, "state"), "waiting");
  write_secrets(world, "home", "[secrets]\ntalisker = \"correct horse\"\n");
  EXPECT_THAT(world.tunnelctl("home", {"reload"}).out, HasSubstr("retried: labs"));
  world.wait_until_up("home");
}

TEST(Ppp, WithoutASecretThereIsNoStart) {
  World world;
  add_to_ppp(world, "home", "[ppp.auth]\nname = \"talisker\"\n");
  const auto checked = world.tunnelctl("home", {"check"});
  EXPECT_EQ(checked.status, 1);
  EXPECT_THAT(checked.out + checked.err, HasSubstr("talisker"));
}

TEST(Ppp, Ipv6CrossesTheTunnel) {
  World world;
  add_to_ppp(world, "home", "local6 = \"fd00:224::1\"\nremote6 = \"fd00:224::2\"\n");
  add_to_ppp(world, "labs", "local6 = \"fd00:224::2\"\nremote6 = \"fd00:224::1\"\n");
  world.start();
  world.wait_for("home",
                 [](const boost::json::object& site) { return site.at("remote6").is_string(); });
  const auto home = world.status("home").site;
  EXPECT_EQ(text_of(home, "local6"), "fe80::ae0:101");
  EXPECT_EQ(text_of(home, "remote6"), "fe80::ae0:102");
  world.wait_for("labs",
                 [](const boost::json::object& site) { return site.at("remote6").is_string(); });
  for (const auto* address : {"fd00:224::2", "fe80::ae0:102%tun0"}) {
    const auto ping =
        world.exec("home", {"ping", "-6", "-c", "2", "-i", "0.1", "-W", "2", address});
    EXPECT_EQ(ping.status, 0) << address << ping.out << ping.err;
  }
}

TEST(Ppp, AnAddressOfAPoolIsLeasedAndKept) {
  World world;
  world.shell("labs",
              "printf '\\n[pools.roaming]\\naddresses = [\"10.224.9.5-10.224.9.9\"]\\n' >> "
              "/etc/tunneld/tunneld.toml");
  world.edit_profile("labs", "remote    = \"10.224.1.1\"", "pool      = \"roaming\"");
  world.edit_profile("home", "local     = \"10.224.1.1\"", "local     = \"0.0.0.0/0\"");
  world.start();
  EXPECT_EQ(text_of(world.status("home").site, "local"), "10.224.9.5");
  EXPECT_EQ(text_of(world.status("labs").site, "remote"), "10.224.9.5");
  const auto ping = world.exec("home", {"ping", "-c", "2", "-i", "0.1", "-W", "2", "10.224.1.2"});
  EXPECT_EQ(ping.status, 0);
  const auto leases = world.tunnelctl("labs", {"leases"});
  EXPECT_EQ(leases.status, 0);
  EXPECT_THAT(leases.out, HasSubstr("10.224.9.5"));
  EXPECT_THAT(leases.out, HasSubstr("roaming"));

  world.stop("labs", "tunneld");
  world.start_tunneld("labs");
  world.wait_until_up("labs");
  world.wait_until_up("home");
  EXPECT_EQ(text_of(world.status("home").site, "local"), "10.224.9.5");
}

TEST(Ppp, NameServersOfThePeerAreInTheStatus) {
  World world;
  add_to_ppp(world, "home", "[ppp.options]\ndns = \"request\"\n");
  add_to_ppp(world, "labs", "dns = [\"172.16.1.53\"]\n");
  world.start();
  const auto home = world.status("home").site;
  ASSERT_EQ(home.at("dns").as_array().size(), 1U);
  EXPECT_EQ(home.at("dns").as_array().at(0).as_string(), "172.16.1.53");
}

TEST(Ppp, DeflateIsAgreedWhereBothProfilesAsk) {
  World world;
  for (const auto* gateway : {"home", "labs"}) {
    add_to_ppp(world, gateway, "[ppp.options]\ndeflate = \"request\"\n");
  }
  world.start();
  // For longer than the second between two reports of the counters.
  const auto ping = world.exec("home", {"ping", "-c", "60", "-i", "0.05", "-s", "1200", "-p", "00",
                                        "-W", "2", "10.224.1.2"});
  EXPECT_EQ(ping.status, 0);
  EXPECT_THAT(world.read("home", kPppLog), HasSubstr("compress Deflate, decompress Deflate"));
  const auto site = world.status("home").site;
  EXPECT_EQ(site.at("transmit_compression").as_string(), "deflate");
  EXPECT_EQ(site.at("receive_compression").as_string(), "deflate");
  EXPECT_GT(number_of(site, "packets_out"), 20);
  EXPECT_LT(number_of(site, "wire_bytes_out"), number_of(site, "bytes_out"));
}

TEST(Ppp, TheProfilesOptionsAreNamedInTheLog) {
  World world;
  add_to_ppp(world, "home",
             "accm = 0x000a0000\nfcs = \"32\"\n[ppp.options]\nfcs = \"request\"\npfc = \"deny\"\n");
  world.start();
  const auto log = world.read("home", kPppLog);
  EXPECT_THAT(log, HasSubstr("FCS-ALTERNATIVES[3] 4"));
  EXPECT_THAT(log, HasSubstr("ACCMAP[6] 0x000a0000"));
  EXPECT_THAT(log, HasSubstr("ConfigRej"));  // the peer's PROTOCOMP
  const auto ping = world.exec("home", {"ping", "-c", "2", "-i", "0.1", "-W", "2", "10.224.1.2"});
  EXPECT_EQ(ping.status, 0);
}

TEST(Trace, HoldsTheWholeNegotiationAndIsReadByTcpdump) {
  World world;
  world.start_tunneld("labs");
  world.start_sshd();
  world.start_tunneld("home");
  world.wait_until_up("home");
  world.wait_until_up("labs");
  world.write("home", "/var/log/tunneld/t.pcap", "an older trace, that others may read");
  auto trace = world.spawn(
      "home", {"tunnelctl", "trace", "labs", "--pcap", "/var/log/tunneld/t.pcap", "--count", "12"});
  world.tunnelctl("home", {"restart", "labs"});
  const auto ended = trace.finish();
  EXPECT_EQ(ended.status, 0) << ended.err;
  EXPECT_THAT(ended.err, HasSubstr("12 frames written"));
  const auto read = world.exec("home", {"tcpdump", "-n", "-r", "/var/log/tunneld/t.pcap"});
  EXPECT_THAT(read.err, HasSubstr("link-type PPP"));
  EXPECT_THAT(read.out, HasSubstr("LCP, Conf-Request"));
  EXPECT_EQ(world.shell("home", "stat -c %a /var/log/tunneld/t.pcap"), "600\n");
}

TEST(Trace, BegunBeforeALinkHasItsFirstPackets) {
  World world;
  world.start();
  world.tunnelctl("home", {"down", "labs"});
  world.wait_for("labs", is_state("listening"));
  const auto begin = [&](const std::string& gateway, const std::string& site) {
    auto trace = world.spawn(
        gateway, {"tunnelctl", "trace", site, "--pcap", "/var/log/tunneld/t.pcap", "--count", "2"});
    // Its header is there as soon as tunneld knows of it.
    world.shell(gateway, "tail -F -c +1 /var/log/tunneld/t.pcap 2>/dev/null | head -c 24 | wc -c");
    return trace;
  };
  auto home = begin("home", "labs");
  auto labs = begin("labs", "home");

  world.tunnelctl("home", {"up", "labs"});

  EXPECT_EQ(home.finish().status, 0);
  EXPECT_EQ(labs.finish().status, 0);
  for (const auto* gateway : {"home", "labs"}) {
    EXPECT_EQ(
        world.shell(gateway,
                    "tcpdump -n -r /var/log/tunneld/t.pcap 2>/dev/null | grep -c Conf-Request"),
        "2\n");
  }
}

TEST(Trace, OfASiteThatDoesNotExistTouchesNoFile) {
  World world;
  world.start_tunneld("home");
  const auto refused = world.tunnelctl("home", {"trace", "lab", "--pcap", "/tmp/none.pcap"});
  EXPECT_EQ(refused.status, 1);
  EXPECT_THAT(refused.err, HasSubstr("there is no site"));
  EXPECT_EQ(world.shell("home", "ls /tmp/none.pcap 2>/dev/null || true"), "");
}

}  // namespace
}  // namespace tunnel::test
