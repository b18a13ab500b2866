#include "pppd-bridge/ppp/control_packet.hpp"

namespace tunnel::ppp {

std::string_view code_name(Code code) noexcept {
  switch (code) {
    case Code::VendorSpecific:
      return "Vendor";
    case Code::ConfigureRequest:
      return "ConfigReq";
    case Code::ConfigureAck:
      return "ConfigAck";
    case Code::ConfigureNak:
      return "ConfigNak";
    case Code::ConfigureReject:
      return "ConfigRej";
    case Code::TerminateRequest:
      return "TerminateReq";
    case Code::TerminateAck:
      return "TerminateAck";
    case Code::CodeReject:
      return "CodeRej";
    case Code::ProtocolReject:
      return "ProtocolRej";
    case Code::EchoRequest:
      return "EchoRequest";
    case Code::EchoReply:
      return "EchoReply";
    case Code::DiscardRequest:
      return "DiscardReq";
    case Code::Identification:
      return "Ident";
    case Code::TimeRemaining:
      return "TimeRemain";
    case Code::ResetRequest:
      return "ResetReq";
    case Code::ResetAck:
      return "ResetAck";
  }
  return "UnknownCode";
}

}  // namespace tunnel::ppp
