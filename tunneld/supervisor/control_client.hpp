#pragma once

#include "tunneld/supervisor/control_server.hpp"
#include "tunneld/supervisor/subscription.hpp"

#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/system/error_code.hpp>

#include <array>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace tunnel::supervisor {

/// One connection. Held by shared_ptr, because the handlers of its reads, writes and timer refer to
/// it and may come after its end.
class ControlServer::Client : public std::enable_shared_from_this<Client> {
 public:
  /// Whose it is, as the kernel said when it came, and what it may do.
  struct Owner {
    PeerCredentials peer;
    Power power = Power::None;
  };

  Client(ControlServer& server, ClientId id, const Owner& owner,
         boost::asio::local::stream_protocol::socket socket);

  void start();
  /// Handles one request.
  void take_turn();
  RpcResult subscribe(const boost::json::object& params);

  ClientId id() const noexcept { return id_; }

  const Owner& owner() const noexcept { return owner_; }

  void send(std::string line);

  bool hears(const Subject& subject) const {
    return subscription_ && subscription_->takes(subject);
  }

  bool subscribed(std::string_view topic) const {
    return subscription_ && subscription_->has(topic);
  }

  std::size_t queued() const { return writing_.size() + waiting_.size(); }

  /// The server goes: no call may reach it any more.
  void abandon();

 private:
  void pump();
  void read();
  void on_read(const boost::system::error_code& error, std::size_t count);
  bool has_request();
  void refuse_length();
  void handle(std::string_view message);
  void write();
  void watch();
  void watch_silence();
  void close();

  bool held_back() const { return queued() >= kHoldBack; }

  /// Unread answers at which no further request is taken.
  static constexpr std::size_t kHoldBack = std::size_t{64} << 10;

  ControlServer* server_;  // nullptr once abandoned
  ClientId id_;
  Owner owner_;
  boost::asio::local::stream_protocol::socket socket_;
  boost::asio::steady_timer silence_;
  std::optional<Subscription> subscription_;
  std::array<char, 4096> chunk_{};
  std::string received_;                    // not handled yet
  std::size_t searched_ = 0;                // how much of it is known to hold no newline
  std::optional<std::size_t> request_end_;  // the newline behind the first request, if it is whole
  std::string writing_;                     // with the kernel's
  std::string waiting_;
  unsigned watch_ = 0;    // which wait of silence_ counts; an older one comes too late
  bool in_line_ = false;  // for its turn
  bool handled_ = false;  // a request, since its silence was last looked at
  bool midway_ = false;   // a message was begun, or more are held back
  bool reading_ = false;  // a read is under way
  bool ended_ = false;    // the client sends no more, or is not listened to any more
  bool closed_ = false;
};

}  // namespace tunnel::supervisor
