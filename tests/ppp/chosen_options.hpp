#pragma once

#include "tests/ppp/fake_wire.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <functional>
#include <iterator>
#include <vector>

// The options of two ends, of which all that a profile can say is left to chance, or to a fuzzer.

namespace tunnel::ppp::test {

/// One of `count` possibilities (at most 65536).
using Choose = std::function<std::uint32_t(std::uint32_t count)>;

template <typename Value, std::size_t kCount>
Value one_of(const Choose& choose, const std::array<Value, kCount>& values) {
  return values[choose(static_cast<std::uint32_t>(kCount))];
}

inline Policy choose_policy(const Choose& choose) {
  using enum Policy;
  return one_of(choose, std::array{Deny, Accept, Accept, Accept, Request, Request, Request, Request,
                                   Request, Request, Request, Require});
}

/// Of all sites, or of few: one end's address, a network, or any.
inline AddressWish choose_wish(const Choose& choose, Ipv4Address address) {
  switch (choose(8)) {
    case 0:
      return {{}, 0};  // any, and none preferred
    case 1:
      return {address, 24};
    case 2:
      return {{address.value ^ 0x40}, 24};  // prefers another one
    case 3:
      return {{address.value ^ 0x4000}, 32};  // disagrees
    default:
      return {address, 32};
  }
}

inline std::vector<AuthMethod> choose_methods(const Choose& choose) {
  std::vector all{AuthMethod::Pap, AuthMethod::ChapMd5, AuthMethod::MsChapV2};
  std::rotate(all.begin(), all.begin() + choose(3), all.end());
  all.resize(1 + choose(3));
  return all;
}

inline LcpWishes choose_lcp(const Choose& choose) {
  LcpWishes out;
  out.mru = Mru{
      one_of(choose, std::array<std::uint16_t, 8>{68, 128, 576, 1280, 1400, 1500, 9000, 65535})};
  out.accm = one_of(choose, std::array<std::uint32_t, 4>{0, 0, 0x000a'0000, 0xffff'ffff});
  out.fcs = one_of(choose, std::array{Fcs::None, Fcs::Ccitt16, Fcs::Ccitt32});
  out.ident = std::string(one_of(choose, std::array<std::size_t, 4>{0, 0, 12, 255}), 'i');
  for (auto* policy :
       {&out.policy.mru, &out.policy.accm, &out.policy.magic, &out.policy.protocol_field,
        &out.policy.address_control, &out.policy.fcs, &out.policy.vendor}) {
    *policy = choose_policy(choose);
  }
  return out;
}

inline std::vector<Ipv4Address> choose_servers(const Choose& choose, std::uint32_t first) {
  std::vector<Ipv4Address> out;
  for (auto count = choose(3); count > 0; --count) out.push_back({first + count});
  return out;
}

inline IpcpWishes choose_ipv4(const Choose& choose, Ipv4Address local, Ipv4Address remote) {
  IpcpWishes out;
  out.local = choose_wish(choose, local);
  out.remote = choose_wish(choose, remote);
  out.policy = choose_policy(choose);
  out.dns = choose_servers(choose, local.value + 0x1000);
  out.nbns = choose_servers(choose, local.value + 0x2000);
  out.dns_policy = choose_policy(choose);
  out.nbns_policy = choose_policy(choose);
  return out;
}

/// At least twice as long as a round trip without faults, so that no answer comes late.
inline AutomatonLimits choose_limits(const Choose& choose) {
  return {.max_configure = 2 + choose(9),
          .max_terminate = 1 + choose(3),
          .max_failure = 3 + choose(4),
          .restart = one_of(choose, std::array<Duration, 4>{500ms, 1s, 3s, 3s})};
}

inline LinkOptions choose_options(const Choose& choose, Ipv4Address local, Ipv4Address remote) {
  LinkOptions out;
  out.lcp = choose_lcp(choose);
  if (choose(3) == 0) out.auth.require = choose_methods(choose);
  if (choose(4) != 0) out.auth.accept = choose_methods(choose);
  out.auth.name = "somebody";
  if (choose(4) == 0) out.auth.rechallenge = 2s;
  out.ipv4 = choose_ipv4(choose, local, remote);
  out.ipv6.policy = choose_policy(choose);
  if (choose(2) == 0) out.ipv6.id = InterfaceId{1 + choose(3)};
  // No profile has neither family.
  if (!grants(out.ipv4.policy) && !grants(out.ipv6.policy)) out.ipv4.policy = Policy::Request;
  out.deflate = choose_policy(choose);
  out.echo_interval = one_of(choose, std::array<Duration, 3>{0s, 1s, 2s});
  out.echo_failures = 2 + choose(4);
  out.limits = choose_limits(choose);
  return out;
}

enum class Secrets : std::uint8_t { Same, Different, NoneAtOne };

struct ChosenPair {
  LinkOptions first;
  LinkOptions second;
  Secrets secrets = Secrets::Same;

  static ChosenPair choose(const Choose& choose) {
    ChosenPair out{choose_options(choose, {0x0ae00101}, {0x0ae00202}),
                   choose_options(choose, {0x0ae00202}, {0x0ae00101})};
    if (choose(4) == 0) out.first.channel = out.second.channel = Channel::Plain;
    out.secrets = one_of(choose, std::array{Secrets::Same, Secrets::Same, Secrets::Same,
                                            Secrets::Different, Secrets::NoneAtOne});
    return out;
  }

  /// Tells the two ends' keepers.
  void share_secrets(FakeWire& wire) const {
    if (secrets == Secrets::Different) wire.b_secrets = SecretKeeper{"labs", "another secret"};
    wire.b_secrets.has_secret = secrets != Secrets::NoneAtOne;
  }
};

}  // namespace tunnel::ppp::test
