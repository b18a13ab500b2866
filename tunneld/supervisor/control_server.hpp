#pragma once

#include "tunneld/base/time.hpp"
#include "tunneld/base/unique_fd.hpp"
#include "tunneld/base/unix_socket.hpp"
#include "tunneld/supervisor/acceptor.hpp"
#include "tunneld/supervisor/access.hpp"
#include "tunneld/supervisor/json_rpc.hpp"
#include "tunneld/supervisor/subscription.hpp"
#include "tunneld/supervisor/verbs.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/steady_timer.hpp>

#include <sys/types.h>

#include <chrono>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <list>
#include <map>
#include <memory>
#include <string>
#include <string_view>

namespace tunnel::supervisor {

/// One connection to the control socket; never used again for another.
struct ClientId {
  std::uint64_t value = 0;
  auto operator<=>(const ClientId&) const = default;
};

/// What the control socket offers.
class ControlApi {
 public:
  /// What it offers under this name; nullptr: nothing.
  virtual const Verb* offers(std::string_view method) const { return find_verb(method); }

  /// Answers one request: of a verb that it offers, with parameters of their types, from a client
  /// that may use it. It may publish() and notify(). The method `subscribe` never comes here: the
  /// server answers it.
  virtual RpcResult call(std::string_view method, const boost::json::object& params,
                         ClientId client) = 0;

  /// After a client's last call, from the loop: never within call() or publish().
  virtual void client_gone(ClientId /*client*/) {}

  /// A client was told `sentence`: it may not do what it asked for, or not be a client at all.
  virtual void not_allowed(const PeerCredentials& /*peer*/, std::string_view /*sentence*/) {}

  /// A client is about to be obeyed: a verb that needs Power::Control, before its call().
  virtual void commanded(const PeerCredentials& /*peer*/, std::string_view /*method*/,
                         const boost::json::object& /*params*/) {}

 protected:
  ~ControlApi() = default;
};

/// What a client may cost. A client that does not read its answers is not read from; one that
/// does not read what it subscribed to is cut off.
struct ControlLimits {
  std::size_t clients = 64;
  std::size_t readers = 32;                           // of them, those that may only read
  std::size_t of_one_user = 16;                       // but for root
  std::size_t message_bytes = std::size_t{64} << 10;  // a request, without its newline
  std::size_t queue_bytes = std::size_t{1} << 20;     // unread answers and notifications
  /// For the rest of a message that was begun, and for the next one of a client without a
  /// subscription.
  std::chrono::milliseconds silence{60'000};
};

/// The control socket: newline-delimited JSON-RPC 2.0. Messages of a client are answered in their
/// order; what is published is sent in the order of publication, and between the answers as it
/// happened, so that a client that subscribes first and then asks for the present state misses
/// nothing.
///
/// Clients take turns, one request each, and after a request that took a time the loop has as long
/// for everything else: however much is asked, and by however many, no client waits for all that
/// another one has asked, and links have half of the daemon's time.
///
/// `subscribe {topics: ["log", "state"], site?, type?, rule?, address?, verdict?}` replaces the
/// client's subscription: it gets what is published under these topics and, where it names a site
/// or a type, about that one only. Traffic, of which there may be very much, is for those who name
/// its type, or select among it (TrafficSelection).
class ControlServer {
 public:
  using Clock = std::function<TimePoint()>;

  /// `listening` is a Unix stream socket that listens, for those who may do everything. The api
  /// must outlive the server.
  ControlServer(boost::asio::io_context& loop, UniqueFd listening, ControlApi& api, Access access,
                Clock clock, ControlLimits limits = {});
  ControlServer(const ControlServer&) = delete;
  ControlServer& operator=(const ControlServer&) = delete;
  /// Closes every connection, without client_gone().
  ~ControlServer();

  /// A second socket. Who comes by it may read, and no more, whoever it is.
  void listen_for_readers(UniqueFd listening);

  /// Sends a notification to every client whose subscription takes in its subject.
  void publish(const Subject& subject, const boost::json::object& params);
  /// Whether publish() about this would reach anyone: spares building what nobody reads.
  bool anyone_hears(const Subject& subject) const;
  /// Whether anyone has subscribed to this topic, whatever about.
  bool has_subscriber(std::string_view topic) const;
  /// Whether a client reads fast enough for more that it can do without; false: it is gone.
  bool has_room(ClientId client) const;
  /// Sends a notification to one client, subscribed or not; nothing if it is gone.
  void notify(ClientId client, std::string_view method, const boost::json::object& params);

 private:
  class Client;

  void open(UniqueFd listening, Power power);
  void admit(UniqueFd socket, Power most);
  /// Why there is no room for another client of this user; empty: there is.
  std::string no_room(uid_t user, Power power) const;
  RpcResult answer(const RpcRequest& request, Client& client);
  RpcResult call(const RpcRequest& request, ClientId client);
  void line_up(ClientId client);
  void arm_turn();
  void give_turn();
  void forget(ClientId client);

  boost::asio::io_context& loop_;
  ControlApi& api_;
  Access access_;
  Clock clock_;
  ControlLimits limits_;
  std::list<Acceptor> doors_;
  // Shared with the handlers that are still on their way when a client or the server ends.
  std::map<ClientId, std::shared_ptr<Client>> clients_;
  std::shared_ptr<const bool> alive_ = std::make_shared<const bool>(true);
  std::uint64_t last_id_ = 0;
  std::deque<ClientId> line_;  // clients with a request, in the order of their turns
  boost::asio::steady_timer turn_;
  bool turn_armed_ = false;
  TimePoint rest_until_{};  // of control requests
};

}  // namespace tunnel::supervisor
