// SourceCheck: any octets as a packet, against the plain question whether the source lies in one of
// the networks.

#include "pppd-bridge/session/source_check.hpp"
#include "tests/fuzz/input.hpp"
#include "tests/fuzz/target.hpp"
#include "tunneld/base/check.hpp"

#include <algorithm>
#include <vector>

namespace tunnel::session {
namespace {

Ipv6Address address6(fuzz::Input& in) {
  Ipv6Address address;
  const auto octets = in.take(address.bytes.size());
  std::copy(octets.begin(), octets.end(), address.bytes.begin());
  return address;
}

std::vector<Prefix> networks_of(fuzz::Input& in) {
  std::vector<Prefix> networks;
  for (auto count = in.below(6); count > 0; --count) {
    const bool v4 = in.below(2) == 0;
    const auto network = v4 ? Prefix::containing(Ipv4Address{in.u32()}, in.below(33))
                            : Prefix::containing(address6(in), in.below(129));
    TUNNEL_CHECK(network);
    networks.push_back(*network);
  }
  return networks;
}

/// Without ranges and merging: the address in each of the networks.
bool named(const std::vector<Prefix>& networks, Ipv4Address source) {
  return std::any_of(networks.begin(), networks.end(), [source](const Prefix& network) {
    return network.family() == Family::Ipv4 &&
           Prefix::containing(source, network.length()) == network;
  });
}

bool named(const std::vector<Prefix>& networks, const Ipv6Address& source) {
  return std::any_of(networks.begin(), networks.end(), [&source](const Prefix& network) {
    return network.family() == Family::Ipv6 &&
           Prefix::containing(source, network.length()) == network;
  });
}

void check_ipv4(const SourceCheck& check, const std::vector<Prefix>& networks, Ipv4Address peer,
                Bytes packet) {
  const auto verdict = check.check(Family::Ipv4, packet);
  if (verdict == Verdict::Malformed) return;
  TUNNEL_CHECK(packet.size() >= 20 && packet[0] >> 4 == 4);
  const Ipv4Address source{*ByteReader{packet.subspan(12)}.u32()};
  const bool accepted = verdict == Verdict::Accept;
  TUNNEL_CHECK(accepted == (source == peer || named(networks, source)));
}

void check_ipv6(const SourceCheck& check, const std::vector<Prefix>& networks, Bytes packet) {
  const auto verdict = check.check(Family::Ipv6, packet);
  if (verdict == Verdict::Malformed) return;
  TUNNEL_CHECK(packet.size() >= 40 && packet[0] >> 4 == 6);
  Ipv6Address source;
  std::copy_n(packet.begin() + 8, source.bytes.size(), source.bytes.begin());
  // Some sources no network makes acceptable, so that this holds in one direction only.
  if (verdict == Verdict::Accept) TUNNEL_CHECK(named(networks, source));
  if (verdict == Verdict::Accept) TUNNEL_CHECK(source.bytes[0] != 0xff);
}

}  // namespace
}  // namespace tunnel::session

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace tunnel::session;
  tunnel::fuzz::Input in{{data, size}};
  const auto networks = networks_of(in);
  const tunnel::Ipv4Address peer{in.u32()};
  const auto packet = in.rest();
  const SourceCheck check{PeerAddresses{.ipv4 = peer}, networks};
  check_ipv4(check, networks, peer, packet);
  check_ipv6(check, networks, packet);
  return 0;
}
