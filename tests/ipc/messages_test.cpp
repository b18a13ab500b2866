// What one end writes is what the other reads.

#include "tunneld/ipc/messages.hpp"

#include "tests/ipc/samples.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>
#include <string>
#include <utility>

namespace tunnel::ipc {
namespace {

using testing::ElementsAre;
using testing::SizeIs;

TEST(Messages, ToABridgeArriveAsTheyWereSent) {
  for (const auto& message : test::messages_to_bridge()) {
    const auto decoded = decode_to_bridge(encode(message));
    ASSERT_TRUE(decoded) << "type " << message.index();
    EXPECT_TRUE(*decoded == message) << "type " << message.index();
  }
}

TEST(Messages, FromABridgeArriveAsTheyWereSent) {
  for (const auto& message : test::messages_from_bridge()) {
    const auto decoded = decode_from_bridge(encode(message));
    ASSERT_TRUE(decoded) << "type " << message.index();
    EXPECT_TRUE(*decoded == message) << "type " << message.index();
  }
}

TEST(Messages, OfEveryTypeAreAmongTheSamples) {
  std::set<std::size_t> down;
  for (const auto& message : test::messages_to_bridge()) down.insert(message.index());
  EXPECT_THAT(down, SizeIs(std::variant_size_v<ToBridge>));
  std::set<std::size_t> up;
  for (const auto& message : test::messages_from_bridge()) up.insert(message.index());
  EXPECT_THAT(up, SizeIs(std::variant_size_v<FromBridge>));
}

TEST(Messages, TheLargestSettingsFitInOneDatagram) {
  const ToBridge largest = test::largest_settings();
  const auto datagram = encode(largest);
  EXPECT_LE(datagram.size(), kMaxMessage);
  const auto decoded = decode_to_bridge(datagram);
  ASSERT_TRUE(decoded);
  EXPECT_TRUE(*decoded == largest);
}

TEST(Messages, AreBigEndianFieldsInTheOrderOfTheStruct) {
  EXPECT_THAT(encode(FromBridge{LinkDown{Permanence::Permanent, "no"}}),
              ElementsAre(0x84, 1, 0, 2, 'n', 'o'));
  const LinkUp up{LinkIpv4{Ipv4Address{0x0ae00101}, Ipv4Address{0x0ae00102}, {}, {}},
                  std::nullopt,
                  Mru{1500},
                  Mru{1400},
                  Compression::None,
                  Compression::Deflate,
                  "t"};
  EXPECT_THAT(encode(FromBridge{up}), ElementsAre(0x83, 1, 10, 224, 1, 1, 10, 224, 1, 2, 0, 0, 0, 0,
                                                  0, 0x05, 0xdc, 0x05, 0x78, 0, 1, 0, 1, 't'));
  EXPECT_THAT(encode(ToBridge{Shutdown{""}}), ElementsAre(2, 0, 0));
}

// Both ends go through one list of fields: two that change places are seen only on the wire.
TEST(Messages, StatisticsKeepTheirOrder) {
  ByteWriter wire;
  wire.u8(0x85);
  for (std::uint64_t field = 1; field <= 23; ++field) wire.u64(field);
  for (std::uint32_t field = 24; field <= 28; ++field) wire.u32(field);
  const Statistics statistics{1,  2,  3,  4,  5,  6,  7,  8,  9,  10, 11, 12, 13, 14,
                              15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28};
  EXPECT_EQ(encode(FromBridge{statistics}), std::move(wire).finish());
}

TEST(Messages, TextsAreCutAtTheirLimit) {
  const auto decoded = decode_from_bridge(encode(FromBridge{RemoteText{std::string(70000, 'x')}}));
  ASSERT_TRUE(decoded);
  EXPECT_EQ(std::get<RemoteText>(*decoded).text, std::string(kMaxText, 'x'));
}

TEST(Messages, TextsKeepEveryOctet) {
  std::string all;
  for (int octet = 0; octet < 256; ++octet) all += static_cast<char>(octet);
  const auto decoded = decode_from_bridge(encode(FromBridge{PppEvent{Layer::Lcp, all}}));
  ASSERT_TRUE(decoded);
  EXPECT_EQ(std::get<PppEvent>(*decoded).text, all);
}

}  // namespace
}  // namespace tunnel::ipc
