// What the kernel gives and takes by a tun device, with its offloads and without.

#include "pppd-bridge/tun/tun_device.hpp"

#include "pppd-bridge/segments/splitter.hpp"
#include "pppd-bridge/segments/vnet_header.hpp"
#include "tests/routes/private_network.hpp"

#include <gtest/gtest.h>

#include <arpa/inet.h>
#include <netinet/udp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <numeric>
#include <vector>

namespace tunnel::tun {
namespace {

constexpr std::size_t kVnetHeader = segments::kVnetHeaderSize;
constexpr std::size_t kHeaders = 28;
constexpr std::uint8_t kUdpSuperPacket = 5;  // VIRTIO_NET_HDR_GSO_UDP_L4
constexpr std::size_t kSegments = 8;
constexpr int kSegmentSize = 1000;
constexpr std::size_t kShort = 1;  // which the last segment is

class TunDevice : public testing::Test {
 protected:
  void SetUp() override {
    routes::enter_private_network();
    auto opened = open_device(kName);
    ASSERT_TRUE(opened) << opened.error().message();
    device = std::move(*opened);
    routes::run(
        "sysctl -qw net.ipv6.conf.all.disable_ipv6=1; "
        "ip address add 10.9.0.1 peer 10.9.0.2 dev tun7; ip link set tun7 up");
  }

  using Packets = std::vector<std::vector<std::uint8_t>>;

  static sockaddr_in address(std::uint32_t ipv4) {
    sockaddr_in out{};
    out.sin_family = AF_INET;
    out.sin_port = htons(4000);
    out.sin_addr.s_addr = htonl(ipv4);
    return out;
  }

  /// The sockets API takes every address as a sockaddr.
  static const sockaddr* generic(const sockaddr_in& of) {
    return static_cast<const sockaddr*>(static_cast<const void*>(&of));
  }

  /// Has the kernel send one super-packet of UDP, and returns what comes out of the device for it.
  Packets send_super_packet() const {
    const UniqueFd socket{::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0)};
    const auto from = address(0x0a090001);
    EXPECT_EQ(::bind(socket.get(), generic(from), sizeof from), 0);
    const auto to = address(0x0a090002);
    EXPECT_EQ(::connect(socket.get(), generic(to), sizeof to), 0);
    EXPECT_EQ(::setsockopt(socket.get(), SOL_UDP, UDP_SEGMENT, &kSegmentSize, sizeof kSegmentSize),
              0);
    std::array<std::uint8_t, kSegments * kSegmentSize - kShort> payload{};
    std::iota(payload.begin(), payload.end(), std::uint8_t{0});
    EXPECT_EQ(::send(socket.get(), payload.data(), payload.size(), 0),
              static_cast<ssize_t>(payload.size()));
    Packets all;
    std::array<std::uint8_t, 65536> packet{};
    EXPECT_TRUE(routes::wait_readable(device.get()));
    for (ssize_t got = 0; (got = ::read(device.get(), packet.data(), packet.size())) > 0;) {
      all.emplace_back(packet.begin(), packet.begin() + got);
    }
    return all;
  }

  static inline const InterfaceName kName = *InterfaceName::parse("tun7");
  UniqueFd device;
};

TEST_F(TunDevice, GivesSuperPacketsWhileTheyAreWanted) {
  const auto features = use_offloads(device, Offload::Use);
  EXPECT_TRUE(features.header);
  EXPECT_TRUE(features.tcp);
  ASSERT_TRUE(features.udp) << "this kernel is older than 6.2";
  const auto whole = send_super_packet();
  ASSERT_EQ(whole.size(), 1U);
  EXPECT_EQ(whole[0][1], kUdpSuperPacket);
  EXPECT_EQ(whole[0].size(), kVnetHeader + kHeaders + kSegments * kSegmentSize - kShort);

  // Another bridge gets the same device, for a profile without them.
  EXPECT_EQ(use_offloads(device, Offload::Avoid), Features{.header = true});
  const auto cut = send_super_packet();
  ASSERT_EQ(cut.size(), kSegments);
  for (const auto& packet : cut) EXPECT_EQ(packet[1], 0);

  EXPECT_EQ(use_offloads(device, Offload::Use), features);
  EXPECT_EQ(send_super_packet().size(), 1U);
}

// Ours cuts as the kernel does, octet by octet.
TEST_F(TunDevice, GivesASuperPacketInTheSegmentsThatWeWouldMakeOfIt) {
  use_offloads(device, Offload::Use);
  auto whole = send_super_packet();
  ASSERT_EQ(whole.size(), 1U);
  use_offloads(device, Offload::Avoid);
  const auto cut = send_super_packet();
  ASSERT_EQ(cut.size(), kSegments);

  // The kernel has counted on.
  constexpr std::size_t kIdentification = kVnetHeader + 4;
  std::copy_n(cut[0].begin() + kIdentification, 2, whole[0].begin() + kIdentification);
  const auto offload = segments::read_vnet_header(whole[0]);
  ASSERT_TRUE(offload);
  auto splitter = segments::Splitter::create(Bytes{whole[0]}.subspan(kVnetHeader), *offload, 1500);
  ASSERT_TRUE(splitter);
  std::vector<std::uint8_t> ours(2000);
  for (const auto& theirs : cut) {
    const auto size = splitter->next(ours);
    ASSERT_TRUE(size);
    EXPECT_TRUE(std::ranges::equal(Bytes{ours}.first(*size), Bytes{theirs}.subspan(kVnetHeader)));
  }
  EXPECT_FALSE(splitter->next(ours));
}

TEST_F(TunDevice, MadeWithoutAHeaderHasNoOffloads) {
  const routes::TestTun plain{"tun8"};
  UniqueFd same{::dup(plain.fd())};
  EXPECT_EQ(use_offloads(same, Offload::Use), Features{});
  EXPECT_EQ(use_offloads(same, Offload::Avoid), Features{});
}

TEST_F(TunDevice, IsNotOpenedWhereSomebodyHasOneOfThatName) {
  const auto second = open_device(kName);
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code, std::errc::device_or_resource_busy);
}

TEST_F(TunDevice, IsToldFromOtherDescriptors) {
  const auto name = device_name(device);
  ASSERT_TRUE(name);
  EXPECT_EQ(*name, kName);
  const UniqueFd socket{::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0)};
  EXPECT_FALSE(device_name(socket));
  EXPECT_EQ(use_offloads(socket, Offload::Use), Features{});
}

}  // namespace
}  // namespace tunnel::tun
