#include "routes/repair_brake.hpp"

#include "routes/reconcile.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tunnel::routes {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::IsEmpty;

class RepairBrakeTest : public testing::Test {
 protected:
  static Change add(const char* network) {
    return AddRoute{Device{7, "tun0"},
                    Route{.to = *Prefix::parse(network), .metric = 50, .device = 7}};
  }

  RepairBrake brake;
  TimePoint now{1000h};
};

TEST_F(RepairBrakeTest, AdmitsThreeInAMinute) {
  const auto route = add("192.168.253.0/24");
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(brake.admit(route, now += 50ms)) << i;
  for (int i = 0; i < 1000; ++i) EXPECT_FALSE(brake.admit(route, now += 50ms)) << i;
}

// However long the fight lasts and however often we look.
TEST_F(RepairBrakeTest, AdmitsNoMoreInAnyMinuteOfALongFight) {
  const auto route = add("192.168.253.0/24");
  std::vector<TimePoint> made;
  for (const auto end = now + 1h; now < end; now += 50ms) {
    if (brake.admit(route, now)) made.push_back(now);
  }
  ASSERT_GT(made.size(), 100U) << "it is tried again";
  for (std::size_t i = 3; i < made.size(); ++i) EXPECT_GE(made[i] - made[i - 3], 1min) << i;
}

TEST_F(RepairBrakeTest, BrakesOneRepairForItself) {
  const auto route = add("192.168.253.0/24");
  for (int i = 0; i < 4; ++i) brake.admit(route, now);
  EXPECT_TRUE(brake.admit(add("172.16.1.0/24"), now));
}

TEST_F(RepairBrakeTest, TellsWhatIsContestedUntilAMinuteAfterTheFight) {
  const auto route = add("192.168.253.0/24");
  for (int i = 0; i < 3; ++i) brake.admit(route, now);
  EXPECT_THAT(brake.contested(now), IsEmpty()) << "three may be chance";
  brake.admit(route, now);
  EXPECT_THAT(brake.contested(now), ElementsAre(describe(route)));
  EXPECT_THAT(brake.contested(now + 59s), ElementsAre(describe(route)));
  EXPECT_THAT(brake.contested(now + 1min), IsEmpty());
}

TEST_F(RepairBrakeTest, ForgetsEverythingOnceReleased) {
  const auto route = add("192.168.253.0/24");
  for (int i = 0; i < 4; ++i) brake.admit(route, now);
  brake.release();
  EXPECT_THAT(brake.contested(now), IsEmpty());
  EXPECT_TRUE(brake.admit(route, now));
}

// What a dialling link's path depends on: not the tunnels' own addresses, nor what every interface
// has.
TEST(OutsideOf, HasTheAddressesOfOthersButForLinkLocalOnes) {
  Actual actual;
  actual.links = {Link{.index = 1, .name = "lo"}, Link{.index = 2, .name = "uplink0"},
                  Link{.index = 3, .name = "tun0", .tun = true}};
  const auto address = [](int device, const char* text) {
    const auto prefix = *Prefix::parse(text);
    const auto ip =
        prefix.family() == Family::Ipv4 ? IpAddress{prefix.ipv4()} : IpAddress{prefix.ipv6()};
    return Address{.device = device, .local = ip, .peer = ip, .length = prefix.length()};
  };
  actual.addresses = {address(2, "2001:db8::1"), address(2, "198.51.100.10"), address(2, "fe80::1"),
                      address(3, "10.224.1.1")};
  Wanted wanted;
  wanted.interfaces.push_back(
      {.name = *InterfaceName::parse("tun0"), .alias = "", .mtu = Mtu{1500}});

  EXPECT_THAT(outside_of(wanted, actual),
              ElementsAre(address(2, "198.51.100.10"), address(2, "2001:db8::1")));
}

}  // namespace
}  // namespace tunnel::routes
