// What a bridge gets from tunneld before its session begins.

#include "pppd-bridge/session/supervised.hpp"

#include <sys/socket.h>

#include <utility>

namespace tunnel::session {

namespace {

/// Calls of tunnelds that wait: one is enough, and a few that came and died.
constexpr int kBacklog = 8;

}  // namespace

Result<FromSupervisor> wait_for_settings(Supervised& supervised,
                                         std::chrono::milliseconds patience) {
  while (true) {
    auto first = supervised.channel.wait(patience);
    if (!first) return first;
    const auto* trace = std::get_if<ipc::Trace>(&first->message);
    if (trace == nullptr) return first;
    supervised.trace = *trace;
  }
}

Result<std::vector<UniqueFd>> take_over(Supervised& supervised, const SiteName& site,
                                        FromSupervisor handed) {
  auto* settings = std::get_if<ipc::Settings>(&handed.message);
  auto& descriptors = handed.descriptors;
  if (settings == nullptr || descriptors.size() < 2 || settings->version != ipc::kVersion ||
      settings->site != site) {
    return make_error(std::errc::protocol_error,
                      "tunneld did not hand over the site's settings and device");
  }
  supervised.settings = std::move(*settings);
  supervised.tun = std::move(descriptors[0]);
  supervised.listening = std::move(descriptors[1]);
  // By the bridge itself: who calls learns by it with whom he speaks (SO_PEERCRED).
  if (::listen(supervised.listening.get(), kBacklog) < 0) return errno_error("listen for tunneld");
  descriptors.erase(descriptors.begin(), descriptors.begin() + 2);
  return std::move(descriptors);
}

}  // namespace tunnel::session
