#include "pppd-bridge/ppp/packet_text.hpp"

#include "pppd-bridge/ppp/auth_packets.hpp"
#include "pppd-bridge/ppp/ccp.hpp"
#include "pppd-bridge/ppp/ipcp.hpp"
#include "pppd-bridge/ppp/ipv6cp.hpp"
#include "pppd-bridge/ppp/lcp_options.hpp"
#include "tunneld/base/escape.hpp"

namespace tunnel::ppp {

namespace {

std::string describe_pap(const ControlPacket& packet) {
  switch (PapCode{static_cast<std::uint8_t>(packet.code)}) {
    case PapCode::AuthenticateRequest: {
      const auto request = parse_pap_request(packet.data);
      return "AuthReq" + (request ? " \"" + escape_text(request->peer_id) + "\"" : std::string{});
    }
    case PapCode::AuthenticateAck:
    case PapCode::AuthenticateNak: {
      const bool ack = PapCode{static_cast<std::uint8_t>(packet.code)} == PapCode::AuthenticateAck;
      const auto message = parse_pap_message(packet.data);
      return std::string{ack ? "AuthAck" : "AuthNak"} +
             (message ? " \"" + escape_text(*message) + "\"" : std::string{});
    }
  }
  return "UnknownCode";
}

std::string describe_chap(const ControlPacket& packet) {
  const ChapCode code{static_cast<std::uint8_t>(packet.code)};
  switch (code) {
    case ChapCode::Challenge:
    case ChapCode::Response: {
      const auto value = parse_chap_value(packet.data);
      return std::string{code == ChapCode::Challenge ? "Challenge" : "Response"} +
             (value ? " from \"" + escape_text(value->name) + "\"" : std::string{});
    }
    case ChapCode::Success:
      return "Success";  // MS-CHAPv2's proof of the authenticator stands in it
    case ChapCode::Failure:
      return "Failure \"" + escape_text(packet.data) + "\"";
  }
  return "UnknownCode";
}

std::string describe_control(Protocol protocol, const ControlPacket& packet) {
  std::string text{code_name(packet.code)};
  text += "(" + std::to_string(packet.id) + ")";
  switch (packet.code) {
    case Code::ConfigureRequest:
    case Code::ConfigureAck:
    case Code::ConfigureNak:
    case Code::ConfigureReject: {
      OptionReader in{packet.data};
      while (const auto option = in.next()) text += describe_option(protocol, *option);
      return text;
    }
    case Code::TerminateRequest:
    case Code::TerminateAck:
      return packet.data.empty() ? text : text + " \"" + escape_text(packet.data) + "\"";
    case Code::ProtocolReject: {
      const auto rejected = ByteReader{packet.data}.u16();
      return rejected ? text + " " + protocol_name(Protocol{*rejected}) : text;
    }
    case Code::CodeReject: {
      const auto rejected = ByteReader{packet.data}.u8();
      return rejected ? text + " " + std::string{code_name(Code{*rejected})} : text;
    }
    case Code::VendorSpecific:
    case Code::EchoRequest:
    case Code::EchoReply:
    case Code::DiscardRequest:
    case Code::Identification:
    case Code::TimeRemaining:
    case Code::ResetRequest:
    case Code::ResetAck:
      return text;
  }
  return text + " code " + std::to_string(static_cast<unsigned>(packet.code));
}

}  // namespace

std::string describe_option(Protocol protocol, const RawOption& option) {
  if (protocol == Protocol::Lcp) return describe_lcp_option(option);
  if (protocol == Protocol::Ipcp) return describe_ipcp_option(option);
  if (protocol == Protocol::Ipv6cp) return describe_ipv6cp_option(option);
  if (protocol == Protocol::Ccp) return describe_ccp_option(option);
  return describe_option_data({}, option);
}

std::string describe_packet(Protocol protocol, Bytes packet) {
  const auto parsed = parse_control_packet(packet);
  const auto name = protocol_name(protocol) + " ";
  if (!parsed) return name + "(shorter than its Length)";
  if (protocol == Protocol::Pap) return name + describe_pap(*parsed);
  if (protocol == Protocol::Chap) return name + describe_chap(*parsed);
  return name + describe_control(protocol, *parsed);
}

}  // namespace tunnel::ppp
