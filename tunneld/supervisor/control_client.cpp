#include "tunneld/supervisor/control_client.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/write.hpp>

#include <algorithm>
#include <utility>
#include <variant>

namespace tunnel::supervisor {

namespace asio = boost::asio;
namespace json = boost::json;
using boost::system::error_code;
using Stream = asio::local::stream_protocol;

namespace {

RpcError invalid_params(std::string message) {
  return RpcError{rpc_code::kInvalidParams, std::move(message)};
}

/// nullopt when it is not a list of topics that exist.
std::optional<std::vector<std::string>> read_topics(const json::value& value) {
  if (!value.is_array() || value.get_array().empty()) return std::nullopt;
  std::vector<std::string> topics;
  for (const auto& item : value.get_array()) {
    if (!item.is_string()) return std::nullopt;
    const std::string_view topic = item.get_string();
    if (std::find(kTopics.begin(), kTopics.end(), topic) == kTopics.end()) return std::nullopt;
    if (std::find(topics.begin(), topics.end(), topic) == topics.end()) topics.emplace_back(topic);
  }
  return topics;
}

}  // namespace

bool Subscription::has(std::string_view topic) const {
  return std::find(topics.begin(), topics.end(), topic) != topics.end();
}

bool Subscription::takes(const Subject& subject) const {
  if (!has(subject.topic) || (!site.empty() && site != subject.site) ||
      (!type.empty() && type != subject.type)) {
    return false;
  }
  if (subject.traffic == nullptr) return traffic.empty();
  return traffic.empty() ? !type.empty() : traffic.takes(*subject.traffic);
}

std::variant<Subscription, RpcError> Subscription::read(const json::object& params) {
  Subscription out;
  for (const auto& member : params) {
    const std::string_view key = member.key();
    if (key == "topics") {
      auto topics = read_topics(member.value());
      if (!topics) return invalid_params("\"topics\" is a list of \"log\" and \"state\"");
      out.topics = std::move(*topics);
    } else if (key == "site" || key == "type") {
      if (!member.value().is_string()) {
        return invalid_params("\"" + std::string{key} + "\" is a string");
      }
      (key == "site" ? out.site : out.type) = std::string_view{member.value().get_string()};
    } else if (!TrafficSelection::is_parameter(key)) {
      return invalid_params(
          "subscribe takes \"topics\", \"site\", \"type\", \"rule\", \"address\" and "
          "\"verdict\"");
    }
  }
  auto traffic = TrafficSelection::read(params);
  if (auto* why = std::get_if<std::string>(&traffic)) return invalid_params(std::move(*why));
  out.traffic = std::move(*std::get_if<TrafficSelection>(&traffic));
  if (out.topics.empty()) return invalid_params("subscribe needs \"topics\"");
  return out;
}

ControlServer::Client::Client(ControlServer& server, ClientId id, Stream::socket socket)
    : server_{&server}, id_{id}, socket_{std::move(socket)}, silence_{socket_.get_executor()} {}

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

/// Handles what has come, and asks for more as far as the answers are read.
void ControlServer::Client::pump() {
  bool handled = false;
  while (!closed_ && !held_back() && handle_next()) handled = true;
  if (closed_) return;
  if (ended_) {
    if (queued() == 0) close();
    return;
  }
  if (!reading_ && !held_back()) read();
  const bool midway = !received_.empty();
  if (handled || midway != midway_) watch_silence();
  midway_ = midway;
  if (subscription_ && !midway_) ++watch_;  // may be silent for as long as it likes
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

/// False: there is no whole message.
bool ControlServer::Client::handle_next() {
  const auto end = received_.find('\n', searched_);
  searched_ = received_.size();
  const auto limit = server_->limits_.message_bytes;
  if ((end == std::string::npos ? received_.size() : end) > limit) {
    send(response_line(nullptr, RpcError{rpc_code::kInvalidRequest,
                                         "a message has at most " + std::to_string(limit) +
                                             " bytes; this connection is closed"}));
    received_.clear();
    searched_ = 0;
    ended_ = true;
    return false;
  }
  if (end == std::string::npos) return false;
  handle(std::string_view{received_}.substr(0, end));
  received_.erase(0, end + 1);
  searched_ = 0;
  return true;
}

void ControlServer::Client::handle(std::string_view message) {
  const auto parsed = parse_request(message);
  if (const auto* refusal = std::get_if<RpcRefusal>(&parsed)) {
    return send(response_line(refusal->id, refusal->error));
  }
  const auto& request = *std::get_if<RpcRequest>(&parsed);
  const auto result =
      request.method == "subscribe" ? subscribe(request.params) : server_->call(request, id_);
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
