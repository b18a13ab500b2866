#include "tunneld/supervisor/control_server.hpp"

#include "tunneld/base/text.hpp"
#include "tunneld/supervisor/control_client.hpp"

#include <sys/socket.h>

#include <algorithm>
#include <exception>
#include <utility>

namespace tunnel::supervisor {

namespace asio = boost::asio;
using boost::system::error_code;
using Stream = asio::local::stream_protocol;

namespace {

/// One sentence and no connection. A socket that was just made has room for it.
void turn_away(int socket, int code, std::string sentence) {
  const auto line = response_line(nullptr, RpcError{code, std::move(sentence)});
  static_cast<void>(::send(socket, line.data(), line.size(), MSG_NOSIGNAL | MSG_DONTWAIT));
}

}  // namespace

ControlServer::ControlServer(asio::io_context& loop, UniqueFd listening, ControlApi& api,
                             Access access, Clock clock, ControlLimits limits)
    : loop_{loop},
      api_{api},
      access_{std::move(access)},
      clock_{std::move(clock)},
      limits_{limits},
      turn_{loop} {
  open(std::move(listening), Power::Control);
}

void ControlServer::listen_for_readers(UniqueFd listening) {
  open(std::move(listening), Power::Read);
}

void ControlServer::open(UniqueFd listening, Power power) {
  doors_.emplace_back(loop_, std::move(listening),
                      [this, power](UniqueFd socket) { admit(std::move(socket), power); });
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

void ControlServer::admit(UniqueFd socket, Power most) {
  const auto peer = peer_credentials(socket.get());
  if (!peer) return;
  const auto power = std::min(power_of(access_, socket.get()), most);
  if (power < most) {
    const auto sentence = "this socket is for " + who_may(access_, most);
    api_.not_allowed(*peer, sentence);
    return turn_away(socket.get(), rpc_code::kNotAllowed, sentence);
  }
  if (const auto why = no_room(peer->uid, power); !why.empty()) {
    return turn_away(socket.get(), rpc_code::kRefused, why);
  }
  Stream::socket stream{loop_};
  error_code error;
  stream.assign(Stream{}, socket.get(), error);
  if (error) return;
  static_cast<void>(socket.release());
  const ClientId id{++last_id_};
  const auto client =
      std::make_shared<Client>(*this, id, Client::Owner{*peer, power}, std::move(stream));
  clients_.emplace(id, client);
  client->start();
}

std::string ControlServer::no_room(uid_t user, Power power) const {
  const auto count = [this](auto what) {
    return static_cast<std::size_t>(
        std::count_if(clients_.begin(), clients_.end(),
                      [&](const auto& entry) { return what(entry.second->owner()); }));
  };
  const auto full = [](std::size_t most, const char* whose) {
    return "tunneld has " + std::to_string(most) + " control connections" + whose +
           " already: close one";
  };
  if (clients_.size() >= limits_.clients) return full(limits_.clients, "");
  if (user != 0 &&
      count([&](const auto& owner) { return owner.peer.uid == user; }) >= limits_.of_one_user) {
    return full(limits_.of_one_user, " of your account");
  }
  if (power == Power::Read &&
      count([](const auto& owner) { return owner.power == Power::Read; }) >= limits_.readers) {
    return full(limits_.readers, " that read");
  }
  return {};
}

/// What needs no api: whether there is such a verb, for this client, with these parameters.
RpcResult ControlServer::answer(const RpcRequest& request, Client& client) {
  const auto* verb = api_.offers(request.method);
  const auto& owner = client.owner();
  if (verb == nullptr) {
    return RpcError{rpc_code::kMethodNotFound, "there is no method " + in_quotes(request.method)};
  }
  if (owner.power < verb->needs) {
    auto sentence = in_quotes(request.method) + " is for " + who_may(access_, verb->needs) +
                    "; this connection may only read";
    api_.not_allowed(owner.peer, sentence);
    return RpcError{rpc_code::kNotAllowed, std::move(sentence)};
  }
  if (auto mistake = mistake_in(*verb, request.params)) return std::move(*mistake);
  if (request.method == "subscribe") return client.subscribe(request.params);
  if (verb->needs == Power::Control) api_.commanded(owner.peer, request.method, request.params);
  return call(request, client.id());
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

void ControlServer::line_up(ClientId client) {
  line_.push_back(client);
  if (!turn_armed_) arm_turn();
}

void ControlServer::arm_turn() {
  turn_armed_ = true;
  turn_.expires_at(rest_until_);
  turn_.async_wait([this, alive = std::weak_ptr{alive_}](const error_code& error) {
    if (!alive.expired() && !error) give_turn();
  });
}

void ControlServer::give_turn() {
  const auto begun = clock_();
  const auto found = clients_.find(line_.front());
  line_.pop_front();
  if (found != clients_.end()) {
    const auto client = found->second;
    client->take_turn();
  }
  const auto ended = clock_();
  rest_until_ = ended + (ended - begun);
  turn_armed_ = false;
  if (!line_.empty()) arm_turn();
}

void ControlServer::forget(ClientId client) {
  clients_.erase(client);
  api_.client_gone(client);
}

}  // namespace tunnel::supervisor
