#include "tunneld/supervisor/bridge_listener.hpp"

#include "tunneld/base/unix_socket.hpp"
#include "tunneld/supervisor/processes.hpp"

#include <chrono>
#include <utility>

namespace tunnel::supervisor {

namespace {

using namespace std::chrono_literals;

constexpr auto kFirstMessage = 5s;
constexpr std::size_t kMostWaiting = 256;

}  // namespace

BridgeListener::BridgeListener(boost::asio::io_context& context, UniqueFd listening,
                               uid_t bridge_user, OnCaller on_caller)
    : context_{context},
      bridge_user_{bridge_user},
      on_caller_{std::move(on_caller)},
      acceptor_{context, std::move(listening),
                [this](UniqueFd socket) { admit(std::move(socket)); }} {}

void BridgeListener::admit(UniqueFd socket) {
  const auto peer = peer_credentials(socket.get());
  if (!peer || peer->uid != bridge_user_ || waiting_.size() >= kMostWaiting) return;
  // Now, and not when it has something to say: it could have gone by then, and be another.
  auto handle = peer_process(socket.get(), peer->pid);
  auto channel = std::make_shared<BridgeChannel>(context_, std::move(socket));
  auto patience = std::make_unique<boost::asio::steady_timer>(context_, kFirstMessage);
  auto* key = channel.get();
  patience->async_wait([this, key](const boost::system::error_code& error) {
    if (!error) forget(key);
  });
  const auto pid = peer->pid;
  channel->listen(
      [this, key, pid](ipc::FromBridge message, std::vector<UniqueFd> descriptors) {
        const auto found = waiting_.find(key);
        if (found == waiting_.end()) return;  // refused, and still talking
        Caller caller{found->second.channel, pid, std::move(found->second.handle)};
        waiting_.erase(found);
        on_caller_(std::move(caller), std::move(message), std::move(descriptors));
      },
      [this, key](const std::string&) { forget(key); });
  waiting_.emplace(key, Waiting{std::move(channel), std::move(patience), std::move(handle)});
}

void BridgeListener::forget(BridgeChannel* channel) {
  const auto found = waiting_.find(channel);
  if (found == waiting_.end()) return;
  const auto keep = found->second.channel;  // it may be the caller of this
  waiting_.erase(found);
  keep->close();
}

}  // namespace tunnel::supervisor
