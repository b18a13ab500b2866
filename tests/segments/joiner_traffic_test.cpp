#include "pppd-bridge/segments/candidate.hpp"
#include "pppd-bridge/segments/checksum.hpp"
#include "tests/segments/far.hpp"
#include "tests/segments/packets.hpp"

#include <gtest/gtest.h>

#include <map>

namespace tunnel::segments::test {
namespace {

/// Packets of a few flows, most of them the next one of its flow.
class Traffic {
 public:
  explicit Traffic(unsigned seed) : random_{seed} {
    for (std::uint16_t i = 0; i < 12; ++i) {
      auto flow = random_description(random_, 0);
      flow.source_port = i;
      flows_.push_back(flow);
    }
  }

  Octets next() {
    auto& flow = flows_[random_() % flows_.size()];
    flow.payload = random_octets(random_, random_() % 10 == 0 ? random_() % 200 : 100);
    flow.flags = random_() % 10 == 0 ? static_cast<std::uint8_t>(random_()) : tcp::kAck;
    if (random_() % 20 == 0) flow.window++;
    if (random_() % 20 == 0) flow.sequence++;
    auto packet = build(flow);
    flow.sequence += static_cast<std::uint32_t>(flow.payload.size());
    if (flow.identification != 0) flow.identification++;
    if (random_() % 30 == 0) packet[random_() % packet.size()] ^= 1;
    return packet;
  }

 private:
  std::mt19937 random_;
  std::vector<Description> flows_;
};

/// Octets in which packets of one flow agree, and those of two differ.
Octets flow_of(const Octets& packet) {
  const auto view = parse_packet(packet);
  const auto key = view ? flow_key(packet, *view) : std::nullopt;
  if (!key) return {};
  const auto where = addresses_of(packet, *view);
  Octets all(where.begin(), where.end());
  append(all, Bytes{packet}.subspan(view->transport_offset, 4));
  all.push_back(view->protocol);
  return all;
}

std::map<Octets, std::vector<Octets>> by_flow(const std::vector<Octets>& packets) {
  std::map<Octets, std::vector<Octets>> flows;
  for (const auto& packet : packets) flows[flow_of(packet)].push_back(packet);
  return flows;
}

TEST(Joiner, LosesAndChangesNothingAndKeepsTheOrderOfEachFlow) {
  std::uint64_t joined = 0;
  for (unsigned seed = 0; seed < 200; ++seed) {
    Traffic traffic{seed};
    Joiner joiner{seed % 2 == 0 ? JoinUdp::Yes : JoinUdp::No};
    Far far;
    std::vector<Octets> packets;
    for (int i = 0; i < 100; ++i) {
      packets.push_back(traffic.next());
      joiner.add(packets.back(), far);
      if (i % 37 == 36) joiner.flush(far);
    }
    joiner.flush(far);
    ASSERT_EQ(by_flow(far.packets), by_flow(packets)) << seed;
    joined += joiner.counters().segments;
  }
  EXPECT_GT(joined, 2000U);  // else the above has said nothing
}

}  // namespace
}  // namespace tunnel::segments::test
