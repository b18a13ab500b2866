// LCP's packets beyond negotiation: echoes, rejects and RFC 1570's texts.

#include "pppd-bridge/ppp/lcp.hpp"
#include "tunneld/base/check.hpp"
#include "tunneld/base/escape.hpp"

#include <algorithm>
#include <string_view>
#include <utility>

namespace tunnel::ppp {

bool Lcp::receive_other(const ControlPacket& packet, TimePoint now) {
  switch (packet.code) {
    case Code::ProtocolReject:
      receive_protocol_reject(packet, now);
      return true;
    case Code::EchoRequest:
      receive_echo_request(packet, now);
      return true;
    case Code::EchoReply:
      receive_echo_reply(packet, now);
      return true;
    case Code::DiscardRequest:
      return true;  // of RXR's three packets only Echo-Request has a reply
    case Code::Identification:
      receive_identification(packet, now);
      return true;
    case Code::TimeRemaining:
      receive_time_remaining(packet);
      return true;
    case Code::VendorSpecific:
      return receive_vendor_specific(packet);
    case Code::ConfigureRequest:
    case Code::ConfigureAck:
    case Code::ConfigureNak:
    case Code::ConfigureReject:
    case Code::TerminateRequest:
    case Code::TerminateAck:
    case Code::CodeReject:
    case Code::ResetRequest:
    case Code::ResetAck:
      break;
  }
  return false;
}

std::uint8_t Lcp::send_echo_request() {
  TUNNEL_DCHECK(opened());
  ByteWriter data;
  data.u32(local_.magic);
  return send_other(Code::EchoRequest, data.view());
}

std::optional<EchoReply> Lcp::take_echo_reply() noexcept {
  return std::exchange(echo_reply_, std::nullopt);
}

bool Lcp::take_echo_request() noexcept {
  return std::exchange(echo_requested_, false);
}

std::optional<Protocol> Lcp::take_rejected_protocol() noexcept {
  return std::exchange(rejected_protocol_, std::nullopt);
}

/// RFC 1661 §5.8. The data behind the magic number goes back whole, as far as the peer's MRU lets.
void Lcp::receive_echo_request(const ControlPacket& packet, TimePoint now) {
  ByteReader in{packet.data};
  const auto magic = in.u32();
  if (!magic) return count_malformed("an Echo-Request without a Magic-Number");
  if (!opened()) return;
  if (*magic != 0 && *magic == local_.magic) return fail_looped_back();
  if (!within(echoes_, now)) return;
  echo_requested_ = true;
  ByteWriter reply;
  reply.u32(local_.magic);
  reply.bytes(in.rest());
  handle(Event::Rxr, {.id = packet.id, .answer = reply.view()}, now);
}

/// Some peers leave the data out of their replies: the identifier says which request is meant.
void Lcp::receive_echo_reply(const ControlPacket& packet, TimePoint now) {
  const auto magic = ByteReader{packet.data}.u32();
  if (!magic) return count_malformed("an Echo-Reply without a Magic-Number");
  if (!opened()) return;
  if (*magic != 0 && *magic == local_.magic) return fail_looped_back();
  echo_reply_ = EchoReply{packet.id, now};
}

void Lcp::reject_protocol(Protocol protocol, Bytes packet, TimePoint now) {
  if (!opened() || !within(protocol_rejects_, now)) return;
  log().packet(layer(), [&] {
    return "peer sent protocol " + protocol_name(protocol) + ", which is rejected";
  });
  ByteWriter data;
  data.u16(static_cast<std::uint16_t>(protocol));
  data.bytes(packet.first(std::min(packet.size(), transmit_limit())));
  send_other(Code::ProtocolReject, data.view());
}

/// RFC 1661 §5.7: only the Opened state takes any.
void Lcp::receive_protocol_reject(const ControlPacket& packet, TimePoint now) {
  const auto number = ByteReader{packet.data}.u16();
  if (!number) return count_malformed("a Protocol-Reject without a protocol");
  if (!opened()) return;
  const Protocol rejected{*number};
  log().packet(layer(), [&] {
    return "RecvProtocolRej(" + std::to_string(packet.id) + ") protocol " + protocol_name(rejected);
  });
  if (rejected == Protocol::Lcp) return protocol_rejected(now);
  rejected_protocol_ = rejected;
  handle(Event::RxjPermitted, {}, now);
}

/// RFC 1570 §1.1: after the magic number, text for people, in any state.
void Lcp::receive_identification(const ControlPacket& packet, TimePoint now) {
  ByteReader in{packet.data};
  if (!in.u32()) return count_malformed("an Identification without a Magic-Number");
  if (!within(texts_, now)) return;
  peer_ident_ = escape_text(in.rest());
  log().packet(layer(), [&] { return "RecvIdent: " + peer_ident_; });
}

/// RFC 1570 §1.2: the peer will hang up; we are told, and there is nothing to do about it.
void Lcp::receive_time_remaining(const ControlPacket& packet) {
  ByteReader in{packet.data};
  const auto magic = in.u32();
  const auto seconds = in.u32();
  if (!magic || !seconds) return count_malformed("a Time-Remaining shorter than its fields");
  log().packet(layer(), [&] {
    return "RecvTimeRemain: " + std::to_string(*seconds) + " s " + escape_text(in.rest());
  });
}

/// RFC 2153 §2.1: after the magic number, whose packet it is and of what Kind. None of ours has a
/// meaning yet beyond the option's; of others', we know none, and say so by a Code-Reject.
bool Lcp::receive_vendor_specific(const ControlPacket& packet) {
  ByteReader in{packet.data};
  const auto magic = in.u32();
  const auto oui = in.take(kOui.size());
  if (!magic || !oui || !in.u8()) {
    count_malformed("a Vendor-Specific packet shorter than its fields");
    return true;
  }
  return std::equal(oui->begin(), oui->end(), kOui.begin());
}

void Lcp::send_identification() {
  constexpr std::size_t kHeader = 8;  // code, identifier, length and magic number
  // A peer of a small MRU has no room for all of it.
  const auto ident = std::string_view{wishes_.ident}.substr(0, remote_.mru - kHeader);
  if (ident.empty()) return;
  ByteWriter data;
  data.u32(local_.magic);
  data.bytes(to_bytes(ident));
  log().packet(layer(), [&] { return "SendIdent: " + escape_text(ident); });
  send_other(Code::Identification, data.view());
}

}  // namespace tunnel::ppp
