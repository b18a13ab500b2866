#include "tunneld/supervisor/adoptions.hpp"

#include "tunneld/base/unix_socket.hpp"
#include "tunneld/supervisor/processes.hpp"

#include <chrono>
#include <utility>
#include <variant>

namespace tunnel::supervisor {

namespace {

using namespace std::chrono_literals;

/// A bridge answers at its next wakeup, even on a machine that has much to do. One that is stopped
/// (its socket takes the call all the same) does not.
constexpr auto kPatience = 3s;

}  // namespace

Adoptions::Adoptions(boost::asio::io_context& context, const BridgeSockets& sockets,
                     uid_t bridge_user, OnOffered on_offered, OnLost on_lost)
    : context_{context},
      sockets_{sockets},
      bridge_user_{bridge_user},
      on_offered_{std::move(on_offered)},
      on_lost_{std::move(on_lost)} {}

bool Adoptions::call(const SiteName& site) {
  auto socket = sockets_.call(site);
  if (!socket) return false;
  // Of the process that listens.
  const auto peer = peer_credentials(socket->get());
  if (!peer || peer->uid != bridge_user_) return false;
  auto handle = peer_process(socket->get(), peer->pid);
  auto channel = std::make_shared<BridgeChannel>(context_, std::move(*socket));
  auto patience = std::make_unique<boost::asio::steady_timer>(context_, kPatience);
  patience->async_wait([this, site](const boost::system::error_code& error) {
    if (!error) lose(site);
  });
  channel->listen(
      [this, site](ipc::FromBridge first, std::vector<UniqueFd> descriptors) {
        answered(site, first, std::move(descriptors));
      },
      [this, site](const std::string&) { lose(site); });
  called_.insert_or_assign(
      site, Called{std::move(channel), std::move(patience), peer->pid, std::move(handle)});
  return true;
}

void Adoptions::answered(const SiteName& site, const ipc::FromBridge& first,
                         std::vector<UniqueFd> descriptors) {
  const auto* adopt = std::get_if<ipc::Adopt>(&first);
  if (adopt == nullptr) return lose(site);
  auto found = called_.extract(site);
  if (found.empty()) return;  // given up, and still talking
  auto& called = found.mapped();
  on_offered_(site, Caller{std::move(called.channel), called.pid, std::move(called.handle)}, *adopt,
              std::move(descriptors));
}

void Adoptions::lose(const SiteName& site) {
  auto found = called_.extract(site);
  if (found.empty()) return;
  found.mapped().channel->close();
  kill_process(found.mapped().handle);
  on_lost_(site);
}

}  // namespace tunnel::supervisor
