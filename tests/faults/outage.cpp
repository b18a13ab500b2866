#include "tests/faults/outage.hpp"

#include "tunneld/base/bytes.hpp"

#include <algorithm>

namespace tunnel::test {

namespace {

/// A SYN to port 22, over IPv4 without options.
bool is_call(const Frame& frame) {
  constexpr std::size_t kEthernet = 14;
  constexpr std::size_t kIpv4 = 20;
  constexpr std::uint8_t kTcp = 6;
  constexpr std::uint8_t kSynAndAck = 0x12;
  constexpr std::uint8_t kSyn = 0x02;
  ByteReader in{frame.bytes};
  in.take(kEthernet + 9);
  const auto protocol = in.u8();
  in.take(kIpv4 - 10 + 2);
  const auto port = in.u16();
  in.take(9);
  const auto flags = in.u8();
  return protocol == kTcp && port == 22 && flags && (*flags & kSynAndAck) == kSyn;
}

}  // namespace

Outage::Outage(const World& world) : world_{world}, wire_{world, "internet", "home"} {}

void Outage::begin() const {
  world_.shell("internet",
               "nft 'add table inet firewall; "
               "add chain inet firewall through { type filter hook forward priority 0; }; "
               "add rule inet firewall through tcp dport 22 drop; "
               "add rule inet firewall through tcp sport 22 drop'");
}

void Outage::wait_for_attempts(int count, NumberedStream& clock) {
  for (std::ptrdiff_t calls = 0; calls < count;) {
    clock.let_pass(100ms);
    const auto frames = wire_.take();
    calls += std::count_if(frames.begin(), frames.end(), is_call);
  }
}

void Outage::end() const {
  world_.output("internet", {"nft", "delete", "table", "inet", "firewall"});
}

}  // namespace tunnel::test
