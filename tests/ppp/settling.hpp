#pragma once

#include "tests/ppp/fake_wire.hpp"

namespace tunnel::ppp::test {

enum class Settled : std::uint8_t { Open, Finished, Neither };

/// How long both ends must stay open to count as such: longer than ten requests, three seconds
/// apart, of a required protocol that the peer has ended without our hearing of it.
inline constexpr Duration kLasting = 35s;

/// Runs until both ends have been open for a while, or one has finished; the other one then hears
/// of it for a while, and loses its connection. Neither: `limit` has passed without either.
inline Settled settle(FakeWire& wire, Duration limit) {
  const auto until = wire.now + limit;
  auto not_open = wire.now;  // at that time at last
  for (bool busy = true; busy;) {
    if (!wire.a.finished_reasons.empty() || !wire.b.finished_reasons.empty()) {
      wire.run(kLasting);
      wire.down();
      return wire.both_finished() ? Settled::Finished : Settled::Neither;
    }
    if (!wire.both_open()) not_open = wire.now;
    if (wire.now - not_open >= kLasting) return Settled::Open;
    busy = wire.step(until);
  }
  return wire.both_open() ? Settled::Open : Settled::Neither;
}

}  // namespace tunnel::ppp::test
