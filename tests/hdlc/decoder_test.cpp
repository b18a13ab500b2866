#include "pppd-bridge/hdlc/decoder.hpp"

#include "tests/hdlc/reference.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tunnel::hdlc::test {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

constexpr std::size_t kMaxContent = 1504;
constexpr Accm kNone{0};

class DecoderTest : public testing::Test {
 protected:
  DecoderTest() { decoder.set_receive_accm(kNone); }

  void feed(const Octets& wire) { decoder.feed(wire, frames); }

  static Octets content(const Octets& payload) { return joined({kHeader, payload}); }

  static Octets wire(const Octets& payload, OpeningFlag opening = OpeningFlag::Written) {
    return encode(kHeader, payload, {kNone}, opening);
  }

  Decoder decoder{kMaxContent};
  Frames frames;
  const Octets first{1, 2, 3, 0x7d, 0x7e, 4};
  const Octets second{9, 8, 7};
};

TEST_F(DecoderTest, DeliversAFrameWithoutItsFcs) {
  feed(wire(first));
  EXPECT_THAT(frames.all, ElementsAre(content(first)));
  EXPECT_EQ(decoder.counters().frames, 1U);
}

TEST_F(DecoderTest, TakesOneFlagBetweenTwoFrames) {
  feed(joined({wire(first), wire(second, OpeningFlag::Shared)}));
  EXPECT_THAT(frames.all, ElementsAre(content(first), content(second)));
}

TEST_F(DecoderTest, TakesFlagsAsTimeFill) {
  feed(joined({wire(first), Octets(50, kFlag), wire(second)}));
  EXPECT_THAT(frames.all, SizeIs(2));
  EXPECT_EQ(decoder.counters(), (DecoderCounters{.frames = 2}));
}

TEST_F(DecoderTest, RoundTripsRandomAndAllEscapePayloads) {
  std::mt19937 random{5};
  Octets stream{kFlag};
  std::vector<Octets> expected;
  for (std::size_t size = 0; size < 400; ++size) {
    const auto payload =
        size % 5 == 0 ? Octets(size, size % 2 == 0 ? kFlag : kEscape) : random_octets(random, size);
    const auto encoded = wire(payload, OpeningFlag::Shared);
    stream.insert(stream.end(), encoded.begin(), encoded.end());
    expected.push_back(content(payload));
  }
  feed(stream);
  EXPECT_EQ(frames.all, expected);
  EXPECT_EQ(decoder.counters(), (DecoderCounters{.frames = 400}));
}

TEST_F(DecoderTest, DoesNotCareWhereTheStreamBreaks) {
  const auto stream = joined({wire(first), wire(second, OpeningFlag::Shared), wire(Octets(40, 7))});
  const std::vector<Octets> expected{content(first), content(second), content(Octets(40, 7))};
  for (std::size_t cut = 0; cut <= stream.size(); ++cut) {
    Decoder split{kMaxContent};
    split.set_receive_accm(kNone);
    Frames got;
    split.feed(Bytes{stream}.first(cut), got);
    split.feed(Bytes{stream}.subspan(cut), got);
    ASSERT_EQ(got.all, expected) << "cut at " << cut;
  }
}

TEST_F(DecoderTest, TakesAStreamOctetByOctet) {
  for (const auto octet : joined({wire(first), wire(second)})) feed({octet});
  EXPECT_THAT(frames.all, ElementsAre(content(first), content(second)));
}

TEST_F(DecoderTest, DeliversNothingOfATruncatedFrameAndRecovers) {
  const auto whole = wire(first);
  for (std::size_t kept = 1; kept + 1 < whole.size(); ++kept) {
    Decoder cut{kMaxContent};
    cut.set_receive_accm(kNone);
    Frames got;
    cut.feed(Bytes{whole}.first(kept), got);
    cut.feed(wire(second), got);
    ASSERT_EQ(got.all, std::vector<Octets>{content(second)}) << kept;
  }
}

TEST_F(DecoderTest, DropsAFrameWithAnyBitWrong) {
  const auto whole = wire(second);
  for (std::size_t at = 1; at + 1 < whole.size(); ++at) {
    for (int bit = 0; bit < 8; ++bit) {
      auto damaged = whole;
      damaged[at] = static_cast<std::uint8_t>(damaged[at] ^ 1U << bit);
      frames.all.clear();
      feed(damaged);
      ASSERT_THAT(frames.all, testing::Not(testing::Contains(content(first)))) << at;
      ASSERT_THAT(frames.all, IsEmpty()) << "octet " << at << " bit " << bit;
    }
  }
  feed(whole);
  EXPECT_THAT(frames.all, SizeIs(1));
  EXPECT_GT(decoder.counters().bad_fcs, 0U);
}

TEST_F(DecoderTest, SkipsABannerBeforeTheFirstFrame) {
  const auto banner = to_bytes("Welcome to slirp. Protocol: PPP\r\n");
  feed(joined({banner, wire(first)}));
  EXPECT_THAT(frames.all, ElementsAre(content(first)));
  EXPECT_EQ(decoder.counters().noise, banner.size());
}

TEST_F(DecoderTest, SurvivesGarbageBetweenFrames) {
  feed(joined({wire(first), to_bytes("Broken pipe\r\n"), wire(second)}));
  EXPECT_THAT(frames.all, ElementsAre(content(first), content(second)));
  EXPECT_EQ(decoder.counters().bad_fcs, 1U);
}

TEST_F(DecoderTest, SurvivesRandomNoiseAndFindsTheNextFrame) {
  std::mt19937 random{6};
  for (int run = 0; run < 200; ++run) {
    feed(random_octets(random, 1 + random() % 3000));
    frames.all.clear();
    feed(joined({Octets{kFlag}, wire(second)}));
    ASSERT_FALSE(frames.all.empty());
    ASSERT_EQ(frames.all.back(), content(second));
  }
}

// RFC 1662 §4.3.
TEST_F(DecoderTest, AbortsAFrameAtEscapeFlag) {
  feed(joined({Octets{kFlag, 1, 2, 3, 4, 5, kEscape}, wire(second)}));
  EXPECT_THAT(frames.all, ElementsAre(content(second)));
  EXPECT_EQ(decoder.counters(), (DecoderCounters{.frames = 1, .aborted = 1}));
}

TEST_F(DecoderTest, TakesTheFlagOfAnAbortAsTheNextOpeningFlag) {
  feed(joined({Octets{kFlag, 1, 2, kEscape, kFlag}, wire(second, OpeningFlag::Shared)}));
  EXPECT_THAT(frames.all, ElementsAre(content(second)));
}

TEST_F(DecoderTest, CountsFramesBelowFourOctetsAsTooShort) {
  feed({kFlag, 1, kFlag, 1, 2, kFlag, 1, 2, 3, kFlag});
  EXPECT_EQ(decoder.counters(), (DecoderCounters{.too_short = 3}));
}

TEST_F(DecoderTest, TakesAFrameOfExactlyItsLimit) {
  feed(wire(Octets(kMaxContent - kHeader.size(), 'x')));
  EXPECT_THAT(frames.all, ElementsAre(SizeIs(kMaxContent)));
}

TEST_F(DecoderTest, DropsAFrameOneOctetBeyondItsLimit) {
  feed(joined({wire(Octets(kMaxContent - kHeader.size() + 1, 'x')), wire(second)}));
  EXPECT_THAT(frames.all, ElementsAre(content(second)));
  EXPECT_EQ(decoder.counters().too_long, 1U);
  EXPECT_EQ(decoder.counters().bad_fcs, 0U);
}

TEST_F(DecoderTest, DropsAnEndlessFrameOfEscapesWithoutGrowing) {
  feed({kFlag});
  for (int i = 0; i < 10000; ++i) feed({kEscape, 0x5d});
  feed(wire(second));
  EXPECT_THAT(frames.all, ElementsAre(content(second)));
  EXPECT_EQ(decoder.counters().too_long, 1U);
}

// RFC 1662 §4.2: what a modem or a terminal has put in.
TEST_F(DecoderTest, DropsUnescapedControlsThatTheMapNames) {
  decoder.set_receive_accm(Accm{});
  auto encoded = encode(kHeader, second, {});
  Octets stuffed;
  for (const auto octet : encoded) {
    stuffed.push_back(octet);
    if (octet != kFlag) stuffed.insert(stuffed.end(), {0x11, 0x13});  // also after an escape
  }
  feed(stuffed);
  EXPECT_THAT(frames.all, ElementsAre(content(second)));
}

TEST_F(DecoderTest, KeepsControlsThatTheMapDoesNotName) {
  decoder.set_receive_accm(Accm{1U << 0x11});
  const Octets payload{0x13, 0x00, 0x12};
  feed(encode(kHeader, payload, {Accm{1U << 0x11}}));
  EXPECT_THAT(frames.all, ElementsAre(content(payload)));
}

TEST_F(DecoderTest, StartsWithTheDefaultMap) {
  Decoder fresh{kMaxContent};
  fresh.feed(wire({0x11, 'a'}), frames);  // the control goes, and the FCS with it
  EXPECT_THAT(frames.all, IsEmpty());
  EXPECT_EQ(fresh.counters().bad_fcs, 1U);
}

/// As LCP does: the frame that says so changes how the next one is read.
class Switching final : public FrameSink {
 public:
  explicit Switching(Decoder& decoder) : decoder_{decoder} {}

  void frame(Bytes content) override {
    sizes.push_back(content.size());
    decoder_.set_receive_accm(kNone);
    decoder_.set_max_content(4000);
  }

  std::vector<std::size_t> sizes;

 private:
  Decoder& decoder_;
};

TEST_F(DecoderTest, MayBeSetAnewFromWithinAFrame) {
  Decoder fresh{kMaxContent};
  Switching sink{fresh};
  fresh.feed(joined({encode(kHeader, second, {}), wire(Octets(3900, 0x11))}), sink);
  EXPECT_THAT(sink.sizes, ElementsAre(7, 3904));
}

TEST_F(DecoderTest, ForgetsAPartialFrameOnReset) {
  auto whole = wire(first);
  feed({whole.begin(), whole.begin() + 5});
  decoder.reset();
  feed({whole.begin() + 5, whole.end()});
  EXPECT_THAT(frames.all, IsEmpty());
}

}  // namespace
}  // namespace tunnel::hdlc::test
