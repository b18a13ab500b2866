#include "tunneld/supervisor/dismissal.hpp"

#include "tunneld/supervisor/processes.hpp"

#include <chrono>
#include <utility>

namespace tunnel::supervisor {

namespace {

using namespace std::chrono_literals;

/// Longer than a peer that is there takes to answer a Terminate-Request.
constexpr auto kPatience = 5s;

}  // namespace

void Dismissals::dismiss(BridgeChannel& channel, UniqueFd handle, const std::string& reason) {
  channel.send(ipc::Shutdown{reason});
  channel.close();
  auto patience = std::make_unique<boost::asio::steady_timer>(context_, kPatience);
  const auto dismissed =
      dismissed_.insert(dismissed_.end(), {std::move(handle), std::move(patience)});
  dismissed->patience->async_wait([this, dismissed](const boost::system::error_code& error) {
    if (error) return;
    kill_process(dismissed->handle);
    dismissed_.erase(dismissed);
  });
}

void Dismissals::kill_all() {
  for (const auto& each : dismissed_) kill_process(each.handle);
  dismissed_.clear();
}

}  // namespace tunnel::supervisor
