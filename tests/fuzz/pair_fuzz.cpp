// Two Links on a wire. Their options and secrets, and what the wire loses, doubles, damages and
// delays, are the fuzzer's; when its octets are used up, the wire is perfect. Then both ends open,
// or finish with a reason, within bounded time and with a bounded number of packets.

#include "tests/fuzz/input.hpp"
#include "tests/fuzz/target.hpp"
#include "tests/ppp/chosen_options.hpp"
#include "tests/ppp/settling.hpp"
#include "tunneld/base/check.hpp"

namespace tunnel::ppp::test {
namespace {

constexpr Duration kBadTime = 60s;
// Ten requests at most, three seconds apart, of LCP, of authentication and of the layer above; and
// again, since the end of the bad time may have left one end in the middle of its own.
constexpr Duration kLimit = 300s;
// Echoes and their answers, twice a second, and negotiations, at most ten packets a second.
constexpr std::size_t kMostPackets = 12 * 360;

void check_end(const End& end, Settled settled) {
  TUNNEL_CHECK(end.sent.size() < kMostPackets);
  TUNNEL_CHECK(end.finished_reasons.size() == (settled == Settled::Finished ? 1 : 0));
  for (const auto& reason : end.finished_reasons) TUNNEL_CHECK(!reason.text.empty());
  TUNNEL_CHECK(end.agreed.has_value() == (settled == Settled::Open));
  TUNNEL_CHECK((end.network_ups == 0) <= (end.network_downs == 0));
}

void run(fuzz::Input in) {
  const auto pair = ChosenPair::choose([&in](std::uint32_t count) { return in.below(count); });
  const Faults faults{
      .lost = in.below(60), .doubled = in.below(60), .damaged = in.below(60), .late = in.below(60)};
  FakeWire wire{pair.first, pair.second, in.u8(), faults, [&in] { return in.u16(); }};
  pair.share_secrets(wire);
  wire.up();
  for (const auto until = wire.now + kBadTime; !in.empty() && wire.step(until);) {
  }
  wire.become_perfect();
  const auto settled = settle(wire, kLimit);
  TUNNEL_CHECK(settled != Settled::Neither);
  check_end(wire.a, settled);
  check_end(wire.b, settled);
}

}  // namespace
}  // namespace tunnel::ppp::test

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  tunnel::ppp::test::run(tunnel::fuzz::Input{{data, size}});
  return 0;
}
