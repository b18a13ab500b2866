#include "pppd-bridge/session/outbound.hpp"

#include "tests/segments/packets.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <vector>

namespace tunnel::session::test {
namespace {

using namespace std::chrono_literals;
using segments::Gso;
using segments::Offload;
using segments::test::Description;
using segments::test::Octets;

struct Sent {
  Octets packet;
  Offload offload;
};

class OutboundTest : public testing::Test, private PacketSink {
 protected:
  void queue_under(Carriage carriage, const Octets& packet, const Offload& offload) {
    auto buffer = outbound_.take_buffer();
    std::ranges::copy(packet, buffer.bytes().begin());
    buffer.shrink(packet.size());
    outbound_.push(std::move(buffer), offload, {carriage, Mru{1500}, {}}, now_);
  }

  std::vector<Sent> all_sent_under(Carriage carriage) {
    while (outbound_.send_next(*this, {carriage, Mru{1500}, {}}, now_)) continue;
    return std::move(sent_);
  }

  void expect_cut(const std::vector<Sent>& sent, const std::vector<Octets>& pieces) {
    ASSERT_EQ(sent.size(), pieces.size());
    for (std::size_t i = 0; i < sent.size(); ++i) {
      EXPECT_EQ(sent[i].packet, pieces[i]);
      EXPECT_EQ(sent[i].offload, Offload{});
    }
    EXPECT_EQ(counters_.super_packets_out, 0U);
  }

 private:
  void send_packet(Bytes packet, const Offload& offload) override {
    sent_.push_back({{packet.begin(), packet.end()}, offload});
  }

  Counters counters_;
  Outbound outbound_{counters_, 1};
  TimePoint now_{1h};
  std::vector<Sent> sent_;
};

TEST_F(OutboundTest, SendsWholeWhatWasQueuedForThat) {
  const Description what{.payload = Octets(3000, 5)};
  const auto packet = build_partial(what);
  queue_under(Carriage::Whole, packet, offload_of(what, Gso::Tcp4, 1000));
  const auto sent = all_sent_under(Carriage::Whole);
  ASSERT_EQ(sent.size(), 1U);
  EXPECT_EQ(sent[0].packet, packet);
  EXPECT_EQ(sent[0].offload.segment_size, 1000);
}

TEST_F(OutboundTest, CutsWhatWasQueuedWholeWhenThatIsNoLongerTaken) {
  const Description what{.payload = Octets(3000, 5)};
  queue_under(Carriage::Whole, build_partial(what), offload_of(what, Gso::Tcp4, 1000));
  expect_cut(all_sent_under(Carriage::Segments), cut(what, 1000));
}

// More segments than a peer takes in one packet, which nobody has looked at yet.
TEST_F(OutboundTest, CutsWhatWasQueuedForSegmentsAlsoWhenWholeOnesAreTaken) {
  const Description what{.payload = Octets(600 * 20, 5)};
  queue_under(Carriage::Segments, build_partial(what), offload_of(what, Gso::Tcp4, 20));
  expect_cut(all_sent_under(Carriage::Whole), cut(what, 20));
}

// A checksum of something inside, whose place a peer could not work out.
TEST_F(OutboundTest, CompletesAChecksumThatWasQueuedForSegments) {
  const Description what{.kind = Gso::Udp, .payload = Octets(100, 5)};
  const Offload inner{
      .checksum = segments::Checksum::Partial, .checksum_start = 50, .checksum_offset = 6};
  queue_under(Carriage::Segments, build(what), inner);
  const auto sent = all_sent_under(Carriage::Whole);
  ASSERT_EQ(sent.size(), 1U);
  EXPECT_EQ(sent[0].offload, Offload{});
}

}  // namespace
}  // namespace tunnel::session::test
