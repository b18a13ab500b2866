#include "tests/hdlc/reference.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tunnel::hdlc::test {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

constexpr std::size_t kMaxContent = 100;
constexpr Accm kNoControls{0};
const Octets kLcpHeader{0xff, 0x03, 0xc0, 0x21};
const Octets kRequest{0x01, 0x07, 0x00, 0x04};  // Configure-Request 7, without options

class FcsAlternatives : public testing::Test {
 protected:
  FcsAlternatives() { decoder.set_receive_accm(kNoControls); }

  void feed(const Octets& wire) { decoder.feed(wire, frames); }

  static Octets wire(const Octets& header, const Octets& payload, Fcs fcs) {
    return encode(header, payload, {kNoControls, fcs});
  }

  Decoder decoder{kMaxContent};
  Frames frames;
  const Octets packet{0x45, 1, 2, 3, 4, 5};
};

TEST_F(FcsAlternatives, AFrameWithTheAgreedFcsIsDelivered) {
  for (const auto fcs : {Fcs::None, Fcs::Ccitt16, Fcs::Ccitt32}) {
    frames.all.clear();
    decoder.set_fcs(fcs);
    feed(wire(kHeader, packet, fcs));
    EXPECT_THAT(frames.all, ElementsAre(joined({kHeader, packet})));
  }
  EXPECT_EQ(decoder.counters(), (DecoderCounters{.frames = 3}));
}

TEST_F(FcsAlternatives, AFrameWithAnotherFcsIsNot) {
  feed(wire(kHeader, packet, Fcs::Ccitt32));
  feed(wire(kHeader, packet, Fcs::None));
  decoder.set_fcs(Fcs::Ccitt32);
  feed(wire(kHeader, packet, Fcs::Ccitt16));
  feed(wire(kHeader, packet, Fcs::None));
  EXPECT_THAT(frames.all, IsEmpty());
  EXPECT_EQ(decoder.counters(), (DecoderCounters{.bad_fcs = 4}));
}

TEST_F(FcsAlternatives, ABitWrongIsFoundByFcs32) {
  decoder.set_fcs(Fcs::Ccitt32);
  const auto whole = wire(kHeader, packet, Fcs::Ccitt32);
  for (std::size_t at = 1; at + 1 < whole.size(); ++at) {
    for (int bit = 0; bit < 8; ++bit) {
      auto damaged = whole;
      damaged[at] = static_cast<std::uint8_t>(damaged[at] ^ 1U << bit);
      feed(damaged);
      ASSERT_THAT(frames.all, IsEmpty()) << "octet " << at << " bit " << bit;
    }
  }
  feed(whole);
  EXPECT_THAT(frames.all, SizeIs(1));
}

// RFC 1570 §2.1.1: a peer that starts anew uses the default FCS.
TEST_F(FcsAlternatives, LcpWithFcs16IsDeliveredWhateverWasAgreed) {
  for (const auto fcs : {Fcs::None, Fcs::Ccitt16, Fcs::Ccitt32}) {
    frames.all.clear();
    decoder.set_fcs(fcs);
    feed(wire(kLcpHeader, kRequest, Fcs::Ccitt16));
    EXPECT_THAT(frames.all, ElementsAre(joined({kLcpHeader, kRequest})));
  }
}

TEST_F(FcsAlternatives, LcpWithTheAgreedFcs32IsDelivered) {
  decoder.set_fcs(Fcs::Ccitt32);
  feed(wire(kLcpHeader, kRequest, Fcs::Ccitt32));
  EXPECT_THAT(frames.all, ElementsAre(joined({kLcpHeader, kRequest})));
}

TEST_F(FcsAlternatives, DamagedLcpIsDroppedWhereFcs32WasAgreed) {
  decoder.set_fcs(Fcs::Ccitt32);
  auto damaged = wire(kLcpHeader, kRequest, Fcs::Ccitt16);
  damaged[6] ^= 0x40;
  feed(damaged);
  EXPECT_THAT(frames.all, IsEmpty());
  EXPECT_EQ(decoder.counters(), (DecoderCounters{.bad_fcs = 1}));
}

// LCP is never compressed (RFC 1661 §6.5, §6.6): what only looks alike gets no exception.
TEST_F(FcsAlternatives, OtherProtocolsWithFcs16AreDroppedWhereFcs32WasAgreed) {
  decoder.set_fcs(Fcs::Ccitt32);
  for (const auto& header : {Octets{0xc0, 0x21}, Octets{0xff, 0x03, 0x80, 0x21},
                             Octets{0xff, 0x03, 0xc0, 0x23}, Octets{0xff, 0x03, 0xc0}}) {
    feed(wire(header, kRequest, Fcs::Ccitt16));
  }
  EXPECT_THAT(frames.all, IsEmpty());
  EXPECT_EQ(decoder.counters(), (DecoderCounters{.bad_fcs = 4}));
}

// RFC 1570 §2.1.2: packets that configure or authenticate have an FCS, and it is verified.
TEST_F(FcsAlternatives, WhatConfiguresIsCheckedWhereNoneWasAgreed) {
  decoder.set_fcs(Fcs::None);
  for (const auto& header :
       {kLcpHeader, Octets{0xff, 0x03, 0x80, 0x21}, Octets{0x80, 0x21}, Octets{0xc0, 0x23},
        Octets{0xc2, 0x23}, Octets{0x80, 0xfd}, Octets{0x80, 0x57}}) {
    frames.all.clear();
    feed(wire(header, kRequest, Fcs::None));
    EXPECT_THAT(frames.all, IsEmpty());
    feed(wire(header, kRequest, Fcs::Ccitt16));
    EXPECT_THAT(frames.all, ElementsAre(joined({header, kRequest})));
  }
}

TEST_F(FcsAlternatives, EchoesMayBeWithoutWhereNoneWasAgreed) {
  decoder.set_fcs(Fcs::None);
  const Octets echo{0x09, 0x07, 0x00, 0x08, 1, 2, 3, 4};
  feed(wire(kLcpHeader, echo, Fcs::None));
  feed(wire(kLcpHeader, echo, Fcs::Ccitt16));
  EXPECT_THAT(frames.all, ElementsAre(joined({kLcpHeader, echo}), joined({kLcpHeader, echo})));
}

TEST_F(FcsAlternatives, DataIsDeliveredWholeInEveryHeaderWhereNoneWasAgreed) {
  decoder.set_fcs(Fcs::None);
  for (const auto& header : {Octets{0xff, 0x03, 0x00, 0x21}, Octets{0xff, 0x03, 0x21},
                             Octets{0x00, 0x57}, Octets{0x21}, Octets{0xfd}}) {
    frames.all.clear();
    feed(wire(header, packet, Fcs::None));
    EXPECT_THAT(frames.all, ElementsAre(joined({header, packet})));
  }
}

// RFC 1662 §4.3: fewer than two octets beside the FCS.
TEST_F(FcsAlternatives, WhatIsTooShortDependsOnTheFcs) {
  decoder.set_fcs(Fcs::None);
  feed({kFlag, 0x21, kFlag, 0x21, 0x45, kFlag});
  EXPECT_THAT(frames.all, ElementsAre(ElementsAre(0x21, 0x45)));
  decoder.set_fcs(Fcs::Ccitt32);
  feed({kFlag, 1, 2, 3, 4, 5, kFlag, 1, 2, 3, 4, 5, 6, kFlag});
  EXPECT_EQ(decoder.counters(), (DecoderCounters{.frames = 1, .bad_fcs = 1, .too_short = 2}));
}

TEST_F(FcsAlternatives, TheLimitIsOnTheContentWhateverTheFcs) {
  for (const auto fcs : {Fcs::None, Fcs::Ccitt16, Fcs::Ccitt32}) {
    Decoder fresh{kMaxContent};
    fresh.set_receive_accm(kNoControls);
    fresh.set_fcs(fcs);
    frames.all.clear();
    for (std::size_t over = 0; over < 80; ++over) {
      const Octets payload(kMaxContent - kHeader.size() + over, 'x');
      fresh.feed(wire(kHeader, payload, fcs), frames);
    }
    EXPECT_THAT(frames.all, ElementsAre(SizeIs(kMaxContent)));
    EXPECT_EQ(fresh.counters().too_long, 79U);
    EXPECT_EQ(fresh.counters().bad_fcs, 0U);
  }
}

/// As LCP does when it has come up.
class Agreeing final : public FrameSink {
 public:
  explicit Agreeing(Decoder& decoder) : decoder_{decoder} {}

  void frame(Bytes content) override {
    sizes.push_back(content.size());
    decoder_.set_fcs(Fcs::Ccitt32);
  }

  std::vector<std::size_t> sizes;

 private:
  Decoder& decoder_;
};

TEST_F(FcsAlternatives, AChangeFromWithinAFrameHoldsForTheNext) {
  Agreeing sink{decoder};
  decoder.feed(joined({wire(kLcpHeader, kRequest, Fcs::Ccitt16),
                       wire(kHeader, packet, Fcs::Ccitt32), wire(kHeader, packet, Fcs::Ccitt16)}),
               sink);
  EXPECT_THAT(sink.sizes, ElementsAre(8, 10));
  EXPECT_EQ(decoder.counters().bad_fcs, 1U);
}

}  // namespace
}  // namespace tunnel::hdlc::test
