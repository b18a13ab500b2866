#include "filter/ipmon/session_lines.hpp"

#include "filter/model/protocols.hpp"
#include "filter/packet/protocol_word.hpp"

#include <fmt/format.h>

#include <optional>

namespace tunnel::filter::ipmon {

namespace {

using flows::FlowEvent;
using flows::Session;
using flows::SessionEvent;

const char* word(SessionEvent::Kind kind) {
  switch (kind) {
    case SessionEvent::Kind::New:
      return "NEW";
    case SessionEvent::Kind::Expired:
      return "EXPIRE";
    case SessionEvent::Kind::Destroyed:
      return "DESTROY";
  }
  return "NEW";
}

const char* word(NatRule::Kind kind) {
  switch (kind) {
    case NatRule::Kind::Map:
      return "MAP";
    case NatRule::Kind::MapBlock:
      return "MAPBLOCK";
    case NatRule::Kind::Rdr:
      return "RDR";
    case NatRule::Kind::Bimap:
      return "BIMAP";
  }
  return "MAP";
}

bool has_closed(const flows::Flow& flow) {
  return flow.tcp_state &&
         (*flow.tcp_state == flows::TcpState::TimeWait ||
          *flow.tcp_state == flows::TcpState::Close || *flow.tcp_state == flows::TcpState::LastAck);
}

const char* word(const FlowEvent& event) {
  switch (event.kind) {
    case FlowEvent::Kind::New:
    case FlowEvent::Kind::Changed:
      return "NEW";
    case FlowEvent::Kind::Ended:
      return has_closed(event.flow) ? "CLOSE" : "EXPIRE";
    case FlowEvent::Kind::Deleted:
      return "FLUSH";
  }
  return "NEW";
}

std::string counters_text(const char* name, const flows::Counters& counters) {
  return fmt::format(" {}: Pkts in {} Bytes in {} Pkts out {} Bytes out {}", name, counters.packets,
                     counters.bytes, counters.packets, counters.bytes);
}

}  // namespace

std::string event_word(const SessionEvent& event) {
  return fmt::format("{}-{}", word(event.kind), word(event.session.kind));
}

std::string line_of(const SessionEvent& event, WallTime now) {
  const Session& session = event.session;
  const auto end = [&](const HostAddress& host, std::uint16_t port) {
    return end_text(host, has_ports(session.protocol) ? std::optional{port} : std::nullopt);
  };
  auto line =
      fmt::format("{} @{} NAT:{} {} <- -> {} [{}] {}", time_text(event.time.value_or(now)),
                  session.rule, event_word(event), end(session.inside, session.inside_port),
                  end(session.outside, session.outside_port), end(session.peer, session.peer_port),
                  packet::protocol_word(session.protocol));
  if (event.kind != SessionEvent::Kind::New && event.forward && event.backward) {
    line += fmt::format(" Pkts {}/{} Bytes {}/{}", event.forward->packets, event.backward->packets,
                        event.forward->bytes, event.backward->bytes);
  }
  return line;
}

std::string event_word(const FlowEvent& event) {
  return word(event);
}

std::string state_line_of(const FlowEvent& event, WallTime now) {
  const auto& flow = event.flow;
  const bool is_new = event.kind == FlowEvent::Kind::New;
  const auto end = [&](const HostAddress& host, std::uint16_t port) {
    return end_text(host, has_ports(flow.protocol) ? std::optional{port} : std::nullopt);
  };
  auto line = fmt::format("{} STATE:{} {} -> {} PR {}",
                          time_text((is_new ? flow.start : flow.stop).value_or(now)), word(event),
                          end(flow.original.source, flow.original.source_port),
                          end(flow.original.destination, flow.original.destination_port),
                          packet::protocol_word(flow.protocol));
  if (is_new || !flow.forward || !flow.backward) return line;
  return line + counters_text("Forward", *flow.forward) + counters_text("Backward", *flow.backward);
}

}  // namespace tunnel::filter::ipmon
