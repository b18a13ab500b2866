#include "tunneld/supervisor/control_server.hpp"

#include "tunneld/base/check.hpp"
#include "tunneld/supervisor/control_client.hpp"

#include <boost/asio/error.hpp>

#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <exception>
#include <utility>
#include <vector>

namespace tunnel::supervisor {

namespace asio = boost::asio;
using boost::system::error_code;
using Stream = asio::local::stream_protocol;

namespace {

/// How long to leave new connections waiting when there is no descriptor for one.
constexpr std::chrono::seconds kAcceptPause{1};

Result<std::vector<gid_t>> peer_groups(int socket) {
  std::vector<gid_t> groups(64);
  for (int attempt = 0; attempt < 2; ++attempt) {
    auto bytes = static_cast<socklen_t>(groups.size() * sizeof(gid_t));
    const int status = ::getsockopt(socket, SOL_SOCKET, SO_PEERGROUPS, groups.data(), &bytes);
    const bool too_small = status < 0 && errno == ERANGE;
    if (status < 0 && !too_small) break;
    groups.resize(bytes / sizeof(gid_t));  // on ERANGE: as many as there are
    if (!too_small) return groups;
  }
  return errno_error("read the groups of a socket's peer");
}

bool may_connect(const Access& access, int socket) {
  const auto peer = peer_credentials(socket);
  if (!peer) return false;
  const auto groups = peer_groups(socket);
  return permits(access, *peer, groups ? *groups : std::vector<gid_t>{});
}

/// One sentence and no connection. A socket that was just made has room for it.
void turn_away(int socket, std::string sentence) {
  const auto line = response_line(nullptr, RpcError{rpc_code::kRefused, std::move(sentence)});
  static_cast<void>(::send(socket, line.data(), line.size(), MSG_NOSIGNAL | MSG_DONTWAIT));
}

}  // namespace

bool permits(const Access& access, const PeerCredentials& peer, std::span<const gid_t> groups) {
  return peer.uid == 0 || peer.uid == access.owner || peer.gid == access.group ||
         std::find(groups.begin(), groups.end(), access.group) != groups.end();
}

ControlServer::ControlServer(asio::io_context& loop, UniqueFd listening, ControlApi& api,
                             Access access, ControlLimits limits)
    : api_{api}, access_{std::move(access)}, limits_{limits}, acceptor_{loop}, accept_pause_{loop} {
  error_code error;
  acceptor_.assign(Stream{}, listening.release(), error);
  TUNNEL_CHECK(!error);
  accept();
}

ControlServer::~ControlServer() {
  for (const auto& [id, client] : clients_) client->abandon();
}

void ControlServer::publish(const Subject& subject, const boost::json::object& params) {
  std::string line;
  for (const auto& [id, client] : clients_) {
    if (!client->hears(subject)) continue;
    if (line.empty()) line = notification_line(subject.topic, params);
    client->send(line);
  }
}

bool ControlServer::anyone_hears(const Subject& subject) const {
  return std::any_of(clients_.begin(), clients_.end(),
                     [&](const auto& entry) { return entry.second->hears(subject); });
}

bool ControlServer::has_subscriber(std::string_view topic) const {
  return std::any_of(clients_.begin(), clients_.end(),
                     [&](const auto& entry) { return entry.second->subscribed(topic); });
}

bool ControlServer::has_room(ClientId client) const {
  const auto found = clients_.find(client);
  return found != clients_.end() && found->second->queued() < limits_.queue_bytes / 2;
}

void ControlServer::notify(ClientId client, std::string_view method,
                           const boost::json::object& params) {
  const auto found = clients_.find(client);
  if (found != clients_.end()) found->second->send(notification_line(method, params));
}

void ControlServer::accept() {
  acceptor_.async_accept(
      [this, alive = std::weak_ptr{alive_}](const error_code& error, Stream::socket socket) {
        if (alive.expired() || error == asio::error::operation_aborted) return;
        if (!error) {
          admit(std::move(socket));
          return accept();
        }
        accept_pause_.expires_after(kAcceptPause);
        accept_pause_.async_wait([this, alive](const error_code& cancelled) {
          if (!alive.expired() && !cancelled) accept();
        });
      });
}

void ControlServer::admit(Stream::socket socket) {
  if (!may_connect(access_, socket.native_handle())) {
    return turn_away(socket.native_handle(), "only root and members of the group \"" +
                                                 access_.group_name + "\" may control tunneld");
  }
  if (clients_.size() >= limits_.clients) {
    return turn_away(socket.native_handle(), "tunneld has " + std::to_string(limits_.clients) +
                                                 " control connections already: close one");
  }
  const ClientId id{++last_id_};
  const auto client = std::make_shared<Client>(*this, id, std::move(socket));
  clients_.emplace(id, client);
  client->start();
}

RpcResult ControlServer::call(const RpcRequest& request, ClientId client) {
  // Boost.JSON's accessors throw at what a client may have sent; no request ends the daemon.
  try {
    return api_.call(request.method, request.params, client);
  } catch (const std::exception& problem) {
    return RpcError{rpc_code::kInternalError,
                    "the request \"" + request.method + "\" failed: " + problem.what()};
  }
}

void ControlServer::forget(ClientId client) {
  clients_.erase(client);
  api_.client_gone(client);
}

}  // namespace tunnel::supervisor
