// Packets that no honest host sends, through a tunnel that is up, against the first two lines of
// the reference policy.

#include "tests/support/gateway.hpp"
#include "tests/support/packets.hpp"
#include "tests/support/sites.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <vector>

namespace tunnel::test {
namespace {

using testing::ElementsAre;
using testing::EndsWith;
using testing::HasSubstr;

class OddPackets : public testing::Test {
 protected:
  OddPackets() {
    use_reference_policy(world_);
    world_.start();
    log_.emplace(world_.spawn("labs", {"tail", "-n", "0", "-F", "/var/log/tunneld/filter.log"}));
    telnet_.emplace(
        world_.spawn("routera", {"socat", "-d", "-d", "TCP4-LISTEN:23,fork", "EXEC:cat"}));
    telnet_->wait_for("listening on");
    home_.emplace(world_, "home", "tun0");
    routera_.emplace(world_, "routera", "eth0");
  }

  void send_in_two(const std::string& text, std::uint16_t first) const {
    for (const auto& part : in_two(octets_of(text), first)) home_->send(part);
  }

  /// What has arrived at routerA; of the client's packets the last is always one that may.
  std::vector<std::string> arrived() {
    home_->send(octets_of("tcp 192.168.1.215,3999 192.168.253.1,23 S"));
    log_->wait_for("192.168.253.1,23 -> 192.168.1.215,3999 ");
    auto segments = segments_in(routera_->take());
    // The client knows nothing of these sessions, and says so to whoever answers.
    std::erase_if(segments, [](const std::string& each) { return each.ends_with(" R"); });
    return segments;
  }

  World world_;
  std::optional<Process> log_;
  std::optional<Process> telnet_;
  std::optional<Injector> home_;
  std::optional<Capture> routera_;
};

constexpr auto kSyn = "192.168.253.4 -> 192.168.253.1,23 S";

TEST_F(OddPackets, WithOptionsAreBlockedInFragmentsAndPassInOnePiece) {
  const std::string syn = " 192.168.253.1,23 S len=12 opt nop";
  send_in_two("tcp 192.168.1.215,3000" + syn + " id=7", 24);
  EXPECT_THAT(log_->wait_for(" @0:1 "),
              EndsWith(" tun0 @0:1 b 192.168.1.215,3000 -> 192.168.253.1,23 PR tcp len 24 48 -S "
                       "(frag 7:24@0+) IN"));
  EXPECT_THAT(log_->wait_for(" @0:1 "), HasSubstr("(frag 7:8@24) IN"));
  home_->send(octets_of("tcp 192.168.1.215,3001" + syn));
  EXPECT_THAT(log_->wait_for("192.168.1.215,3001 -> 192.168.253.1,23"), HasSubstr(" @300:5 p "));
  EXPECT_THAT(arrived(), ElementsAre(kSyn, kSyn));
}

TEST_F(OddPackets, InFragmentsWithoutOptionsPass) {
  send_in_two("tcp 192.168.1.215,3000 192.168.253.1,23 S len=12 id=7", 24);
  EXPECT_THAT(log_->wait_for("192.168.1.215,3000 -> 192.168.253.1,23"), HasSubstr(" @300:5 p "));
  EXPECT_THAT(arrived(), ElementsAre(kSyn, "192.168.253.4 -> 192.168.253.1 fragment", kSyn));
}

// RFC 1858 §3: the flags of TCP in the second fragment, where a filter would not look.
TEST_F(OddPackets, WithTheHeaderInTwoFragmentsAreBlocked) {
  send_in_two("tcp 192.168.1.215,3000 192.168.253.1,23 S len=12 id=8", 8);
  EXPECT_THAT(log_->wait_for(" @0:2 "), HasSubstr(" tun0 @0:2 Sb 192.168.1.215"));
  EXPECT_THAT(arrived(), ElementsAre(kSyn));
}

// RFC 1858 §4: the second fragment writes over the flags that the first one has shown.
TEST_F(OddPackets, WhoseFragmentsOverlapTheHeaderAreBlocked) {
  const auto shown = in_two(octets_of("tcp 192.168.1.215,3000 192.168.253.1,23 S len=12 id=9"), 24);
  const auto meant = in_two(octets_of("tcp 192.168.1.215,3000 192.168.253.1,23 A len=12 id=9"), 8);
  home_->send(shown.front());
  home_->send(meant.back());
  EXPECT_THAT(log_->wait_for(" @0:2 "), HasSubstr(" tun0 @0:2 Sb 192.168.1.215"));
  EXPECT_THAT(arrived(), ElementsAre(kSyn));
}

}  // namespace
}  // namespace tunnel::test
