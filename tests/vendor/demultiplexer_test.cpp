#include "pppd-bridge/vendor/demultiplexer.hpp"

#include "tests/hdlc/reference.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <string>

namespace tunnel::vendor {
namespace {

using hdlc::test::joined;
using hdlc::test::Octets;
using hdlc::test::random_octets;
using testing::ElementsAre;
using testing::IsEmpty;

const Octets kLcpHeader{0xff, 0x03, 0xc0, 0x21};

/// What both kinds of frames were, in their order.
class Found final : public hdlc::FrameSink, public FrameSink {
 public:
  void frame(Bytes content) override { all.push_back({"hdlc", {content.begin(), content.end()}}); }

  void vendor_frame(const Header& header, MutableBytes content) override {
    all.push_back({"kind " + std::to_string(static_cast<int>(header.kind)) + " of " +
                       std::to_string(header.segment_size),
                   {content.begin(), content.end()}});
    std::fill(content.begin(), content.end(), std::uint8_t{0});  // which it may
  }

  std::vector<std::pair<std::string, Octets>> all;
};

Octets ours(Kind kind, std::uint16_t segment_size, const Octets& content) {
  const auto header =
      write_header({kind, segment_size, static_cast<std::uint32_t>(content.size())});
  return joined({Octets(header.begin(), header.end()), content});
}

Octets control(const Octets& payload, hdlc::OpeningFlag opening = hdlc::OpeningFlag::Written) {
  return hdlc::test::encode(kLcpHeader, payload, {}, opening);
}

/// A demultiplexer and what is behind it.
struct Reader {
  /// As a session does: what was not taken comes again, with more behind it.
  void feed(const Octets& stream, std::size_t piece = 1 << 20) {
    for (Bytes rest{stream}; !rest.empty();) {
      const auto next = rest.first(std::min(piece, rest.size()));
      rest = rest.subspan(next.size());
      waiting.insert(waiting.end(), next.begin(), next.end());
      const auto used = demultiplexer.feed(waiting);
      waiting.erase(waiting.begin(), waiting.begin() + static_cast<std::ptrdiff_t>(used));
    }
  }

  Found found;
  hdlc::Decoder decoder{1504};
  Demultiplexer demultiplexer{decoder, found, found};
  Octets waiting;
};

class DemultiplexerTest : public testing::Test, protected Reader {};

TEST_F(DemultiplexerTest, LeavesEverythingToTheDecoderUntilItMayAccept) {
  feed(joined({control({1, 2}), ours(Kind::Packet, 0, {1, 2, 3}), control({3, 4})}));
  EXPECT_THAT(found.all, ElementsAre(std::pair{"hdlc", joined({kLcpHeader, {1, 2}})},
                                     std::pair{"hdlc", joined({kLcpHeader, {3, 4}})}));
  EXPECT_EQ(demultiplexer.octets(), 0U);
}

TEST_F(DemultiplexerTest, TellsBothKindsApartWhereverTheStreamBreaks) {
  std::mt19937 random{7};
  const auto packet = random_octets(random, 3000);  // with flags and markers in it
  const auto stream = joined(
      {ours(Kind::Packet, 0, {0x7e, 0x56}), control({1, 2}), ours(Kind::SuperPacket, 1448, packet),
       ours(Kind::PartialChecksum, 0, packet), control({3, 4}),
       control({5}, hdlc::OpeningFlag::Shared), ours(Kind::Acknowledgement, 0, Octets(16, 9))});
  for (const std::size_t piece : {1U, 2U, 3U, 7U, 8U, 9U, 1000U, 100000U}) {
    Reader here;
    here.demultiplexer.accept_vendor_frames();
    here.feed(stream, piece);
    EXPECT_THAT(here.waiting, IsEmpty());
    EXPECT_THAT(here.found.all,
                ElementsAre(std::pair{"kind 0 of 0", Octets{0x7e, 0x56}},
                            std::pair{"hdlc", joined({kLcpHeader, {1, 2}})},
                            std::pair{"kind 2 of 1448", packet}, std::pair{"kind 1 of 0", packet},
                            std::pair{"hdlc", joined({kLcpHeader, {3, 4}})},
                            std::pair{"hdlc", joined({kLcpHeader, {5}})},
                            std::pair{"kind 4 of 0", Octets(16, 9)}))
        << piece;
    EXPECT_EQ(here.demultiplexer.octets(), 10 + 2 * 3008U);
  }
}

TEST_F(DemultiplexerTest, KeepsNoMoreThanOneFrameWaiting) {
  demultiplexer.accept_vendor_frames();
  auto longest = ours(Kind::SuperPacket, 1, Octets(kMaxPacket, 0x7e));
  longest.pop_back();
  feed(longest);
  EXPECT_EQ(waiting.size(), kMaxFrame - 1);
  feed({0x7e});
  EXPECT_THAT(waiting, IsEmpty());
  EXPECT_EQ(found.all.size(), 1U);
}

// A length that lies: nothing tells where that frame ends, and PPP's own packets come through again
// behind the next flag.
TEST_F(DemultiplexerTest, FindsItsWayAgainBehindAHeaderThatContradictsItself) {
  demultiplexer.accept_vendor_frames();
  const Octets lies{kMarker, 2, 5, 0xa8, 0xff, 0xff, 0xff, 0xff};
  feed(joined({lies, Octets(100, 'x'), control({1, 2}), ours(Kind::Packet, 0, {1})}));
  EXPECT_THAT(found.all, ElementsAre(std::pair{"hdlc", joined({kLcpHeader, {1, 2}})},
                                     std::pair{"kind 0 of 0", Octets{1}}));
  EXPECT_EQ(demultiplexer.bad_headers(), 1U);
}

TEST_F(DemultiplexerTest, TakesAMarkerInsideAFrameForWhatItIs) {
  demultiplexer.accept_vendor_frames();
  const Octets payload{kMarker, 0, 0, 0, 0, 0, 0, 1, kMarker};
  feed(control(payload), 1);
  EXPECT_THAT(found.all, ElementsAre(std::pair{"hdlc", joined({kLcpHeader, payload})}));
}

}  // namespace
}  // namespace tunnel::vendor
