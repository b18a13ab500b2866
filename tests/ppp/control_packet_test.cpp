#include "pppd-bridge/ppp/control_packet.hpp"

#include "pppd-bridge/ppp/ipcp.hpp"
#include "pppd-bridge/ppp/lcp_options.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>

namespace tunnel::ppp {
namespace {

using testing::ElementsAre;

constexpr std::array<std::uint8_t, 12> kRequest{0x01, 0x07, 0x00, 0x0a,  // ConfReq 7, 10 octets
                                                0x01, 0x04, 0x05, 0xdc,  // MRU 1500
                                                0x07, 0x02,              // PFC
                                                0xee, 0xee};             // padding

constexpr auto kParsed = parse_control_packet(kRequest);
static_assert(kParsed && kParsed->code == Code::ConfigureRequest && kParsed->id == 7);
static_assert(kParsed->data.size() == 6, "padding is dropped");
static_assert(kParsed->wire.size() == 10);
static_assert(OptionReader::well_formed(kParsed->data));
static_assert(!parse_control_packet(Bytes{kRequest}.first(9)), "shorter than its Length");

constexpr auto kMru = OptionReader{kParsed->data}.next();
static_assert(kMru && parse_lcp_option(*kMru)->type == LcpOptionType::Mru);
static_assert(parse_lcp_option(*kMru)->value == 1500);

constexpr std::array<std::uint8_t, 6> kAddress{3, 6, 10, 224, 1, 1};
static_assert(parse_address_option(*OptionReader{kAddress}.next())->value == 0x0ae0'0101);
static_assert(!parse_address_option(*kMru));

TEST(ControlPacket, IsRefusedAtEveryTruncation) {
  for (std::size_t size = 0; size < 10; ++size) {
    EXPECT_FALSE(parse_control_packet(Bytes{kRequest}.first(size))) << size;
  }
  EXPECT_TRUE(parse_control_packet(Bytes{kRequest}.first(10)));
}

TEST(ControlPacket, WithALengthBelowItsHeaderIsRefused) {
  for (std::uint8_t length = 0; length < 4; ++length) {
    EXPECT_FALSE(parse_control_packet(std::array<std::uint8_t, 6>{1, 1, 0, length, 0, 0}));
  }
  EXPECT_TRUE(parse_control_packet(std::array<std::uint8_t, 6>{1, 1, 0, 4, 0, 0}));
}

TEST(ControlPacket, IsBuiltAsItIsParsed) {
  const std::vector<std::uint8_t> data{1, 2, 3};
  const auto wire = build_control_packet(Code::EchoReply, 0x99, data);
  EXPECT_THAT(wire, ElementsAre(10, 0x99, 0, 7, 1, 2, 3));
  const auto parsed = parse_control_packet(wire);
  ASSERT_TRUE(parsed);
  EXPECT_EQ(parsed->code, Code::EchoReply);
  EXPECT_EQ(parsed->id, 0x99);
  EXPECT_THAT(parsed->data, ElementsAre(1, 2, 3));
}

TEST(ControlPacket, NeverSaysMoreThanItsLengthFieldCan) {
  const std::vector<std::uint8_t> data(70000, 'x');
  const auto wire = build_control_packet(Code::EchoReply, 1, data);
  EXPECT_EQ(wire.size(), 0xffffU);
  EXPECT_TRUE(parse_control_packet(wire));
}

TEST(OptionReader, ReadsOptionsOneByOne) {
  OptionReader in{kParsed->data};
  const auto mru = in.next();
  ASSERT_TRUE(mru);
  EXPECT_EQ(mru->type, 1);
  EXPECT_THAT(mru->data, ElementsAre(0x05, 0xdc));
  EXPECT_THAT(mru->wire, ElementsAre(0x01, 0x04, 0x05, 0xdc));
  const auto pfc = in.next();
  ASSERT_TRUE(pfc);
  EXPECT_EQ(pfc->type, 7);
  EXPECT_TRUE(pfc->data.empty());
  EXPECT_FALSE(in.next());
}

TEST(OptionReader, RefusesLengthsZeroOneAndBeyondThePacket) {
  using Options = std::vector<std::uint8_t>;
  EXPECT_FALSE(OptionReader::well_formed(Options{1, 0}));
  EXPECT_FALSE(OptionReader::well_formed(Options{1, 1}));
  EXPECT_FALSE(OptionReader::well_formed(Options{1, 3}));
  EXPECT_FALSE(OptionReader::well_formed(Options{1, 255, 0}));
  EXPECT_FALSE(OptionReader::well_formed(Options{1, 4, 5, 0xdc, 7}));
  EXPECT_TRUE(OptionReader::well_formed(Options{1, 2}));
  EXPECT_TRUE(OptionReader::well_formed(Options{}));
}

}  // namespace
}  // namespace tunnel::ppp
