#include "tunneld/supervisor/control_client.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/write.hpp>

#include <utility>
#include <variant>

namespace tunnel::supervisor {

namespace asio = boost::asio;
namespace json = boost::json;
using boost::system::error_code;
using Stream = asio::local::stream_protocol;

ControlServer::Client::Client(ControlServer& server, ClientId id, const Owner& owner,
                              Stream::socket socket)
    : server_{&server},
      id_{id},
      owner_{owner},
      socket_{std::move(socket)},
      silence_{socket_.get_executor()} {}

void ControlServer::Client::start() {
  watch_silence();
  pump();
}

void ControlServer::Client::send(std::string line) {
  if (closed_) return;
  // Whatever is sent once is sent whole, however long: the bound is on what piles up behind it.
  if (queued() > server_->limits_.queue_bytes) return close();
  waiting_ += line;
  if (writing_.empty()) write();
}

void ControlServer::Client::abandon() {
  server_ = nullptr;
  close();
}

/// Lines up with the request that has come, and reads on when there is none.
void ControlServer::Client::pump() {
  if (closed_) return;
  const bool request = has_request();
  if (request && !held_back() && !in_line_) {
    in_line_ = true;
    server_->line_up(id_);
  } else if (!request && ended_) {
    if (queued() == 0) close();
    return;
  } else if (!request && !reading_ && !held_back()) {
    read();
  }
  watch();
}

void ControlServer::Client::take_turn() {
  in_line_ = false;
  if (closed_ || !request_end_) return;
  const auto end = *std::exchange(request_end_, std::nullopt);
  handle(std::string_view{received_}.substr(0, end));
  received_.erase(0, end + 1);
  searched_ = 0;
  handled_ = true;
  pump();
}

/// What it costs that a client is silent in the middle of something, or without having asked.
void ControlServer::Client::watch() {
  const bool midway = !received_.empty();
  if (handled_ || midway != midway_) watch_silence();
  handled_ = false;
  midway_ = midway;
  // One that waits for its turn is not silent, and a subscriber may be for as long as it likes.
  if (in_line_ || (subscription_ && !midway_)) ++watch_;
}

void ControlServer::Client::read() {
  reading_ = true;
  socket_.async_read_some(asio::buffer(chunk_),
                          [self = shared_from_this()](const error_code& error, std::size_t count) {
                            self->on_read(error, count);
                          });
}

void ControlServer::Client::on_read(const error_code& error, std::size_t count) {
  reading_ = false;
  if (closed_) return;
  if (error) {
    ended_ = true;
  } else {
    received_.append(chunk_.data(), count);
  }
  pump();
}

/// Whether a whole message has come that is not handled yet. One that is too long ends all.
bool ControlServer::Client::has_request() {
  if (request_end_) return true;
  const auto end = received_.find('\n', searched_);
  searched_ = received_.size();
  const bool whole = end != std::string::npos;
  if ((whole ? end : received_.size()) > server_->limits_.message_bytes) {
    refuse_length();
    return false;
  }
  if (whole) request_end_ = end;
  return whole;
}

void ControlServer::Client::refuse_length() {
  send(response_line(
      nullptr, RpcError{rpc_code::kInvalidRequest,
                        "a message has at most " + std::to_string(server_->limits_.message_bytes) +
                            " bytes; this connection is closed"}));
  received_.clear();
  searched_ = 0;
  ended_ = true;
}

void ControlServer::Client::handle(std::string_view message) {
  const auto parsed = parse_request(message);
  if (const auto* refusal = std::get_if<RpcRefusal>(&parsed)) {
    return send(response_line(refusal->id, refusal->error));
  }
  const auto& request = *std::get_if<RpcRequest>(&parsed);
  const auto result = server_->answer(request, *this);
  if (request.id) send(response_line(*request.id, result));
}

RpcResult ControlServer::Client::subscribe(const json::object& params) {
  auto read = Subscription::read(params);
  if (auto* error = std::get_if<RpcError>(&read)) return std::move(*error);
  subscription_ = std::move(*std::get_if<Subscription>(&read));
  return json::value(json::object_kind);
}

void ControlServer::Client::write() {
  std::swap(writing_, waiting_);
  asio::async_write(socket_, asio::buffer(writing_),
                    [self = shared_from_this()](const error_code& error, std::size_t) {
                      if (self->closed_) return;
                      if (error) return self->close();
                      self->writing_.clear();
                      if (!self->waiting_.empty()) self->write();
                      self->pump();
                    });
}

/// Closes the connection unless something is handled within the time.
void ControlServer::Client::watch_silence() {
  silence_.expires_after(server_->limits_.silence);
  silence_.async_wait([self = shared_from_this(), watch = ++watch_](const error_code& error) {
    if (!error && watch == self->watch_) self->close();
  });
}

void ControlServer::Client::close() {
  if (closed_) return;
  closed_ = true;
  error_code ignored;
  socket_.close(ignored);
  silence_.cancel();
  asio::post(socket_.get_executor(), [self = shared_from_this()] {
    if (self->server_ != nullptr) self->server_->forget(self->id_);
  });
}

}  // namespace tunnel::supervisor
