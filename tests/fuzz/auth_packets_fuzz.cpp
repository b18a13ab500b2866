// The parsers of PAP and CHAP packets, and without_secrets(): of a packet that carries a secret,
// what may be shown is the same whatever the secret's octets are.

#include "pppd-bridge/ppp/auth_packets.hpp"
#include "pppd-bridge/ppp/control_packet.hpp"
#include "pppd-bridge/ppp/packet_text.hpp"
#include "tests/fuzz/input.hpp"
#include "tests/fuzz/target.hpp"
#include "tunneld/base/check.hpp"

#include <algorithm>
#include <optional>
#include <vector>

namespace tunnel::ppp {
namespace {

using Octets = std::vector<std::uint8_t>;

/// `secret` lies in `packet`.
void check_hidden(AuthProtocol protocol, const Octets& packet, Bytes secret) {
  const auto shown = without_secrets(protocol, packet);
  TUNNEL_CHECK(shown.size() == packet.size());
  if (secret.empty()) return;
  const auto hidden = Bytes{shown}.subspan(static_cast<std::size_t>(secret.data() - packet.data()));
  for (const auto octet : hidden.first(secret.size())) TUNNEL_CHECK(octet == '*');
}

/// The same packet with each octet of the secret another one looks the same. (Where the packet does
/// not parse, another one might, and shows more.)
void check_independent(AuthProtocol protocol, const Octets& packet, Bytes secret) {
  if (secret.empty()) return;
  auto other = packet;
  const auto at = static_cast<std::size_t>(secret.data() - packet.data());
  for (std::size_t i = at; i < at + secret.size(); ++i) other[i] ^= 0xff;
  TUNNEL_CHECK(without_secrets(protocol, other) == without_secrets(protocol, packet));
  const auto as = protocol == AuthProtocol::Pap ? Protocol::Pap : Protocol::Chap;
  TUNNEL_CHECK(describe_packet(as, other) == describe_packet(as, packet));
}

/// A packet that carries a secret: the secret, or everything where that cannot be told.
void check_secret(AuthProtocol protocol, const Octets& wire, const ControlPacket& packet) {
  const auto code = static_cast<std::uint8_t>(packet.code);
  std::optional<Bytes> secret;
  if (protocol == AuthProtocol::Pap) {
    if (PapCode{code} != PapCode::AuthenticateRequest) return;
    if (const auto request = parse_pap_request(packet.data)) secret = request->password;
  } else {
    if (ChapCode{code} != ChapCode::Response) return;
    if (const auto value = parse_chap_value(packet.data)) secret = value->value;
  }
  check_hidden(protocol, wire, secret.value_or(packet.data));
  if (secret) check_independent(protocol, wire, *secret);
}

void check_parsers(Bytes data) {
  if (const auto value = parse_chap_value(data)) {
    TUNNEL_CHECK(!value->value.empty() && value->name.size() <= kMaxAuthName);
    const auto again = write_chap_value(value->value, value->name);
    TUNNEL_CHECK(std::equal(again.begin(), again.end(), data.begin(), data.end()));
  }
  if (const auto request = parse_pap_request(data)) {
    const auto again = write_pap_request(request->peer_id, request->password);
    TUNNEL_CHECK(again.size() <= data.size());
    TUNNEL_CHECK(std::equal(again.begin(), again.end(), data.begin()));
  }
  if (const auto message = parse_pap_message(data)) TUNNEL_CHECK(message->size() <= data.size());
}

}  // namespace
}  // namespace tunnel::ppp

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace tunnel::ppp;
  tunnel::fuzz::Input in{{data, size}};
  const auto protocol = in.below(2) == 0 ? AuthProtocol::Pap : AuthProtocol::Chap;
  const auto rest = in.rest();
  const Octets wire{rest.begin(), rest.end()};
  check_parsers(wire);
  const auto packet = parse_control_packet(wire);
  if (!packet) {
    const auto header = std::min(wire.size(), kControlHeader);
    check_hidden(protocol, wire, tunnel::Bytes{wire}.subspan(header));
    return 0;
  }
  check_parsers(packet->data);
  check_secret(protocol, wire, *packet);
  check_hidden(protocol, wire, tunnel::Bytes{wire}.subspan(packet->wire.size()));
  return 0;
}
