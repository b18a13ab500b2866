// Datagrams that no end of ours writes.

#include "tests/ipc/samples.hpp"
#include "tunneld/base/bytes.hpp"
#include "tunneld/ipc/messages.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <limits>
#include <numeric>
#include <random>
#include <string>
#include <vector>

namespace tunnel::ipc {
namespace {

using Datagram = std::vector<std::uint8_t>;

/// A datagram as its decoder understood it, encoded once more; empty where it was refused. A
/// decoder that takes a field out of its range, or takes one message for another, or overlooks an
/// octet, cannot give back what it was given.
using Again = std::function<Datagram(Bytes)>;

Datagram again_to_bridge(Bytes datagram) {
  const auto decoded = decode_to_bridge(datagram);
  return decoded ? encode(*decoded) : Datagram{};
}

Datagram again_from_bridge(Bytes datagram) {
  const auto decoded = decode_from_bridge(datagram);
  return decoded ? encode(*decoded) : Datagram{};
}

struct Sample {
  Datagram datagram;
  Again again;
};

std::vector<Sample> samples() {
  std::vector<Sample> all;
  for (const auto& message : test::messages_to_bridge()) {
    all.push_back({encode(message), again_to_bridge});
  }
  for (const auto& message : test::messages_from_bridge()) {
    all.push_back({encode(message), again_from_bridge});
  }
  return all;
}

TEST(HostileMessage, CutAnywhereIsRefused) {
  for (const auto& [datagram, again] : samples()) {
    for (std::size_t length = 0; length < datagram.size(); ++length) {
      ASSERT_TRUE(again(Bytes{datagram}.first(length)).empty())
          << "type " << int{datagram[0]} << " cut at " << length << " of " << datagram.size();
    }
  }
}

/// What an octet is changed by: all there is, every single bit of messages that are long (their
/// texts are long, in which one octet is like another), and one of the very long.
std::vector<unsigned> changes(const Datagram& datagram) {
  constexpr std::size_t kLong = 300;
  constexpr std::size_t kVeryLong = 20000;
  if (datagram.size() > kVeryLong) return {0x41};
  if (datagram.size() > kLong) return {1, 2, 4, 8, 16, 32, 64, 128};
  std::vector<unsigned> all(255);
  std::iota(all.begin(), all.end(), 1U);
  return all;
}

TEST(HostileMessage, WithOneOctetChangedIsTakenAsItStandsOrRefused) {
  for (const auto& [original, again] : samples()) {
    auto datagram = original;
    for (std::size_t at = 0; at < datagram.size(); ++at) {
      for (const auto change : changes(original)) {
        datagram[at] = static_cast<std::uint8_t>(original[at] ^ change);
        const auto understood = again(datagram);
        ASSERT_TRUE(understood.empty() || understood == datagram) << "octet " << at;
      }
      datagram[at] = original[at];
    }
  }
}

TEST(HostileMessage, WithAnythingBehindItIsRefused) {
  for (auto& [datagram, again] : samples()) {
    for (const int octet : {0, 1, 255}) {
      auto longer = datagram;
      longer.push_back(static_cast<std::uint8_t>(octet));
      EXPECT_TRUE(again(longer).empty()) << "type " << int{datagram[0]};
    }
    auto twice = datagram;
    twice.insert(twice.end(), datagram.begin(), datagram.end());
    EXPECT_TRUE(again(twice).empty()) << "type " << int{datagram[0]};
  }
}

TEST(HostileMessage, SentBackToItsSenderIsRefused) {
  for (const auto& message : test::messages_to_bridge()) {
    EXPECT_FALSE(decode_from_bridge(encode(message))) << "type " << message.index();
  }
  for (const auto& message : test::messages_from_bridge()) {
    EXPECT_FALSE(decode_to_bridge(encode(message))) << "type " << message.index();
  }
}

// With the types of either direction counted from 0, this would be a StageReached.
TEST(HostileMessage, SentBackToItsSenderIsRefusedEvenWhereTheFieldsWouldFit) {
  EXPECT_FALSE(decode_from_bridge(encode(ToBridge{Shutdown{std::string(257, '\0')}})));
}

TEST(HostileMessage, OfAnUnknownTypeIsRefused) {
  for (unsigned type = 0; type < 256; ++type) {
    const bool to_bridge = type < std::variant_size_v<ToBridge>;
    const bool from_bridge = type >= 0x80 && type < 0x80 + std::variant_size_v<FromBridge>;
    for (const auto& sample : samples()) {
      auto datagram = sample.datagram;
      datagram[0] = static_cast<std::uint8_t>(type);
      EXPECT_TRUE(to_bridge || !decode_to_bridge(datagram)) << type;
      EXPECT_TRUE(from_bridge || !decode_from_bridge(datagram)) << type;
    }
  }
}

TEST(HostileMessage, OfRandomOctetsIsTakenAsItStandsOrRefused) {
  std::mt19937 random{3};
  for (int round = 0; round < 200000; ++round) {
    Datagram datagram(random() % 80);
    for (auto& octet : datagram) {
      // Mostly small numbers, as lengths and counts are.
      octet = static_cast<std::uint8_t>(random() % 3 == 0 ? random() : random() % 4);
    }
    if (!datagram.empty() && random() % 2 == 0) datagram[0] |= 0x80;
    for (const auto& again : {Again{again_to_bridge}, Again{again_from_bridge}}) {
      const auto understood = again(datagram);
      ASSERT_TRUE(understood.empty() || understood == datagram);
    }
  }
}

/// Settings up to their list of networks, which the caller writes.
ByteWriter settings_before_networks() {
  ByteWriter out;
  out.u8(0);  // Settings
  out.u8(kVersion);
  out.u16(4);
  out.bytes(to_bytes("labs"));
  out.u16(4);
  out.bytes(to_bytes("tun0"));
  out.u32(0x0ae00101);  // local
  out.u8(32);
  out.u32(0x0ae00102);  // remote
  out.u8(32);
  out.u64(0);  // interface_id
  out.u16(1500);
  out.u32(0);     // accm
  out.u8(1);      // fcs
  out.u16(0);     // no ident
  out.u64(1000);  // echo_interval
  out.u32(3);
  out.u64(3000);  // restart
  out.u32(10);
  out.u32(2);
  out.u32(5);
  out.u16(0);                                   // dns
  out.u16(0);                                   // nbns
  out.u8(1);                                    // offload
  out.u8(1);                                    // clamp_mss
  out.bytes(std::vector<std::uint8_t>(11, 0));  // policies
  out.u16(0);                                   // auth: require
  out.u16(0);                                   // accept
  out.u16(0);                                   // name
  out.u64(0);                                   // rechallenge
  out.u8(0);                                    // no remote6
  return out;
}

/// Settings with what the caller wrote for networks; none of the rest.
bool settings_decode(ByteWriter with_networks) {
  with_networks.u8(0);   // no dial
  with_networks.u16(0);  // credentials
  return decode_to_bridge(with_networks.view()).has_value();
}

TEST(HostileMessage, WithMoreNetworksThanAllowedIsRefused) {
  for (const std::uint16_t count : {std::uint16_t{0}, std::uint16_t{kMaxItems}}) {
    auto out = settings_before_networks();
    out.u16(count);
    for (int i = 0; i < count; ++i) out.bytes(std::vector<std::uint8_t>{4, 8, 10, 0, 0, 0});
    EXPECT_TRUE(settings_decode(out)) << count;
  }
  auto out = settings_before_networks();
  out.u16(kMaxItems + 1);
  for (std::size_t i = 0; i <= kMaxItems; ++i) {
    out.bytes(std::vector<std::uint8_t>{4, 8, 10, 0, 0, 0});
  }
  EXPECT_FALSE(settings_decode(out));
}

TEST(HostileMessage, ThatPromisesNetworksItDoesNotBringIsRefused) {
  auto out = settings_before_networks();
  out.u16(2);
  out.bytes(std::vector<std::uint8_t>{4, 8, 10, 0, 0, 0});
  EXPECT_FALSE(settings_decode(out));
}

TEST(HostileMessage, WithANetworkThatIsNoneIsRefused) {
  using Network = std::vector<std::uint8_t>;
  for (const auto& network : {Network{5, 8, 10, 0, 0, 0},   // no such family
                              Network{0, 8, 10, 0, 0, 0},   //
                              Network{4, 33, 10, 0, 0, 0},  // too long
                              Network{4, 8, 10, 0, 0, 1},   // host bits
                              Network{4, 0, 128, 0, 0, 0},  //
                              Network{6, 129, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0},
                              Network{6, 64, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1}}) {
    auto out = settings_before_networks();
    out.u16(1);
    out.bytes(network);
    EXPECT_FALSE(settings_decode(out)) << int{network[0]} << '/' << int{network[1]};
  }
}

TEST(HostileMessage, WithATextBeyondItsLimitIsRefused) {
  for (const std::size_t length : {kMaxText, kMaxText + 1, std::size_t{0xffff}}) {
    ByteWriter out;
    out.u8(1);  // Refused
    out.u16(static_cast<std::uint16_t>(length));
    out.bytes(Datagram(length, 'x'));
    EXPECT_EQ(decode_to_bridge(out.view()).has_value(), length <= kMaxText) << length;
  }
}

TEST(HostileMessage, WithANameThatIsNoneIsRefused) {
  const auto claim = [](std::string_view site) {
    ByteWriter out;
    out.u8(0x80);
    out.u8(kVersion);
    out.u16(static_cast<std::uint16_t>(site.size()));
    out.bytes(to_bytes(site));
    out.u16(0);  // peer
    out.u16(0);  // key
    out.u16(0);  // ticket
    return decode_from_bridge(out.view()).has_value();
  };
  EXPECT_TRUE(claim("labs"));
  for (const std::string_view site : {"", "../labs", "Labs", "-labs", "la bs", "labs\n"}) {
    EXPECT_FALSE(claim(site)) << site;
  }
  EXPECT_TRUE(claim(std::string(SiteName::kMaxLength, 'a')));
  EXPECT_FALSE(claim(std::string(SiteName::kMaxLength + 1, 'a')));
}

TEST(HostileMessage, WithADurationThatWouldOverflowIsRefused) {
  const auto adopt = [](std::uint64_t up_for) {
    ByteWriter out;
    out.u8(0x81);
    out.u8(kVersion);
    out.u16(1);
    out.u8('a');
    out.u8(0);   // Role::Dial
    out.u16(0);  // peer
    out.u16(0);  // key
    auto settings = settings_before_networks();
    settings.u16(0);
    settings.u8(0);                         // no dial
    settings.u16(0);                        // credentials
    out.bytes(settings.view().subspan(1));  // without the type
    out.u8(0);                              // not up
    out.u64(up_for);
    return decode_from_bridge(out.view());
  };
  constexpr auto kMost = std::uint64_t{std::numeric_limits<std::int64_t>::max()} / 1000000;
  const auto longest = adopt(kMost);
  ASSERT_TRUE(longest);
  EXPECT_GT(std::chrono::nanoseconds{std::get<Adopt>(*longest).up_for}.count(), 0);
  EXPECT_FALSE(adopt(kMost + 1));
  EXPECT_FALSE(adopt(std::numeric_limits<std::uint64_t>::max()));
}

TEST(HostileMessage, WithAnEnumeratorBeyondTheLastIsRefused) {
  const auto stage = [](std::uint8_t value) {
    return decode_from_bridge(Datagram{0x82, value, 0, 0}).has_value();
  };
  EXPECT_TRUE(stage(static_cast<std::uint8_t>(kLastStage)));
  EXPECT_FALSE(stage(static_cast<std::uint8_t>(kLastStage) + 1));
  const auto permanence = [](std::uint8_t value) {
    return decode_from_bridge(Datagram{0x84, value, 0, 0}).has_value();
  };
  EXPECT_TRUE(permanence(2));
  EXPECT_FALSE(permanence(3));
  const auto layer = [](std::uint8_t value) {
    return decode_from_bridge(Datagram{0x86, value, 0, 0}).has_value();
  };
  EXPECT_TRUE(layer(static_cast<std::uint8_t>(kLastLayer)));
  EXPECT_FALSE(layer(static_cast<std::uint8_t>(kLastLayer) + 1));
}

TEST(HostileMessage, WithAnOptionalThatIsNeitherThereNorNotIsRefused) {
  for (unsigned present = 0; present < 256; ++present) {
    auto out = settings_before_networks();
    out.u16(0);  // networks
    out.u8(static_cast<std::uint8_t>(present));
    out.u16(0);
    EXPECT_EQ(decode_to_bridge(out.view()).has_value(), present == 0) << present;
  }
}

}  // namespace
}  // namespace tunnel::ipc
