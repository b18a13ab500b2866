#include "tunneld/config/values.hpp"

#include "tunneld/config/ppp_values.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>

namespace tunnel::config {
namespace {

using namespace std::chrono_literals;
using namespace std::string_view_literals;
using ::testing::HasSubstr;

/// The complaint about a value that is refused.
template <typename T>
Complaint refused(const Checked<T>& checked) {
  EXPECT_FALSE(checked.has_value());
  return checked.has_value() ? Complaint{} : checked.error();
}

template <typename T>
T accepted(const Checked<T>& checked) {
  EXPECT_TRUE(checked.has_value()) << checked.error().message;
  return checked.has_value() ? *checked : T{};
}

TEST(Duration, HasANumberAndAUnit) {
  EXPECT_EQ(accepted(reconnect_pause("500ms")), 500ms);
  EXPECT_EQ(accepted(reconnect_pause("1s")), 1s);
  EXPECT_EQ(accepted(reconnect_pause("2m")), 2min);
  EXPECT_EQ(accepted(reconnect_pause("3h")), 3h);
}

TEST(Duration, HasNothingElse) {
  for (const auto text : {"", "1", "s", "1 s", " 1s", "1s ", "1.5s", "-1s", "+1s", "1S", "1d",
                          "1sec", "0x1s", "1ms5s"}) {
    EXPECT_THAT(refused(reconnect_pause(text)).message, HasSubstr("is not a duration")) << text;
  }
}

TEST(Duration, HasBoundsThatAreNamed) {
  EXPECT_EQ(accepted(echo_interval("100ms")), 100ms);
  EXPECT_EQ(accepted(echo_interval("10m")), 10min);
  EXPECT_EQ(accepted(echo_interval("600s")), 10min);
  EXPECT_EQ(refused(echo_interval("99ms")).message,
            "\"99ms\" is not between \"100ms\" and \"10m\"");
  refused(echo_interval("601s"));
  refused(echo_interval("0s"));
  EXPECT_EQ(accepted(reconnect_pause("24h")), 24h);
  refused(reconnect_pause("25h"));
}

TEST(Duration, DoesNotOverflow) {
  refused(reconnect_pause("9223372036854775807h"));
  refused(reconnect_pause("5124095576031h"));  // in 64 bits of milliseconds: 34 minutes
  refused(reconnect_pause("99999999999999999999999ms"));
}

TEST(Numbers, HaveTheirBoundsOnBothSides) {
  constexpr auto kFar = std::numeric_limits<std::int64_t>::max();
  EXPECT_EQ(accepted(port(1)), 1);
  EXPECT_EQ(accepted(port(65535)), 65535);
  EXPECT_EQ(accepted(mru(128)).bytes, 128);
  EXPECT_EQ(accepted(mru(65535)).bytes, 65535);
  EXPECT_EQ(accepted(echo_failures(1)), 1U);
  EXPECT_EQ(accepted(echo_failures(100)), 100U);
  EXPECT_EQ(accepted(metric(1)), 1U);
  EXPECT_EQ(accepted(metric(2147483647)), 2147483647U);
  EXPECT_EQ(accepted(attempts(0)), 0U);
  EXPECT_EQ(accepted(attempts(1'000'000)), 1'000'000U);
  refused(port(0));
  refused(port(65536));
  refused(mru(127));
  refused(mru(65536));
  refused(echo_failures(0));
  refused(echo_failures(101));
  refused(metric(0));
  refused(metric(2147483648));
  refused(attempts(-1));
  refused(attempts(kFar));
}

TEST(TunnelAddress, IsAUnicastAddressOfIpv4) {
  EXPECT_EQ(accepted(tunnel_address("10.224.1.1")).str(), "10.224.1.1");
  EXPECT_EQ(accepted(tunnel_address("223.255.255.255")).str(), "223.255.255.255");
  EXPECT_EQ(accepted(tunnel_address("169.254.1.1")).str(), "169.254.1.1");
}

TEST(TunnelAddress, IsNoneOfTheSpecialOnes) {
  EXPECT_EQ(refused(tunnel_address("0.0.0.0")).message, "0.0.0.0 is no host's address");
  EXPECT_EQ(refused(tunnel_address("127.0.0.1")).message, "127.0.0.1 is a loopback address");
  EXPECT_EQ(refused(tunnel_address("224.0.0.1")).message, "224.0.0.1 is a multicast address");
  EXPECT_EQ(refused(tunnel_address("240.0.0.1")).message, "240.0.0.1 is a reserved address");
  EXPECT_EQ(refused(tunnel_address("255.255.255.255")).message,
            "255.255.255.255 is a reserved address");
}

TEST(TunnelAddress, IsNothingElse) {
  for (const auto text :
       {""sv, "10.224.1"sv, "10.224.1.256"sv, "10.224.1.1 "sv, "labs"sv, "10.224.1.1\0junk"sv}) {
    EXPECT_THAT(refused(tunnel_address(text)).message, HasSubstr("is not an IPv4 address"));
  }
  EXPECT_THAT(refused(tunnel_address("10.224.1.1/30")).hint, HasSubstr("the address alone"));
  EXPECT_THAT(refused(tunnel_address("fd00::1")).message, HasSubstr("IPv6"));
}

TEST(RemoteNetwork, IsANetworkOfEitherFamily) {
  EXPECT_EQ(accepted(remote_network("192.168.253.0/24")).str(), "192.168.253.0/24");
  EXPECT_EQ(accepted(remote_network("172.16.1.100")).str(), "172.16.1.100/32");
  EXPECT_EQ(accepted(remote_network("10.0.0.0/8")).str(), "10.0.0.0/8");
  EXPECT_EQ(accepted(remote_network("2001:DB8:1::/48")).str(), "2001:db8:1::/48");
  EXPECT_EQ(accepted(remote_network("fd00:1::7")).str(), "fd00:1::7/128");
  EXPECT_EQ(accepted(remote_network("64:ff9b::/96")).str(), "64:ff9b::/96");  // NAT64 (RFC 6052)
}

TEST(RemoteNetwork, SaysWhichNetworkWasMeant) {
  EXPECT_EQ(refused(remote_network("192.168.253.4/24")).hint,
            "the network is \"192.168.253.0/24\"");
  EXPECT_EQ(refused(remote_network("10.1.2.3/8")).hint, "the network is \"10.0.0.0/8\"");
  EXPECT_EQ(refused(remote_network("2001:db8::1/33")).hint, "the network is \"2001:db8::/33\"");
}

TEST(RemoteNetwork, IsNotTheWholeInternet) {
  for (const auto text : {"0.0.0.0/0", "1.2.3.4/0"}) {
    EXPECT_THAT(refused(remote_network(text)).hint, HasSubstr("swallow")) << text;
  }
  // The two halves of which routers make a default route in disguise.
  refused(remote_network("0.0.0.0/1"));
  refused(remote_network("128.0.0.0/1"));
}

TEST(RemoteNetwork, ReachesIntoNothingSpecial) {
  EXPECT_THAT(refused(remote_network("0.0.0.0/7")).message, HasSubstr("0.0.0.0/8"));
  EXPECT_THAT(refused(remote_network("127.0.0.0/16")).message, HasSubstr("loopback"));
  EXPECT_THAT(refused(remote_network("126.0.0.0/7")).message, HasSubstr("loopback"));
  EXPECT_THAT(refused(remote_network("224.0.0.0/24")).message, HasSubstr("multicast"));
  EXPECT_THAT(refused(remote_network("255.255.255.255")).message, HasSubstr("reserved"));
  EXPECT_THAT(refused(remote_network("::1")).message, HasSubstr("loopback"));
  EXPECT_THAT(refused(remote_network("::")).message, HasSubstr("no host's"));
  EXPECT_THAT(refused(remote_network("::ffff:192.168.1.0/120")).message, HasSubstr("IPv4's"));
  EXPECT_THAT(refused(remote_network("fe80::/64")).message, HasSubstr("stays on its link"));
  EXPECT_THAT(refused(remote_network("fe80::/9")).message, HasSubstr("stays on its link"));
  EXPECT_THAT(refused(remote_network("ff02::1")).message, HasSubstr("multicast"));
  refused(remote_network("8000::/1"));
}

TEST(RemoteNetwork, IsNothingElse) {
  EXPECT_THAT(refused(remote_network("fd00:1::/129")).message, HasSubstr("from 0 to 128"));
  EXPECT_THAT(refused(remote_network("fd00:1::/")).message, HasSubstr("from 0 to 128"));
  EXPECT_THAT(refused(remote_network("fd00:1")).hint, HasSubstr("2001:db8:1::/48"));
  EXPECT_THAT(refused(remote_network("fe80::1%eth0")).hint, HasSubstr("2001:db8:1::/48"));
  EXPECT_THAT(refused(remote_network("192.168.1.0/33")).hint, HasSubstr("length"));
  EXPECT_THAT(refused(remote_network("192.168.1.0/")).hint, HasSubstr("length"));
  EXPECT_THAT(refused(remote_network("192.168.1.0/255.255.255.0")).hint, HasSubstr("not the mask"));
  refused(remote_network("192.168.1.0/-1"));
  refused(remote_network("192.168.1.0/24/24"));
  refused(remote_network("192.168.1.0/4294967320"));
  refused(remote_network("192.168.1"));
  refused(remote_network(""));
}

TEST(SourceNetwork, IsOfEitherFamily) {
  EXPECT_EQ(accepted(source_network("198.51.100.0/24")), "198.51.100.0/24");
  EXPECT_EQ(accepted(source_network("198.51.100.7")), "198.51.100.7/32");
  EXPECT_EQ(accepted(source_network("2001:DB8::/32")), "2001:db8::/32");
  EXPECT_EQ(accepted(source_network("2001:db8::1")), "2001:db8::1/128");
}

TEST(SourceNetwork, HasNoHostBitsWhichSshdWouldRefuse) {
  EXPECT_EQ(refused(source_network("198.51.100.7/24")).hint, "the network is \"198.51.100.0/24\"");
  EXPECT_EQ(refused(source_network("2001:db8::1/33")).hint, "the network is \"2001:db8::/33\"");
}

TEST(SourceNetwork, IsNoNameAndNoPattern) {
  refused(source_network("home.example"));
  refused(source_network("198.51.100.*"));
  refused(source_network("!198.51.100.0/24"));
  refused(source_network("198.51.100.0/24,0.0.0.0/0"));
  refused(source_network("2001:db8::/129"));
}

TEST(SshHost, IsANameOrAnAddress) {
  for (const auto text : {"vpn.labs.example", "labs", "198.51.100.7", "2001:db8::7", "fe80::1%eth0",
                          "_ssh.labs.example", "xn--mnchen-3ya.example"}) {
    EXPECT_EQ(accepted(ssh_host(text)), text);
  }
}

TEST(SshHost, IsNoOptionAndNoShellWord) {
  for (const auto text :
       {"", "-oProxyCommand=x", "a b", "a\tb", "a\nb", "$(id)", "a;b", "a%h", "user@labs",
        "labs:22", "[2001:db8::7]", "münchen.example", "fe80::1%", "fe80::1%a b"}) {
    EXPECT_FALSE(ssh_host(text).has_value()) << text;
  }
  EXPECT_FALSE(ssh_host(std::string(254, 'a')).has_value());
}

TEST(SshUser, IsOneWordThatIsNoOption) {
  for (const auto text : {"pppossh", "ppp-ossh", "p.p_p", "user@realm"}) {
    EXPECT_EQ(accepted(ssh_user(text)), text);
  }
  for (const auto text : {"", "-l", "a b", "a\nb", "a%u", "$USER", "a;b"}) {
    EXPECT_FALSE(ssh_user(text).has_value()) << text;
  }
  EXPECT_FALSE(ssh_user(std::string(65, 'a')).has_value());
}

TEST(AccountName, IsAsUseraddTakesIt) {
  EXPECT_EQ(accepted(account_name("pppossh")), "pppossh");
  EXPECT_EQ(accepted(account_name("_ppp-1")), "_ppp-1");
  for (const auto text : {"", "-a", "1000", "a b", "a:b", "a/b"}) {
    EXPECT_FALSE(account_name(text).has_value()) << text;
  }
  EXPECT_FALSE(account_name(std::string(33, 'a')).has_value());
}

TEST(GatewayName, IsOneWord) {
  EXPECT_EQ(accepted(gateway_name("talisker.home.example")), "talisker.home.example");
  for (const auto text : {"", "a b", "a\nb", "a[1]"}) {
    EXPECT_FALSE(gateway_name(text).has_value()) << text;
  }
  EXPECT_FALSE(gateway_name(std::string(65, 'a')).has_value());
}

TEST(Paths, AreAbsoluteWhereTheyMustBe) {
  EXPECT_EQ(accepted(file_path("keys/labs")), "keys/labs");
  EXPECT_EQ(accepted(absolute_path("/var/log/tunneld")), "/var/log/tunneld");
  refused(absolute_path("log"));
  refused(absolute_path(""));
}

TEST(Paths, AreNeitherEmptyNorAShellsNorAKey) {
  refused(file_path(""));
  EXPECT_THAT(refused(file_path("~/.ssh/id_ed25519")).message, HasSubstr("shell"));
  const auto pasted = refused(file_path("-----BEGIN OPENSSH PRIVATE KEY-----\nb3BlbnNz"));
  EXPECT_THAT(pasted.message, ::testing::Not(HasSubstr("b3BlbnNz")));
}

TEST(Paths, OfSocketsFitIntoASocketsAddress) {
  EXPECT_TRUE(socket_directory('/' + std::string(65, 'a')).has_value());
  refused(socket_directory('/' + std::string(66, 'a')));
}

TEST(PlainText, IsShortAndOfOneLine) {
  EXPECT_EQ(accepted(plain_text("Zürich – Labs")), "Zürich – Labs");
  EXPECT_EQ(accepted(plain_text("")), "");
  EXPECT_TRUE(plain_text(std::string(255, 'a')).has_value());
  refused(plain_text(std::string(256, 'a')));
  refused(plain_text("a\nb"));
  refused(plain_text("a\x1b[31mb"));
  refused(
      plain_text("a\xc2\x9b"
                 "31mb"));
}

TEST(Words, HintAtTheOneThatWasMeant) {
  EXPECT_EQ(refused(role("answers")).hint, "did you mean \"answer\"?");
  EXPECT_EQ(refused(role("server")).hint, "write \"dial\" or \"answer\"");
  EXPECT_EQ(refused(role("Dial")).hint, "did you mean \"dial\"?");
  EXPECT_EQ(accepted(ssh_client("openssh")), SshClient::Openssh);
  EXPECT_EQ(accepted(on_down("withdraw")), OnDown::Withdraw);
  EXPECT_EQ(accepted(forwarding("leave-alone")), Forwarding::LeaveAlone);
}

TEST(InterfaceNames, AreNotTheKernelsOwn) {
  EXPECT_TRUE(interface_name("tun0").has_value());
  EXPECT_TRUE(interface_name("to-labs.1").has_value());
  for (const auto text :
       {"", ".", "..", "lo", "all", "default", "tun 0", "tun/0", "tun%d", "sixteen-letters-"}) {
    EXPECT_FALSE(interface_name(text).has_value()) << text;
  }
}

TEST(SiteNames, AreLowerCase) {
  EXPECT_TRUE(site_name("labs-2").has_value());
  for (const auto text : {"", "Labs", "-labs", "labs.old", "la bs"}) {
    EXPECT_FALSE(site_name(text).has_value()) << text;
  }
}

TEST(TunnelAddress6, IsAGlobalUnicastAddress) {
  EXPECT_EQ(accepted(tunnel_address6("FD00:224:0::1")).str(), "fd00:224::1");
  EXPECT_EQ(accepted(tunnel_address6("2001:db8::1")).str(), "2001:db8::1");
  EXPECT_THAT(refused(tunnel_address6("::")).message, HasSubstr("no host's address"));
  EXPECT_THAT(refused(tunnel_address6("::1")).message, HasSubstr("loopback"));
  EXPECT_THAT(refused(tunnel_address6("::ffff:10.0.0.1")).message, HasSubstr("in disguise"));
  EXPECT_THAT(refused(tunnel_address6("fe80::1")).message, HasSubstr("link-local"));
  EXPECT_THAT(refused(tunnel_address6("ff02::1")).message, HasSubstr("multicast"));
  EXPECT_THAT(refused(tunnel_address6("10.224.1.1")).message, HasSubstr("is not an IPv6 address"));
  EXPECT_THAT(refused(tunnel_address6("fd00::1/64")).hint, HasSubstr("the address alone"));
}

TEST(InterfaceId, IsTheLowHalfOfAnAddressAndNotZero) {
  EXPECT_EQ(accepted(interface_id("::1")), 1U);
  EXPECT_EQ(accepted(interface_id("::8000:0:0:1")), 0x8000'0000'0000'0001U);
  for (const auto text : {"::", "1::1", "0:0:0:1::", "1", "", "fe80::1", "::1/64"}) {
    EXPECT_THAT(refused(interface_id(text)).message, HasSubstr("not an interface identifier"))
        << text;
  }
}

TEST(Counters, HaveBounds) {
  EXPECT_EQ(accepted(max_configure(1)), 1U);
  EXPECT_EQ(accepted(max_terminate(100)), 100U);
  EXPECT_THAT(refused(max_configure(0)).message, HasSubstr("not between 1 and 100"));
  EXPECT_THAT(refused(max_terminate(0)).message, HasSubstr("not between 1 and 100"));
  EXPECT_THAT(refused(max_failure(101)).message, HasSubstr("not between 1 and 100"));
  EXPECT_EQ(accepted(accm(0xffff'ffff)), 0xffff'ffffU);
  EXPECT_THAT(refused(accm(0x1'0000'0000)).message, HasSubstr("not between 0 and"));
  EXPECT_THAT(refused(accm(-1)).message, HasSubstr("not between 0 and"));
  EXPECT_EQ(accepted(restart_interval("100ms")), 100ms);
  EXPECT_THAT(refused(restart_interval("61s")).message, HasSubstr("is not between"));
}

}  // namespace
}  // namespace tunnel::config
