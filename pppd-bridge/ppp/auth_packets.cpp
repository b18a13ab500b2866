#include "pppd-bridge/ppp/auth_packets.hpp"

#include "pppd-bridge/ppp/control_packet.hpp"

#include <algorithm>

namespace tunnel::ppp {

namespace {

/// Where in a packet something lies.
struct Span {
  std::size_t offset = 0;
  std::size_t size = 0;
};

Span secret_of_pap(const ControlPacket& packet) {
  if (PapCode{static_cast<std::uint8_t>(packet.code)} != PapCode::AuthenticateRequest) return {};
  const auto request = parse_pap_request(packet.data);
  // The password's own length is a part of the secret, but also of the packet's form.
  if (!request) return {kControlHeader, packet.wire.size() - kControlHeader};
  return {kControlHeader + 2 + request->peer_id.size(), request->password.size()};
}

Span secret_of_chap(const ControlPacket& packet) {
  if (ChapCode{static_cast<std::uint8_t>(packet.code)} != ChapCode::Response) return {};
  const auto response = parse_chap_value(packet.data);
  if (!response) return {kControlHeader, packet.wire.size() - kControlHeader};
  return {kControlHeader + 1, response->value.size()};
}

/// Whose packets carry secrets; nullopt: not this one's.
std::optional<AuthProtocol> secretive(Protocol protocol) {
  if (protocol == Protocol::Pap) return AuthProtocol::Pap;
  if (protocol == Protocol::Chap) return AuthProtocol::Chap;
  return std::nullopt;
}

/// The protocol of the packet that a Protocol-Reject of LCP quotes; nullopt: it is none.
std::optional<Protocol> quoted_protocol(Bytes packet) {
  ByteReader in{packet};
  const auto code = in.u8();
  if (!code || Code{*code} != Code::ProtocolReject || !in.take(kControlHeader - 1)) {
    return std::nullopt;
  }
  const auto rejected = in.u16();
  return rejected ? std::optional{Protocol{*rejected}} : std::nullopt;
}

}  // namespace

std::vector<std::uint8_t> write_chap_value(Bytes value, Bytes name) {
  ByteWriter out;
  out.u8(static_cast<std::uint8_t>(value.size()));
  out.bytes(value);
  out.bytes(name);
  return std::move(out).finish();
}

std::vector<std::uint8_t> write_pap_request(Bytes peer_id, Bytes password) {
  ByteWriter out;
  out.u8(static_cast<std::uint8_t>(peer_id.size()));
  out.bytes(peer_id);
  out.u8(static_cast<std::uint8_t>(password.size()));
  out.bytes(password);
  return std::move(out).finish();
}

std::vector<std::uint8_t> without_secrets(AuthProtocol protocol, Bytes packet) {
  std::vector<std::uint8_t> shown{packet.begin(), packet.end()};
  const auto parsed = parse_control_packet(packet);
  Span hidden{std::min(kControlHeader, packet.size()),
              packet.size() - std::min(kControlHeader, packet.size())};
  if (parsed) {
    hidden = protocol == AuthProtocol::Pap ? secret_of_pap(*parsed) : secret_of_chap(*parsed);
    // Padding behind the Length field may be anything.
    std::fill(shown.begin() + static_cast<std::ptrdiff_t>(parsed->wire.size()), shown.end(), '*');
  }
  const auto from = shown.begin() + static_cast<std::ptrdiff_t>(hidden.offset);
  std::fill(from, from + static_cast<std::ptrdiff_t>(hidden.size), '*');
  return shown;
}

std::vector<std::uint8_t> without_secrets(Protocol protocol, Bytes packet) {
  if (const auto own = secretive(protocol)) return without_secrets(*own, packet);
  const auto rejected = protocol == Protocol::Lcp ? quoted_protocol(packet) : std::nullopt;
  const auto quoted = rejected ? secretive(*rejected) : std::nullopt;
  if (!quoted) return {packet.begin(), packet.end()};
  constexpr std::size_t kBefore = kControlHeader + 2;
  std::vector<std::uint8_t> shown{packet.begin(), packet.begin() + kBefore};
  const auto hidden = without_secrets(*quoted, packet.subspan(kBefore));
  shown.insert(shown.end(), hidden.begin(), hidden.end());
  return shown;
}

}  // namespace tunnel::ppp
