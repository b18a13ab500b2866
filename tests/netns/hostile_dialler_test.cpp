// A peer that has a right to call, and means no good: it sends what is not its own, asks for what
// is not offered, and says that it knows the way to everywhere.

#include "filter/packet/packet_text.hpp"
#include "tests/netns/both_families.hpp"
#include "tests/support/gateway.hpp"
#include "tests/support/packets.hpp"
#include "tests/support/sites.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sys/socket.h>

#include <array>
#include <chrono>
#include <string>
#include <variant>
#include <vector>

namespace tunnel::test {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

std::vector<std::uint8_t> datagram(const std::string& source, const std::string& destination) {
  const bool ipv6 = source.find(':') != std::string::npos;
  const auto parsed = filter::packet::parse_packet_text(
      std::string{ipv6 ? "in6" : "in"} + " on tun0 udp " + source + ",4000 " + destination + ",9");
  return std::get<filter::packet::WrittenPacket>(parsed).octets;
}

// From HOME's gateway itself, behind which no honest bridge would look: as many frames as packets.
TEST(HostileDialler, SpoofsNoSourceOfEitherFamily) {
  World world;
  add_ipv6(world);
  world.start();
  wait_for_ipv6(world);
  auto seen = world.spawn("routera", {"tcpdump", "-l", "-n", "-i", "eth0", "udp", "port", "9"});
  seen.wait_for("listening on");
  const Injector home{world, "home", "tun0"};
  const std::vector<std::string> sources{"10.9.9.1",     "192.168.253.2", "192.168.253.4",
                                         "172.16.1.100", "10.224.1.2",    "203.0.113.1",
                                         "127.0.0.1",    "0.0.0.0",       "224.0.0.1"};
  const std::vector<std::string> sources6{
      "fd00:253::2", "fd00:253::4", "fd00:224::2", "2001:db8:2::1",
      "::1",         "::",          "ff02::1",     "::ffff:192.168.1.215"};
  for (const auto& source : sources) home.send(datagram(source, "192.168.253.1"));
  for (const auto& source : sources6) home.send(datagram(source, "fd00:253::1"));
  home.send(datagram("192.168.1.215", "192.168.253.1"));
  home.send(datagram("fd00:1::215", "fd00:253::1"));
  seen.wait_for("192.168.1.215.4000 > 192.168.253.1.9");
  seen.wait_for("fd00:1::215.4000 > fd00:253::1.9");

  world.tunnelctl("home", {"down", "labs"});  // the last word on the counters
  const auto labs = world.wait_for("labs", is_state("listening"));
  EXPECT_EQ(number_of(labs.at("drops").as_object(), "source"),
            static_cast<std::int64_t>(sources.size() + sources6.size()));
  seen.signal(SIGINT);
  seen.finish();
  EXPECT_THAT(seen.printed(), HasSubstr("2 packets captured"));
}

bool connects(const World& world, const std::string& from, const std::string& address, int port,
              std::chrono::seconds limit) {
  const auto tried = world.exec(from, {"timeout", std::to_string(limit.count()), "bash", "-c",
                                       "exec 3<>/dev/tcp/" + address + '/' + std::to_string(port)});
  return tried.status == 0;
}

TEST(HostileDialler, ReachesNoServiceOfTheGatewayThatTheFilterDoesNotName) {
  World world;
  use_reference_policy(world);
  world.start();
  auto service = world.spawn("labs", {"socat", "-d", "-d", "TCP4-LISTEN:7777,fork", "EXEC:cat"});
  service.wait_for("listening on");
  const std::vector<std::string> addresses{"10.224.1.2", "192.168.253.4", "172.16.1.4"};
  for (const auto& address : addresses) {
    for (const auto* from : {"client", "home"}) {
      EXPECT_FALSE(connects(world, from, address, 7777, 1s)) << from << " to " << address;
    }
  }
  EXPECT_TRUE(connects(world, "client", "192.168.253.4", 22, 15s)) << "which a rule names";
  EXPECT_EQ(world.tunnelctl("labs", {"filter", "flush", "--yes"}).status, 0);
  EXPECT_TRUE(connects(world, "client", "192.168.253.4", 7777, 15s)) << "it is the filter's doing";
}

constexpr auto kCall =
    "ssh -T -F none -i /etc/tunneld/keys/labs -o StrictHostKeyChecking=no "
    "-o UserKnownHostsFile=/dev/null -o BatchMode=yes pppossh@vpn.labs.example";

/// HOME's key in the hands of a PPP of any options.
class Caller {
 public:
  Caller(const World& world, const std::string& options) {
    std::array<int, 2> pair{};
    if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair.data()) < 0) {
      fail_errno("make a socket pair");
    }
    const UniqueFd ppp_end{pair[0]};
    const UniqueFd call_end{pair[1]};
    // A socket makes bash believe that it is a remote login, which reads ~/.bashrc.
    processes_.push_back(world.spawn("home",
                                     {"bash", "--norc", "-c", "exec pppd-bridge stdio " + options},
                                     {ppp_end.get(), ppp_end.get()}));
    processes_.push_back(
        world.spawn("home", {"bash", "--norc", "-c", std::string{"cat | "} + kCall + " | cat"},
                    {call_end.get(), call_end.get()}));
  }

 private:
  std::vector<Process> processes_;
};

/// All routing tables but for what belongs to the link of the profile: the pair of its addresses,
/// its network, and what the kernel has for every device of IPv6.
std::string other_routes(const World& world) {
  return world.shell("labs",
                     "(ip route show table all; ip -6 route show table all) | "
                     "grep -v -e '^10.224.1.1 dev tun0 ' -e '^local 10.224.1.2 dev tun0 ' "
                     "-e '^192.168.1.0/24 dev tun0 ' -e '^\\(local \\)\\?fe80::.* dev tun0 ' "
                     "-e '^multicast ff00::/8 dev tun0 ' -e '^anycast fe80::.* dev tun0 ' | sort");
}

TEST(HostileDialler, AnnouncesNoRouteWhateverItAsksFor) {
  World world;
  world.start_sshd();
  world.start_tunneld("labs");
  const auto before = other_routes(world);
  const std::vector<std::string> asked_for{
      "--local 10.224.1.1 --remote 10.224.1.2 --network 0.0.0.0/0 --network ::/0",
      "--local 192.168.253.1 --remote 10.224.1.2", "--local 10.224.1.1 --remote 192.168.253.4",
      "--local 203.0.113.1 --remote 203.0.113.4", "--local 8.8.8.8 --remote 9.9.9.9"};
  for (const auto& options : asked_for) {
    SCOPED_TRACE(options);
    const auto earlier = world.status("labs").site;
    {
      const Caller caller{world, options};
      // As far as it comes: up with the addresses of the profile, or refused.
      world.wait_for("labs", [&](const auto& site) {
        return text_of(site, "state") == "up" ||
               (text_of(site, "last_error") != "" &&
                site.at("last_error_at") != earlier.at("last_error_at"));
      });
      EXPECT_EQ(other_routes(world), before);
      const auto now = world.status("labs").site;
      if (text_of(now, "state") == "up") {
        EXPECT_EQ(text_of(now, "remote"), "10.224.1.1");
      }
    }
    world.wait_for("labs", [](const auto& site) { return text_of(site, "state") != "up"; });
    world.tunnelctl("labs", {"retry", "home"});  // where it is held down
    EXPECT_EQ(other_routes(world), before);
  }
}

}  // namespace
}  // namespace tunnel::test
