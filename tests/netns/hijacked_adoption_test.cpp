// A bridge in the wrong hands that was handed its site's device and socket, and offers the next
// tunneld a link that there never was; told to go, it stays.

#include "tests/support/gateway.hpp"
#include "tests/support/sites.hpp"
#include "tunneld/base/hex.hpp"
#include "tunneld/ipc/messages.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <span>
#include <string>

namespace tunnel::test {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

/// As the account of the bridges: claims a site, and waits for the next tunneld, to whom it offers
/// the settings that it got between the other two arguments, and its device. Heeds nothing then.
constexpr auto kHijacked = R"(
import signal, socket, sys
claim, before, behind = (bytes.fromhex(each) for each in sys.argv[1:4])
tunneld = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
tunneld.connect("/run/tunneld/bridge.sock")
tunneld.send(claim)
settings, (device, listening), _, _ = socket.recv_fds(tunneld, 65536, 4)
door = socket.socket(fileno=listening)
door.setblocking(True)
door.listen()
print("ready", flush=True)
while True:
  caller, _ = door.accept()
  socket.send_fds(caller, [before + settings[1:] + behind], [device])
  tunneld = caller
)";

constexpr auto kSite = "home";

/// An Adopt, without its settings.
struct Offer {
  std::string before;
  std::string behind;
};

std::string hex(std::span<const std::uint8_t> octets) {
  return to_hex(octets, HexCase::Lower);
}

Offer offer(std::chrono::milliseconds up_for = std::chrono::milliseconds{1}) {
  ipc::Adopt adopt;
  adopt.site = *SiteName::parse(kSite);
  adopt.role = ipc::Role::Answer;
  adopt.up_for = up_for;
  constexpr std::size_t kBehindWithoutLink = 1 + sizeof(std::uint64_t);
  const auto settings = ipc::encode(ipc::ToBridge{ipc::Settings{}}).size() - 1;
  const auto before = ipc::encode(ipc::FromBridge{adopt}).size() - settings - kBehindWithoutLink;
  adopt.up = ipc::LinkUp{
      .ipv4 =
          ipc::LinkIpv4{
              *Ipv4Address::parse("10.224.1.2"), *Ipv4Address::parse("10.224.1.1"), {}, {}},
      .ipv6 = {},
      .receive_mru = Mru{1500},
      .transmit_mru = Mru{1500},
      .receive_compression = {},
      .transmit_compression = {},
      .transport = "sshd"};
  const auto octets = ipc::encode(ipc::FromBridge{adopt});
  const std::span all{octets};
  return {hex(all.first(before)), hex(all.subspan(before + settings))};
}

void share_secret(const World& world, const std::string& gateway) {
  world.write(gateway, "/etc/tunneld/secrets.toml", "[secrets]\ntalisker = \"correct horse\"\n");
  world.shell(gateway, "cd /etc/tunneld; chmod 600 secrets.toml; chown tunneld secrets.toml");
}

/// Labs wants PPP's authentication of HOME.
void require_proof(const World& world) {
  world.edit_profile("labs", "[routes]",
                     "[ppp.auth]\npeer = \"talisker\"\nrequire = [\"chap-md5\"]\n\n[routes]");
  share_secret(world, "labs");
}

class HijackedBridge : public testing::Test {
 protected:
  HijackedBridge() { do_without_tickets(world_); }

  /// Takes the site's place at Labs.
  Process claim(const Offer& offer) {
    world_.start_tunneld("labs");
    ipc::Claim claim;
    claim.site = *SiteName::parse(kSite);
    claim.peer = "198.51.100.10 port 40022";
    auto hijacked = world_.spawn(
        "labs",
        {"setpriv", "--reuid=pppossh", "--regid=pppossh", "--clear-groups", "/usr/bin/python3",
         "-c", kHijacked, hex(ipc::encode(ipc::FromBridge{claim})), offer.before, offer.behind});
    EXPECT_EQ(hijacked.next_line(), "ready") << hijacked.printed();
    return hijacked;
  }

  void restart_tunneld() {
    world_.stop("labs", "tunneld", "KILL");
    world_.start_tunneld("labs");
  }

  void expect_refused(const std::string& why) {
    EXPECT_THAT(log_lines(world_, "labs", "console", "is not adopted: " + why), SizeIs(1));
    EXPECT_THAT(log_lines(world_, "labs", "console", "-> up"), IsEmpty());
  }

  World world_;
};

// What this file relies on: such an offer is taken where nothing is wrong with it.
TEST_F(HijackedBridge, IsAdoptedWithALinkThatItsProfileAllows) {
  const auto bridge = claim(offer());
  restart_tunneld();
  world_.wait_until_up("labs");
}

// Or whoever has the peer's SSH key need not know its PPP secret: a restart of tunneld will come.
TEST_F(HijackedBridge, WhosePeerHasNotProvedItselfIsNotAdoptedAndKilled) {
  require_proof(world_);
  const auto bridge = claim(offer());
  const ProcessHandle process{bridge.pid()};
  restart_tunneld();
  EXPECT_TRUE(process.gone_within(kPatience));
  expect_refused("its peer has not proved itself");
  world_.wait_for("labs", is_state("listening"));
}

// The other side of it: a proof that an earlier tunneld has seen is not asked for again.
TEST(Adoption, OfALinkWhosePeerHasProvedItselfTakesItAsItIs) {
  World world;
  world.edit_profile("home", "[routes]", "[ppp.auth]\nname = \"talisker\"\n\n[routes]");
  require_proof(world);
  share_secret(world, "home");
  world.start();
  const auto bridge = world.bridge_pid("labs");
  world.stop("labs", "tunneld", "KILL");
  world.start_tunneld("labs");
  world.wait_until_up("labs");
  EXPECT_EQ(world.bridge_pid("labs"), bridge);
}

TEST_F(HijackedBridge, WhoseLinkIsOlderThanTheMachineIsNotAdopted) {
  const auto bridge = claim(offer(std::chrono::hours{24 * 365 * 290}));
  restart_tunneld();
  const ProcessHandle process{bridge.pid()};
  EXPECT_TRUE(process.gone_within(kPatience));
  expect_refused("its link is older than the machine");
}

TEST_F(HijackedBridge, WhoseSiteIsGoneIsKilledWhenItDoesNotGo) {
  const auto bridge = claim(offer());
  const ProcessHandle process{bridge.pid()};
  world_.stop("labs", "tunneld", "KILL");
  world_.shell("labs", "rm /etc/tunneld/sites/home.toml");
  world_.start_tunneld("labs");
  EXPECT_TRUE(process.gone_within(kPatience));
  EXPECT_THAT(tun_devices(world_, "labs"), IsEmpty());
}

}  // namespace
}  // namespace tunnel::test
