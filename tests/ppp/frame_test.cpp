#include "pppd-bridge/ppp/frame.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>

namespace tunnel::ppp {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using Octets = std::vector<std::uint8_t>;

constexpr std::array<std::uint8_t, 5> kLcp{0xff, 0x03, 0xc0, 0x21, 0x01};
static_assert(parse_frame(kLcp) && parse_frame(kLcp)->protocol == Protocol::Lcp);
static_assert(parse_frame(kLcp)->payload.size() == 1);

TEST(Frame, IsParsedInAllFourFormsOfItsHeader) {
  for (const auto& content : {Octets{0xff, 0x03, 0x00, 0x21, 0x45}, Octets{0xff, 0x03, 0x21, 0x45},
                              Octets{0x00, 0x21, 0x45}, Octets{0x21, 0x45}}) {
    const auto frame = parse_frame(content);
    ASSERT_TRUE(frame);
    EXPECT_EQ(frame->protocol, Protocol::Ipv4);
    EXPECT_THAT(frame->payload, ElementsAre(0x45));
  }
}

TEST(Frame, WithoutAWholeProtocolIsRefused) {
  EXPECT_FALSE(parse_frame(Octets{}));
  EXPECT_FALSE(parse_frame(Octets{0xff, 0x03}));
  EXPECT_FALSE(parse_frame(Octets{0xff, 0x03, 0xc0}));
  EXPECT_FALSE(parse_frame(Octets{0xc0}));
}

// RFC 1661 §2: the last octet of a protocol number is odd, the first even.
TEST(Frame, WithAnEvenProtocolIsRefused) {
  EXPECT_FALSE(parse_frame(Octets{0xff, 0x03, 0xc0, 0x22, 0x01}));
}

TEST(Frame, MayEndBehindItsProtocol) {
  const auto frame = parse_frame(Octets{0x21});
  ASSERT_TRUE(frame);
  EXPECT_THAT(frame->payload, IsEmpty());
}

TEST(FrameHeader, IsCompressedAsThePeerAllows) {
  const auto header = [](Compress protocol, Compress address, Protocol number) {
    const auto bytes = write_header({0, protocol, address}, number);
    return Octets(bytes.bytes().begin(), bytes.bytes().end());
  };
  using enum Compress;
  EXPECT_THAT(header(No, No, Protocol::Ipv4), ElementsAre(0xff, 0x03, 0x00, 0x21));
  EXPECT_THAT(header(Yes, No, Protocol::Ipv4), ElementsAre(0xff, 0x03, 0x21));
  EXPECT_THAT(header(No, Yes, Protocol::Ipv4), ElementsAre(0x00, 0x21));
  EXPECT_THAT(header(Yes, Yes, Protocol::Ipv4), ElementsAre(0x21));
  EXPECT_THAT(header(Yes, Yes, Protocol::Ipcp), ElementsAre(0x80, 0x21));
}

TEST(FrameHeader, OfLcpIsNeverCompressed) {
  const auto header = write_header({0, Compress::Yes, Compress::Yes}, Protocol::Lcp);
  EXPECT_THAT(header.bytes(), ElementsAre(0xff, 0x03, 0xc0, 0x21));
}

TEST(FrameHeader, IsReadBackAsItWasWritten) {
  for (const auto protocol : {Protocol::Ipv4, Protocol::Ipv6, Protocol::Ipcp, Protocol::Lcp}) {
    for (const auto pfc : {Compress::No, Compress::Yes}) {
      for (const auto acfc : {Compress::No, Compress::Yes}) {
        const auto frame = parse_frame(write_header({0, pfc, acfc}, protocol).bytes());
        ASSERT_TRUE(frame);
        EXPECT_EQ(frame->protocol, protocol);
      }
    }
  }
}

TEST(ProtocolName, IsANameOrANumber) {
  EXPECT_EQ(protocol_name(Protocol::Ipcp), "IPCP");
  EXPECT_EQ(protocol_name(Protocol{0x4003}), "0x4003");
}

}  // namespace
}  // namespace tunnel::ppp
