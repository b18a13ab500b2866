#pragma once

#include "pppd-bridge/segments/joiner.hpp"
#include "pppd-bridge/segments/splitter.hpp"
#include "tests/segments/packets.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace tunnel::segments::test {

struct Delivered {
  Octets packet;
  Offload offload;

  bool operator==(const Delivered&) const = default;
};

/// Keeps what a joiner sends, and what a splitter makes of that again.
class Far final : public PacketSink {
 public:
  void packet(Bytes packet, const Offload& offload) override {
    delivered.push_back({Octets(packet.begin(), packet.end()), offload});
    EXPECT_TRUE(inspect(packet, offload, 65575));
    auto splitter = Splitter::create(packet, offload, 65575);
    ASSERT_TRUE(splitter) << to_string(splitter.fault());
    Octets out(65575);
    while (const auto size = splitter->next(out)) {
      packets.emplace_back(out.begin(), out.begin() + static_cast<std::ptrdiff_t>(*size));
    }
  }

  std::vector<Delivered> delivered;
  std::vector<Octets> packets;
};

}  // namespace tunnel::segments::test
