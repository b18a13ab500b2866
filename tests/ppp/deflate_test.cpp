// PPP Deflate (RFC 1979) by itself, and CCP (RFC 1962) between two ends.

#include "pppd-bridge/ppp/deflate.hpp"

#include "tests/ppp/fake_wire.hpp"
#include "tests/ppp/scripted_peer.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <random>

namespace tunnel::ppp::test {
namespace {

using testing::HasSubstr;

Octets copy(Bytes bytes) {
  return {bytes.begin(), bytes.end()};
}

Octets compressible_packet(std::size_t size, std::uint8_t seed) {
  Octets packet(size);
  for (std::size_t i = 0; i < size; ++i) packet[i] = static_cast<std::uint8_t>(seed + i / 40);
  return packet;
}

Octets random_packet(std::size_t size, std::uint32_t seed) {
  std::mt19937 random{seed};
  Octets packet(size);
  std::generate(packet.begin(), packet.end(), [&] { return static_cast<std::uint8_t>(random()); });
  return packet;
}

/// What compress() made, back through the other end: the protocol field and the packet.
Octets cross(Deflater& deflater, Inflater& inflater, Protocol protocol, const Octets& packet) {
  if (const auto information = deflater.compress(protocol, packet)) {
    const auto wire = copy(*information);
    const auto content = inflater.decompress(wire);
    return content ? copy(*content) : Octets{};
  }
  EXPECT_TRUE(inflater.note_uncompressed(protocol, packet));
  return joined({{static_cast<std::uint8_t>(protocol)}, packet});
}

TEST(Deflate, GivesBackWhatWasCompressed) {
  for (const auto bits : Octets{9, 12, 15}) {
    Deflater deflater{{bits}};
    Inflater inflater{{bits}, 65535};
    std::mt19937 random{bits};
    for (std::uint32_t i = 0; i < 500; ++i) {
      const std::size_t size = random() % (i % 50 == 0 ? 65536 : 1600);
      const auto packet = random() % 3 == 0 ? random_packet(size, i)
                                            : compressible_packet(size, static_cast<uint8_t>(i));
      const auto protocol = random() % 2 == 0 ? Protocol::Ipv4 : Protocol::Ipv6;
      ASSERT_EQ(cross(deflater, inflater, protocol, packet),
                joined({{static_cast<std::uint8_t>(protocol)}, packet}))
          << "packet " << i << " of " << size;
    }
  }
}

TEST(Deflate, SendsWhatDoesNotShrinkAsItIs) {
  Deflater deflater{{15}};
  EXPECT_FALSE(deflater.compress(Protocol::Ipv4, random_packet(1400, 1)));
  EXPECT_TRUE(deflater.compress(Protocol::Ipv4, random_packet(1400, 1)));  // known by now
}

TEST(Deflate, MakesNoPacketLonger) {
  Deflater deflater{{15}};
  std::mt19937 random{3};
  unsigned compressed = 0;
  for (std::uint32_t i = 0; i < 2000; ++i) {
    const std::size_t size = random() % 1501;
    auto packet = random_packet(size, i);
    // Its beginning is well known, and the rest is anybody's guess.
    const auto known = static_cast<std::ptrdiff_t>(random() % (size + 1) / (1 + random() % 20));
    std::fill(packet.begin(), packet.begin() + known, std::uint8_t{0});
    const auto information = deflater.compress(Protocol::Ipv4, packet);
    if (!information) continue;
    ++compressed;
    ASSERT_LE(information->size(), size);
  }
  EXPECT_GT(compressed, 200U);
  EXPECT_LT(compressed, 1800U);
}

// RFC 1979 §2.1: the sequence number tells that a packet is missing.
TEST(Deflate, ReadsNothingBehindAGapUntilItIsReset) {
  Deflater deflater{{15}};
  Inflater inflater{{15}, 1500};
  const auto lost = deflater.compress(Protocol::Ipv4, compressible_packet(1000, 1));
  ASSERT_TRUE(lost);
  const auto second = copy(*deflater.compress(Protocol::Ipv4, compressible_packet(1000, 2)));
  EXPECT_FALSE(inflater.decompress(second));
  EXPECT_FALSE(inflater.intact());
  deflater.reset();
  inflater.reset();
  const auto third = copy(*deflater.compress(Protocol::Ipv4, compressible_packet(1000, 3)));
  EXPECT_TRUE(inflater.decompress(third));
}

TEST(Deflate, StopsABombAtThePacketsLimit) {
  Deflater deflater{{15}};
  Inflater inflater{{15}, 1500};
  const auto bomb = copy(*deflater.compress(Protocol::Ipv4, Octets(60000, 0)));
  EXPECT_LT(bomb.size(), 200U);
  EXPECT_FALSE(inflater.decompress(bomb));
}

TEST(Deflate, TakesAPacketOfExactlyTheLimit) {
  Deflater deflater{{15}};
  Inflater inflater{{15}, 1500};
  const auto longest = copy(*deflater.compress(Protocol::Ipcp, Octets(1500, 0)));
  EXPECT_EQ(inflater.decompress(longest)->size(), 1502U);  // a protocol field of two octets
  const auto longer = copy(*deflater.compress(Protocol::Ipcp, Octets(1501, 0)));
  EXPECT_FALSE(inflater.decompress(longer));
}

TEST(Deflate, SurvivesTruncationAndDamageOfAnyOctet) {
  Deflater deflater{{15}};
  const auto good = copy(*deflater.compress(Protocol::Ipv4, compressible_packet(700, 5)));
  for (std::size_t size = 0; size < good.size(); ++size) {
    Inflater inflater{{15}, 1500};
    static_cast<void>(inflater.decompress(Bytes{good}.first(size)));
  }
  for (std::size_t at = 0; at < good.size(); ++at) {
    for (const auto flip : Octets{0x01, 0x80, 0xff}) {
      auto bad = good;
      bad[at] ^= flip;
      Inflater inflater{{15}, 1500};
      const auto content = inflater.decompress(bad);
      EXPECT_LE(content ? content->size() : 0, 1502U);
    }
  }
}

class Ccp : public testing::Test {
 protected:
  Ccp() { first.deflate = second.deflate = Policy::Request; }

  LinkOptions first = home();
  LinkOptions second = labs();
};

TEST_F(Ccp, CompressesBothWaysWhereBothEndsAsk) {
  FakeWire wire{first, second};
  wire.up();
  wire.run(1s);
  ASSERT_TRUE(wire.both_open());
  ASSERT_TRUE(wire.a.link.compresses() && wire.a.link.decompresses());
  const auto packet = compressible_packet(1000, 1);
  const auto sent = wire.a.link.compress(Protocol::Ipv4, packet);
  ASSERT_TRUE(sent);
  EXPECT_EQ(copy(*wire.b.link.decompress(*sent, wire.now)), joined({{0x21}, packet}));
}

TEST_F(Ccp, CompressesOneWayWhereOneEndOnlyAccepts) {
  second.deflate = Policy::Accept;
  FakeWire wire{first, second};
  wire.up();
  wire.run(1s);
  EXPECT_TRUE(wire.a.link.decompresses() && wire.b.link.compresses());
  EXPECT_FALSE(wire.a.link.compresses() || wire.b.link.decompresses());
  EXPECT_EQ(wire.a.agreed->receive_compression, Compression::Deflate);
  EXPECT_EQ(wire.a.agreed->transmit_compression, Compression::None);
}

TEST_F(Ccp, IsNotSpokenUnlessTheProfileAsks) {
  second.deflate = Policy::Deny;
  FakeWire wire{first, second};
  wire.up();
  wire.run(10s);
  EXPECT_TRUE(wire.both_open());
  EXPECT_FALSE(wire.a.link.compresses() || wire.a.link.decompresses());
  EXPECT_EQ(wire.b.sent_of(Protocol::Ccp, Code::ConfigureRequest).size(), 0U);
}

TEST_F(Ccp, EndsTheLinkWhereItIsRequiredAndThePeerHasNone) {
  first.deflate = Policy::Require;
  second.deflate = Policy::Deny;
  FakeWire wire{first, second};
  wire.up();
  wire.run(10s);
  EXPECT_EQ(wire.a.reason(), "the peer does not know CCP");
  EXPECT_EQ(wire.a.network_ups, 0U) << "not one packet goes without";
}

// RFC 1962 §2.1.
TEST_F(Ccp, BeginsAnewAfterALostPacket) {
  FakeWire wire{first, second};
  wire.up();
  wire.run(1s);
  ASSERT_TRUE(wire.a.link.compress(Protocol::Ipv4, compressible_packet(1000, 1)));  // lost
  const auto second_packet =
      copy(*wire.a.link.compress(Protocol::Ipv4, compressible_packet(900, 2)));
  EXPECT_FALSE(wire.b.link.decompress(second_packet, wire.now));
  wire.run(1s);
  const auto third = copy(*wire.a.link.compress(Protocol::Ipv4, compressible_packet(800, 3)));
  EXPECT_TRUE(wire.b.link.decompress(third, wire.now));
  EXPECT_EQ(wire.b.sent_of(Protocol::Ccp, Code::ResetRequest).size(), 1U);
}

TEST_F(Ccp, GivesUpOnAPeerWhoseDataNeverDecodes) {
  FakeWire wire{first, second};
  wire.up();
  wire.run(1s);
  for (int i = 0; i < 200 && wire.b.link.decompresses(); ++i) {
    static_cast<void>(wire.b.link.decompress(Octets{0, 0, 0xff, 0xff, 0xff}, wire.now));
    wire.run(500ms);
  }
  EXPECT_FALSE(wire.b.link.decompresses());
  EXPECT_EQ(wire.b.agreed->receive_compression, Compression::None);
  EXPECT_TRUE(wire.both_open());  // the link itself does without
}

TEST_F(Ccp, SendsWhatDoesNotShrinkAsItIsAndGoesOnBehindIt) {
  FakeWire wire{first, second};
  wire.up();
  wire.run(1s);
  const auto noise = random_packet(1400, 1);
  for (int i = 0; i < 3; ++i) {
    const auto packet = random_packet(1400, static_cast<std::uint32_t>(i));
    ASSERT_FALSE(wire.a.link.compress(Protocol::Ipv4, packet));
    wire.b.link.note_uncompressed(Protocol::Ipv4, packet, wire.now);
  }
  const auto sent = wire.a.link.compress(Protocol::Ipv4, noise);  // known by now
  ASSERT_TRUE(sent);
  EXPECT_LT(sent->size(), 100U);
  EXPECT_EQ(copy(*wire.b.link.decompress(copy(*sent), wire.now)), joined({{0x21}, noise}));
  EXPECT_EQ(wire.b.sent_of(Protocol::Ccp, Code::ResetRequest).size(), 0U);
}

/// Compresses both ways with a peer of which the test writes every packet.
class CcpReset : public ScriptedPeer {
 protected:
  static LinkOptions wishes() {
    auto out = home();
    out.deflate = Policy::Request;
    return out;
  }

  CcpReset() : ScriptedPeer{wishes()} {}

  void ccp(Code code, std::uint8_t id, const Octets& data = {}) {
    us.link.receive(Protocol::Ccp, control(code, id, data), now);
  }

  void open_ccp() {
    open_ip();
    ccp(Code::ConfigureRequest, 1, {26, 4, 0x78, 0});
    const auto request = last(Protocol::Ccp, Code::ConfigureRequest);
    ccp(Code::ConfigureAck, request.id(), request.data());
    ASSERT_TRUE(us.link.compresses() && us.link.decompresses());
  }

  /// Whether the first packet of a history can be read.
  bool reads_a_new_history() {
    Deflater deflater{{15}};
    const auto sent = copy(*deflater.compress(Protocol::Ipv4, compressible_packet(1000, 1)));
    return us.link.decompress(sent, now).has_value();
  }
};

TEST_F(CcpReset, IsGrantedFiveTimesAtOnceAndTwiceASecond) {
  open_ccp();
  for (int i = 0; i < 1000; ++i) ccp(Code::ResetRequest, static_cast<std::uint8_t>(i));
  EXPECT_EQ(count(Protocol::Ccp, Code::ResetAck), 5U);
  now += 1s;
  for (int i = 0; i < 1000; ++i) ccp(Code::ResetRequest, static_cast<std::uint8_t>(i));
  EXPECT_EQ(count(Protocol::Ccp, Code::ResetAck), 7U);
}

// RFC 1962 §2.1: the Identifier is the request's.
TEST_F(CcpReset, IsGrantedWithTheIdentifierOfTheRequest) {
  open_ccp();
  ccp(Code::ResetRequest, 0x77);
  EXPECT_EQ(last(Protocol::Ccp, Code::ResetAck).id(), 0x77);
}

TEST_F(CcpReset, IsAskedForFiveTimesAtOnceAndTwiceASecond) {
  open_ccp();
  for (int i = 0; i < 1000; ++i) EXPECT_FALSE(us.link.decompress(Octets(10, 0xff), now));
  EXPECT_EQ(count(Protocol::Ccp, Code::ResetRequest), 5U);
  now += 1s;
  for (int i = 0; i < 1000; ++i) EXPECT_FALSE(us.link.decompress(Octets(10, 0xff), now));
  EXPECT_EQ(count(Protocol::Ccp, Code::ResetRequest), 7U);
}

TEST_F(CcpReset, IsNotDoneByAResetAckOfAnyOtherIdentifier) {
  open_ccp();
  ASSERT_FALSE(us.link.decompress(Octets(10, 0xff), now));
  const auto asked = last(Protocol::Ccp, Code::ResetRequest).id();
  for (unsigned id = 0; id < 256; ++id) {
    if (id != asked) ccp(Code::ResetAck, static_cast<std::uint8_t>(id));
  }
  EXPECT_FALSE(reads_a_new_history());
  ccp(Code::ResetAck, asked);
  EXPECT_TRUE(reads_a_new_history());
}

TEST_F(CcpReset, IsNotDoneByAResetAckThatNobodyAskedFor) {
  open_ccp();
  ASSERT_TRUE(reads_a_new_history());
  for (unsigned id = 0; id < 256; ++id) ccp(Code::ResetAck, static_cast<std::uint8_t>(id));
  EXPECT_FALSE(reads_a_new_history());  // it goes on with the old one
}

/// As pppd offers: Deflate by both numbers, and BSD-Compress.
class CcpOfPppd : public ScriptedPeer {
 protected:
  static LinkOptions wishes() {
    auto out = options("10.224.1.1", "10.224.1.2");
    out.deflate = Policy::Accept;
    return out;
  }

  CcpOfPppd() : ScriptedPeer{wishes()} {}

  Packet answer_to(std::uint8_t id, const Octets& request) {
    us.link.receive(Protocol::Ccp, control(Code::ConfigureRequest, id, request), now);
    return last(Protocol::Ccp, Code::ConfigureReject).id() == id
               ? last(Protocol::Ccp, Code::ConfigureReject)
               : us.sent.back();
  }
};

TEST_F(CcpOfPppd, IsRejectedButForTheFirstDeflate) {
  open_lcp();
  const auto answer = answer_to(1, {26, 4, 0x78, 0, 24, 4, 0x78, 0, 21, 3, 0x2f});
  EXPECT_EQ(answer.code(), Code::ConfigureReject);
  EXPECT_EQ(answer.data(), (Octets{24, 4, 0x78, 0, 21, 3, 0x2f}));
  us.link.receive(Protocol::Ccp, control(Code::ConfigureRequest, 2, {26, 4, 0x78, 0}), now);
  EXPECT_EQ(us.sent.back().code(), Code::ConfigureAck);
}

TEST_F(CcpOfPppd, IsToldAWindowThatCanBe) {
  open_lcp();
  const auto answer = answer_to(1, {26, 4, 0x08, 0});
  EXPECT_EQ(answer.code(), Code::ConfigureNak);
  EXPECT_EQ(answer.data(), (Octets{26, 4, 0x18, 0}));
}

TEST_F(CcpOfPppd, IsRejectedWithMppeAlone) {
  open_lcp();
  EXPECT_EQ(answer_to(1, {18, 6, 1, 0, 0, 0x40}).code(), Code::ConfigureReject);
}

TEST(CcpByItsOldNumber, IsAskedForWhenTheNewOneIsRejected) {
  auto wishes = home();
  wishes.deflate = Policy::Request;
  End us{wishes};
  TimePoint now{1h};
  us.link.transport_up(now);
  us.link.receive(Protocol::Lcp, control(Code::ConfigureRequest, 1, kPeerRequest), now);
  const auto lcp = us.sent_of(Protocol::Lcp, Code::ConfigureRequest).back();
  us.link.receive(Protocol::Lcp, control(Code::ConfigureAck, lcp.id(), lcp.data()), now);
  const auto ccp = us.sent_of(Protocol::Ccp, Code::ConfigureRequest).back();
  EXPECT_EQ(ccp.data(), (Octets{26, 4, 0x78, 0}));
  us.link.receive(Protocol::Ccp, control(Code::ConfigureReject, ccp.id(), ccp.data()), now);
  EXPECT_EQ(us.sent_of(Protocol::Ccp, Code::ConfigureRequest).back().data(),
            (Octets{24, 4, 0x78, 0}));
}

}  // namespace
}  // namespace tunnel::ppp::test
