// [ppp] of a profile: what its keys mean, what they have for defaults, and what contradicts what.

#include "tests/config/profiles.hpp"
#include "tunneld/config/secrets.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tunnel::config {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr std::string_view kAddresses = "local = \"10.224.1.1\"\nremote = \"10.224.1.2\"\n";

Ipv4Address ipv4(std::string_view text) {
  return *Ipv4Address::parse(text);
}

/// The dialling profile with more lines in [ppp].
std::string dial(std::string_view lines) {
  return dial_with("interface = \"tun0\"\n", "interface = \"tun0\"\n" + std::string{lines});
}

/// The answering profile with other lines for its addresses.
std::string answer(std::string_view lines) {
  return with(answer_profile(), "local = \"10.224.1.2\"\nremote = \"10.224.1.1\"\n", lines);
}

/// The dialling profile without IPv4 networks, and with these lines for its addresses.
std::string without_ipv4(std::string_view lines) {
  return with(dial_with(kAddresses, lines), "\"192.168.253.0/24\", \"172.16.1.0/24\"", "");
}

Ppp read(std::string profile) {
  auto loaded = parse_alone(site_file("labs", std::move(profile)), make_facts());
  for (const auto& diagnostic : loaded.diagnostics) ADD_FAILURE() << explain(diagnostic);
  return loaded.configuration ? loaded.configuration->sites.at(0).ppp : Ppp{};
}

TEST(PppKeys, AreAllTaken) {
  const auto ppp = read(dial(R"(restart = "500ms"
max_configure = 20
max_terminate = 3
max_failure = 7
accm = 0x000a0000
fcs = "32"
mru = 65535
dns = ["10.0.0.53", "10.0.0.54"]
nbns = ["10.0.0.55"]
local6 = "fd00:224::1"
remote6 = "fd00:224::2"
interface_id = "::200:5eff:fe00:5301"
offload = false
clamp_mss = false
)") + "[ppp.options]\nfcs = \"request\"\n");
  EXPECT_EQ(ppp.restart, 500ms);
  EXPECT_EQ(ppp.max_configure, 20U);
  EXPECT_EQ(ppp.max_terminate, 3U);
  EXPECT_EQ(ppp.max_failure, 7U);
  EXPECT_EQ(ppp.accm, 0x000a'0000U);
  EXPECT_EQ(ppp.fcs, Fcs::Ccitt32);
  EXPECT_EQ(ppp.mru, Mru{65535});
  EXPECT_THAT(ppp.dns, ElementsAre(ipv4("10.0.0.53"), ipv4("10.0.0.54")));
  EXPECT_THAT(ppp.nbns, ElementsAre(ipv4("10.0.0.55")));
  EXPECT_EQ(ppp.local6, Ipv6Address::parse("fd00:224::1"));
  EXPECT_EQ(ppp.remote6, Ipv6Address::parse("fd00:224::2"));
  EXPECT_EQ(ppp.interface_id, 0x0200'5eff'fe00'5301U);
  EXPECT_EQ(ppp.offload, Offload::Avoid);
  EXPECT_EQ(ppp.clamp_mss, ClampMss::No);
}

TEST(PppKeys, HaveTheDefaultsOfTheRfcs) {
  const auto ppp = read(dial_profile());
  EXPECT_EQ(ppp.restart, 3s);
  EXPECT_EQ(ppp.max_configure, 10U);
  EXPECT_EQ(ppp.max_terminate, 2U);
  EXPECT_EQ(ppp.max_failure, 5U);
  EXPECT_EQ(ppp.accm, 0U);
  EXPECT_EQ(ppp.fcs, Fcs::Ccitt16);
  EXPECT_EQ(ppp.interface_id, 0U);
  EXPECT_EQ(ppp.offload, Offload::Use);
  EXPECT_EQ(ppp.clamp_mss, ClampMss::Yes);
  EXPECT_FALSE(ppp.local6 || ppp.remote6);
  EXPECT_EQ(ppp.auth, PppAuth{});
  EXPECT_EQ(ppp.options, (PppPolicies{.mru = Policy::Request,
                                      .accm = Policy::Request,
                                      .magic = Policy::Request,
                                      .pfc = Policy::Request,
                                      .acfc = Policy::Request,
                                      .fcs = Policy::Accept,
                                      .ip = Policy::Request,
                                      .ipv6 = Policy::Deny,
                                      .dns = Policy::Accept,
                                      .nbns = Policy::Accept,
                                      .deflate = Policy::Deny}));
}

TEST(PppOptions, AreAllTaken) {
  const auto ppp = read(dial_profile() + R"([ppp.options]
mru = "require"
accm = "deny"
magic = "accept"
pfc = "require"
acfc = "deny"
fcs = "request"
ip = "require"
ipv6 = "accept"
dns = "request"
nbns = "deny"
deflate = "request"
)");
  EXPECT_EQ(ppp.options, (PppPolicies{.mru = Policy::Require,
                                      .accm = Policy::Deny,
                                      .magic = Policy::Accept,
                                      .pfc = Policy::Require,
                                      .acfc = Policy::Deny,
                                      .fcs = Policy::Request,
                                      .ip = Policy::Require,
                                      .ipv6 = Policy::Accept,
                                      .dns = Policy::Request,
                                      .nbns = Policy::Deny,
                                      .deflate = Policy::Request}));
}

TEST(PppOptions, AreFourWords) {
  EXPECT_EQ(mistake_in(dial_profile() + "[ppp.options]\npfc = \"demand\"\n"),
            "\"demand\" is not \"deny\" or \"accept\" or \"request\" or \"require\"");
  EXPECT_EQ(mistake_in(dial_profile() + "[ppp.options]\npfd = \"deny\"\n"),
            "unknown key \"pfd\" in [ppp.options]");
  EXPECT_EQ(mistake_in(dial("options = 1\n")), "\"options\" takes keys of its own, not an integer");
}

TEST(PppOptions, DoNotDenyTheMru) {
  EXPECT_THAT(mistake_in(dial_profile() + "[ppp.options]\nmru = \"deny\"\n"),
              HasSubstr("every end takes 1500 bytes"));
}

TEST(PppOptions, AskForTheValuesThatAreWritten) {
  const auto never = [](std::string_view value, std::string_view option) {
    return mistake_in(dial(value) + "[ppp.options]\n" + std::string{option});
  };
  EXPECT_EQ(never("mru = 1400\n", "mru = \"accept\"\n"),
            "the far end is never asked for this \"mru\"");
  EXPECT_EQ(never("accm = 1\n", "accm = \"deny\"\n"),
            "the far end is never asked for this \"accm\"");
  EXPECT_EQ(never("fcs = \"none\"\n", ""), "the far end is never asked for this \"fcs\"");
}

TEST(AddressWish, IsFixedOrAnyOfANetwork) {
  EXPECT_EQ(read(dial_profile()).local, (AddressWish{ipv4("10.224.1.1"), 32}));
  const auto ppp =
      read(dial_with(kAddresses, "local = \"10.224.1.9/24\"\nremote = \"0.0.0.0/0\"\n"));
  EXPECT_EQ(ppp.local, (AddressWish{ipv4("10.224.1.9"), 24}));
  EXPECT_EQ(ppp.remote, (AddressWish{{}, 0}));
  EXPECT_FALSE(ppp.local.fixed());
  EXPECT_TRUE(ppp.local.allows(ipv4("10.224.1.255")));
  EXPECT_FALSE(ppp.local.allows(ipv4("10.224.2.9")));
  EXPECT_TRUE(ppp.remote.allows(ipv4("192.0.2.1")));
}

TEST(AddressWish, PrefersAHost) {
  const auto mistake = [](std::string_view text) {
    return mistake_in(dial_with("10.224.1.1", text));
  };
  EXPECT_EQ(mistake("10.224.3.0/24"), "10.224.3.0 is no host of the network 10.224.3.0/24");
  EXPECT_EQ(mistake("10.224.3.255/24"), "10.224.3.255 is no host of the network 10.224.3.0/24");
  EXPECT_EQ(mistake("0.0.0.0/8"), "0.0.0.0 is no host's address");
  EXPECT_EQ(mistake("127.0.0.1/8"), "127.0.0.1 is a loopback address");
  EXPECT_THAT(mistake("10.224.3.1/33"), HasSubstr("has no prefix length from 0 to 32"));
  EXPECT_THAT(mistake("10.224.3.1/"), HasSubstr("has no prefix length from 0 to 32"));
  EXPECT_THAT(mistakes_in(dial_with("10.224.1.1", "10.224.3.0/31")), IsEmpty());
}

TEST(AddressWish, OfOneEndDoesNotHoldTheOthersAddress) {
  EXPECT_EQ(mistake_in(dial_with("\"10.224.1.2\"", "\"10.224.1.2/24\"")),
            "the far end may take any address of 10.224.1.0/24, and this end's is one of them");
  EXPECT_EQ(mistake_in(dial_with("\"10.224.1.2\"", "\"10.224.1.1/24\"")),
            "both ends have the address 10.224.1.1");
  EXPECT_THAT(mistakes_in(dial_with("\"10.224.1.1\"", "\"10.224.1.1/24\"")), IsEmpty());
  EXPECT_THAT(mistakes_in(dial_with(kAddresses,
                                    "local = \"10.224.1.1/24\"\n"
                                    "remote = \"10.224.1.2/24\"\n")),
              IsEmpty());
  EXPECT_THAT(mistakes_in(dial_with(kAddresses, "local = \"0.0.0.0/0\"\nremote = \"0.0.0.0/0\"\n")),
              IsEmpty());
}

TEST(AddressWish, OfTheEndThatAnswersHasBounds) {
  EXPECT_EQ(mistake_in(answer("local = \"10.224.1.2\"\nremote = \"0.0.0.0/0\"\n")),
            "a site that answers lets the far end have any address at all");
}

TEST(Pools, StandInThePlaceOfTheFarEndsAddress) {
  const auto ppp = read(answer("local = \"10.224.1.2\"\npool = \"roaming\"\n"));
  EXPECT_EQ(ppp.pool, "roaming");
  EXPECT_EQ(mistake_in(answer("local = \"10.224.1.2\"\nremote = \"10.224.1.1\"\npool = \"r\"\n")),
            "the far end has an address, and a pool to take one from");
  EXPECT_THAT(mistake_in(dial_with("remote = \"10.224.1.2\"", "pool = \"roaming\"")),
              HasSubstr("belongs to a site that answers"));
}

TEST(Ipv6Alone, NeedsNoAddressesOfIpv4) {
  for (const auto* lines : {"local6 = \"fd00::1\"\nremote6 = \"fd00::2\"\n",
                            "options.ipv6 = \"require\"\n", "options.ipv6 = \"request\"\n"}) {
    const auto ppp = read(without_ipv4(lines));
    EXPECT_EQ(ppp.options.ip, Policy::Deny) << lines;
    EXPECT_GE(ppp.options.ipv6, Policy::Request) << lines;
  }
}

TEST(Ipv6Alone, IsNotWhatIsMeantByAMissingAddress) {
  const auto message = mistakes_in(without_ipv4(""));
  ASSERT_EQ(message.size(), 2U);
  EXPECT_EQ(message[0].message, "[ppp] must have the key \"local\"");
  EXPECT_EQ(message[1].message, "[ppp] must have the key \"remote\"");
  EXPECT_EQ(mistake_in(dial_with("local = \"10.224.1.1\"\n", "")),
            "[ppp] must have the key \"local\"");
  EXPECT_EQ(mistake_in(without_ipv4("local = \"10.224.1.1\"\nlocal6 = \"fd00::1\"\n"
                                    "remote6 = \"fd00::2\"\n")),
            "[ppp] must have the key \"remote\"");
  EXPECT_EQ(
      mistakes_in(without_ipv4("options.ipv6 = \"require\"\noptions.ip = \"accept\"\n")).size(),
      2U);
  // Accepting IPv6 is not asking for it.
  EXPECT_EQ(mistakes_in(without_ipv4("options.ipv6 = \"accept\"\n")).size(), 2U);
}

TEST(Ipv6Alone, CarriesNothingOfIpv4) {
  const auto mistakes = mistakes_in(dial("dns = [\"10.0.0.53\"]\n") +
                                    "[ppp.options]\nip = \"deny\"\nipv6 = \"require\"\n");
  std::vector<std::string> messages;
  for (const auto& mistake : mistakes) messages.push_back(mistake.message);
  EXPECT_THAT(messages, ElementsAre("\"dns\" is for IPv4, which this link does not carry",
                                    "\"local\" is for IPv4, which this link does not carry",
                                    "\"remote\" is for IPv4, which this link does not carry",
                                    "192.168.253.0/24 is IPv4, which this link does not carry",
                                    "172.16.1.0/24 is IPv4, which this link does not carry"));
}

TEST(Protocols, AreNotBothDenied) {
  EXPECT_EQ(mistake_in(without_ipv4("options.ip = \"deny\"\n")),
            "this link would carry neither IPv4 nor IPv6");
}

TEST(Ipv6Addresses, AreOfBothEndsOrNone) {
  EXPECT_EQ(mistake_in(dial("local6 = \"fd00::1\"\n")), "[ppp] must have the key \"remote6\"");
  EXPECT_EQ(mistake_in(dial("remote6 = \"fd00::1\"\noptions.ipv6 = \"accept\"\n")),
            "[ppp] must have the key \"local6\"");
  EXPECT_EQ(mistake_in(dial("local6 = \"fd00::1\"\nremote6 = \"fd00::1\"\n")),
            "both ends have the address fd00::1");
}

TEST(Ipv6Addresses, AreForALinkThatCarriesIpv6) {
  EXPECT_EQ(mistake_in(dial("interface_id = \"::1\"\n")),
            "\"interface_id\" is for IPv6, which this link does not carry");
  EXPECT_EQ(read(dial("interface_id = \"::1\"\noptions.ipv6 = \"accept\"\n")).interface_id, 1U);
  EXPECT_EQ(mistake_in(dial("interface_id = \"::\"\noptions.ipv6 = \"accept\"\n")),
            "\"::\" is not an interface identifier");
}

TEST(NameServers, AreAtMostTwo) {
  EXPECT_EQ(mistake_in(dial("dns = [\"10.0.0.1\", \"10.0.0.2\", \"10.0.0.3\", \"10.0.0.4\"]\n")),
            "a peer is told of two addresses at most");
  EXPECT_EQ(mistake_in(dial("nbns = [\"10.0.0.1\"]\noptions.nbns = \"deny\"\n")),
            "\"nbns\" is denied, but has addresses to tell");
  EXPECT_THAT(mistake_in(dial("dns = [\"0.0.0.0\"]\n")), HasSubstr("no host's address"));
}

TEST(Authentication, HasAnOrderOfMethodsForEachDirection) {
  const auto auth = read(dial_profile() + R"([ppp.auth]
require = ["mschap-v2", "chap-md5", "pap"]
accept = ["pap"]
name = "talisker"
peer = "labs gateway"
rechallenge = "10m"
)")
                        .auth;
  EXPECT_THAT(auth.require,
              ElementsAre(AuthMethod::MsChapV2, AuthMethod::ChapMd5, AuthMethod::Pap));
  EXPECT_THAT(auth.accept, ElementsAre(AuthMethod::Pap));
  EXPECT_EQ(auth.name, "talisker");
  EXPECT_EQ(auth.peer, "labs gateway");
  EXPECT_EQ(auth.rechallenge, 10min);
}

TEST(Authentication, OfThisEndIsByCertainMethodsUnlessItSaysOtherwise) {
  const auto named = read(dial_profile() + "[ppp.auth]\nname = \"talisker\"\n").auth;
  EXPECT_THAT(named.accept, ElementsAre(AuthMethod::MsChapV2, AuthMethod::ChapMd5));
  EXPECT_THAT(named.require, IsEmpty());
  EXPECT_EQ(named.rechallenge, 0s);
  const auto silent = read(dial_profile() + "[ppp.auth]\nname = \"talisker\"\naccept = []\n").auth;
  EXPECT_THAT(silent.accept, IsEmpty());
}

TEST(Authentication, WantsNamesForWhatIsToBeProved) {
  const auto mistake = [](std::string_view lines) {
    return mistake_in(dial_profile() + "[ppp.auth]\n" + std::string{lines});
  };
  EXPECT_EQ(mistake("require = [\"pap\"]\n"), "[ppp.auth] must have the key \"peer\"");
  EXPECT_EQ(mistake("accept = [\"pap\"]\n"), "[ppp.auth] must have the key \"name\"");
  EXPECT_EQ(mistake("peer = \"labs\"\n"), "nothing makes the far end prove this name");
  EXPECT_EQ(mistake("name = \"\"\n"), "this name is empty");
  EXPECT_EQ(mistake("accept = [\"chap\"]\n"),
            "\"chap\" is not \"mschap-v2\" or \"chap-md5\" or \"pap\"");
  EXPECT_EQ(mistake("require = [\"pap\", \"pap\"]\npeer = \"labs\"\n"),
            "\"pap\" stands twice in the list");
}

TEST(Authentication, IsRepeatedOnlyWhereThereIsAChallenge) {
  const auto mistakes = [](std::string_view lines) {
    return mistakes_in(dial_profile() + "[ppp.auth]\n" + std::string{lines});
  };
  EXPECT_EQ(mistakes("rechallenge = \"1m\"\n").size(), 1U);
  EXPECT_EQ(mistakes("rechallenge = \"1m\"\nrequire = [\"pap\"]\npeer = \"x\"\n").size(), 1U);
  EXPECT_EQ(mistakes("rechallenge = \"9s\"\n").size(), 1U);
  EXPECT_THAT(mistakes("rechallenge = \"0s\"\n"), IsEmpty());
  EXPECT_THAT(mistakes("rechallenge = \"10s\"\nrequire = [\"pap\", \"chap-md5\"]\npeer = \"x\"\n"),
              IsEmpty());
}

class NeededSecrets : public testing::Test {
 protected:
  std::vector<std::string> mistakes(std::string_view auth, const Secrets* secrets) const {
    auto facts = make_facts();
    facts.secrets = secrets;
    const auto file = site_file("labs", dial_profile() + "[ppp.auth]\n" + std::string{auth});
    std::vector<std::string> all;
    for (const auto& diagnostic : parse_alone(file, facts).diagnostics) {
      all.push_back(diagnostic.message);
    }
    return all;
  }

  static constexpr std::string_view kBoth =
      "name = \"talisker\"\nrequire = [\"chap-md5\"]\npeer = \"labs\"\n";
};

TEST_F(NeededSecrets, AreMissedWhereTheyWouldBeUsed) {
  Secrets secrets;
  EXPECT_THAT(mistakes(kBoth, &secrets), ElementsAre("secrets.toml has no secret for \"talisker\"",
                                                     "secrets.toml has no secret for \"labs\""));
  secrets.add("talisker", Secret{{1}});
  secrets.add(*SiteName::parse("elsewhere"), "labs", Secret{{1}});
  EXPECT_THAT(mistakes(kBoth, &secrets), ElementsAre("secrets.toml has no secret for \"labs\""));
  secrets.add(*SiteName::parse("labs"), "labs", Secret{{1}});
  EXPECT_THAT(mistakes(kBoth, &secrets), IsEmpty());
}

TEST_F(NeededSecrets, AreNotMissedOtherwise) {
  const Secrets none;
  EXPECT_THAT(mistakes(kBoth, nullptr), IsEmpty());
  EXPECT_THAT(mistakes("", &none), IsEmpty());
  EXPECT_THAT(mistakes("name = \"talisker\"\naccept = []\n", &none), IsEmpty());
}

}  // namespace
}  // namespace tunnel::config
