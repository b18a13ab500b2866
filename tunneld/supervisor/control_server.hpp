#pragma once

#include "tunneld/base/unique_fd.hpp"
#include "tunneld/base/unix_socket.hpp"
#include "tunneld/supervisor/json_rpc.hpp"
#include "tunneld/supervisor/traffic_selection.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/steady_timer.hpp>

#include <sys/types.h>

#include <array>
#include <chrono>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <span>
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
  /// Answers one request; rpc_code::kMethodNotFound and kInvalidParams are its to give. It may
  /// publish() and notify(). The method `subscribe` never comes here: the server answers it.
  virtual RpcResult call(std::string_view method, const boost::json::object& params,
                         ClientId client) = 0;

  /// After a client's last call, from the loop: never within call() or publish().
  virtual void client_gone(ClientId /*client*/) {}

 protected:
  ~ControlApi() = default;
};

/// Who may use the control socket, besides root.
struct Access {
  uid_t owner = 0;         // the daemon's own
  gid_t group = 0;         // the control group: as the first group, or among the others
  std::string group_name;  // for the sentence that strangers get
};

/// `groups` are the peer's supplementary ones (SO_PEERGROUPS).
bool permits(const Access& access, const PeerCredentials& peer, std::span<const gid_t> groups);

/// What a client may cost. A client that does not read its answers is not read from; one that
/// does not read what it subscribed to is cut off.
struct ControlLimits {
  std::size_t clients = 32;
  std::size_t message_bytes = std::size_t{64} << 10;  // a request, without its newline
  std::size_t queue_bytes = std::size_t{1} << 20;     // unread answers and notifications
  /// For the rest of a message that was begun, and for the next one of a client without a
  /// subscription.
  std::chrono::milliseconds silence{60'000};
};

/// What a notification is about; empty: about the daemon as a whole, or without types.
struct Subject {
  std::string_view topic;  // one of kTopics, and the notification's method
  std::string_view site{};
  std::string_view type{};
  const Traffic* traffic = nullptr;  // of a line of filter.log or nat.log: what it is about
};

inline constexpr std::array<std::string_view, 2> kTopics{"log", "state"};

/// The control socket: newline-delimited JSON-RPC 2.0. Messages of a client are answered in their
/// order; what is published is sent in the order of publication, and between the answers as it
/// happened, so that a client that subscribes first and then asks for the present state misses
/// nothing.
///
/// `subscribe {topics: ["log", "state"], site?, type?, rule?, address?, verdict?}` replaces the
/// client's subscription: it gets what is published under these topics and, where it names a site
/// or a type, about that one only. Traffic, of which there may be very much, is for those who name
/// its type, or select among it (TrafficSelection).
class ControlServer {
 public:
  /// `listening` is a Unix stream socket that listens. The api must outlive the server.
  ControlServer(boost::asio::io_context& loop, UniqueFd listening, ControlApi& api, Access access,
                ControlLimits limits = {});
  ControlServer(const ControlServer&) = delete;
  ControlServer& operator=(const ControlServer&) = delete;
  /// Closes every connection, without client_gone().
  ~ControlServer();

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

  void accept();
  void admit(boost::asio::local::stream_protocol::socket socket);
  RpcResult call(const RpcRequest& request, ClientId client);
  void forget(ClientId client);

  ControlApi& api_;
  Access access_;
  ControlLimits limits_;
  boost::asio::local::stream_protocol::acceptor acceptor_;
  boost::asio::steady_timer accept_pause_;
  // Shared with the handlers that are still on their way when a client or the server ends.
  std::map<ClientId, std::shared_ptr<Client>> clients_;
  std::shared_ptr<const bool> alive_ = std::make_shared<const bool>(true);
  std::uint64_t last_id_ = 0;
};

}  // namespace tunnel::supervisor
