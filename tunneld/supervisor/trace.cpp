// `trace`: frames of a site's bridge, for those who ask on the control socket.

#include "tunneld/base/hex.hpp"
#include "tunneld/supervisor/daemon.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace tunnel::supervisor {

namespace {

namespace json = boost::json;

constexpr std::int64_t kLeastOctets = 16;
constexpr std::int64_t kMostOctets = ipc::kMaxOctets;

/// The frame for one who wants less of it.
json::object frame_for(const ipc::Trace& wanted, const SiteName& site,
                       const ipc::TracedFrame& frame) {
  auto octets = frame.octets;
  octets.resize(std::min<std::size_t>(octets.size(), wanted.octets));
  return {{"site", site.str()},
          {"direction", frame.direction == ipc::Direction::Sent ? "sent" : "received"},
          {"microseconds", frame.microseconds},
          {"length", frame.length},
          {"octets", to_hex(octets)}};
}

/// What a frame is, from its uncompressed header: ff 03 and the protocol.
ipc::TraceScope scope_of(const ipc::TracedFrame& frame) {
  const bool control = frame.octets.size() > 2 && frame.octets[2] >= 0x80;
  return control ? ipc::TraceScope::Control : ipc::TraceScope::All;
}

}  // namespace

RpcResult Daemon::trace(const json::object& params, ClientId client) {
  const auto found = site_from(params);
  if (const auto* error = std::get_if<RpcError>(&found)) return *error;
  const auto& name = std::get<Site*>(found)->profile().name;
  Tracer tracer{client, name, {ipc::TraceScope::Control, kMostOctets}};
  if (const auto* all = params.if_contains("all"); all != nullptr && all->is_bool()) {
    if (all->get_bool()) tracer.wanted.scope = ipc::TraceScope::All;
  }
  if (const auto* octets = params.if_contains("octets"); octets != nullptr) {
    const auto number = octets->is_int64() ? octets->get_int64() : 0;
    if (number < kLeastOctets || number > kMostOctets) {
      return RpcError{rpc_code::kInvalidParams,
                      fmt::format("\"octets\" must be {} to {}", kLeastOctets, kMostOctets),
                      {}};
    }
    tracer.wanted.octets = static_cast<std::uint16_t>(number);
  }
  client_gone(client);  // from the site that it traced before
  tracers_.push_back(tracer);
  renew_trace(name);
  const auto state = std::get<Site*>(found)->machine().state();
  const bool idle = state == State::Down || state == State::Waiting || state == State::Listening;
  return json::value(json::object{
      {"message", idle ? fmt::format("{} is {}; recording begins with its next attempt", name.str(),
                                     supervisor::name(state))
                       : fmt::format("{}: traced", name.str())},
      {"idle", idle}});
}

void Daemon::renew_trace(const SiteName& name) {
  ipc::Trace together;
  for (const auto& tracer : tracers_) {
    if (tracer.site != name) continue;
    together.scope = std::max(together.scope, tracer.wanted.scope);
    together.octets = std::max(together.octets, tracer.wanted.octets);
  }
  if (auto* site = find(name); site != nullptr) site->trace(together);
}

void Daemon::client_gone(ClientId client) {
  std::vector<SiteName> left;
  for (const auto& tracer : tracers_) {
    if (tracer.client == client) left.push_back(tracer.site);
  }
  std::erase_if(tracers_, [client](const Tracer& tracer) { return tracer.client == client; });
  for (const auto& name : left) renew_trace(name);
}

void Daemon::traced(const SiteName& name, const ipc::TracedFrame& frame) {
  for (auto& tracer : tracers_) {
    if (tracer.site != name || scope_of(frame) > tracer.wanted.scope) continue;
    tracer.lost += frame.lost;
    if (!control_->has_room(tracer.client)) {
      ++tracer.lost;
      continue;
    }
    auto params = frame_for(tracer.wanted, name, frame);
    params["lost"] = std::exchange(tracer.lost, 0);
    control_->notify(tracer.client, "trace", params);
  }
}

}  // namespace tunnel::supervisor
