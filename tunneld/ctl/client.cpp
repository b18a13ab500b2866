#include "tunneld/ctl/client.hpp"

#include "tunneld/base/unix_socket.hpp"
#include "tunneld/ctl/document.hpp"
#include "tunneld/ctl/terminal.hpp"
#include "tunneld/ctl/units.hpp"

#include <boost/json/parser.hpp>
#include <boost/json/serialize.hpp>

#include <poll.h>
#include <sys/signalfd.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <limits>
#include <utility>

namespace tunnel::ctl {

namespace json = boost::json;

namespace {

/// A thousand sites' status is a tenth of it.
constexpr std::size_t kMaxMessage = std::size_t{16} << 20;

std::string explain_connect(const Place& place, const Error& error) {
  const auto& socket = place.socket.native();
  const auto& group = place.control_group;
  const auto advice = "start it with \"systemctl start tunneld\"; its log is in " +
                      place.log_dir.native() + " and \"journalctl -u tunneld\"";
  if (error.code == std::errc::no_such_file_or_directory) {
    return "tunneld is not running (there is no " + socket + "): " + advice;
  }
  if (error.code == std::errc::connection_refused) {
    return "tunneld is not running (nobody listens on " + socket + "): " + advice;
  }
  if (error.code == std::errc::permission_denied) {
    auto sentence = "you may not use " + socket + ": be root, or join the group \"" + group +
                    "\" (as root: usermod -aG " + group + " USER, and log in again)";
    if (!place.read_group.empty()) {
      sentence += "; members of \"" + place.read_group + "\" may look on";
    }
    return sentence;
  }
  return error.message();
}

int poll_timeout(std::optional<TimePoint> deadline) {
  if (!deadline) return -1;
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(*deadline - Client::now());
  if (left.count() <= 0) return 0;
  constexpr auto kMost = std::numeric_limits<int>::max();
  return left.count() > kMost ? kMost : static_cast<int>(left.count());
}

std::optional<json::object> parse_object(std::string_view message) {
  json::parse_options options;
  options.allow_invalid_utf8 = true;  // shown escaped; a broken text must not hide the rest
  json::parser parser{{}, options};
  json::error_code error;
  parser.write(message.data(), message.size(), error);
  if (error) return std::nullopt;
  auto value = parser.release();
  if (!value.is_object()) return std::nullopt;
  return std::move(value.get_object());
}

CallError read_error(const json::object& error) {
  CallError out{.code = static_cast<int>(number(error, "code").value_or(0)),
                .message = text(error, "message")};
  if (const auto* data = error.if_contains("data")) out.data = *data;
  return out;
}

}  // namespace

Client::Client(UniqueFd socket, std::filesystem::path path, std::chrono::milliseconds patience)
    : socket_{std::move(socket)}, path_{std::move(path)}, patience_{patience} {}

Result<Client> Client::connect(const Place& place, std::chrono::milliseconds patience) {
  auto socket = connect_unix(place.socket, SocketKind::Stream);
  if (socket) return Client{std::move(*socket), place.socket, patience};
  const bool denied = socket.error().code == std::errc::permission_denied;
  if (denied && !place.read_socket.empty()) {
    auto reading = connect_unix(place.read_socket, SocketKind::Stream);
    if (reading) return Client{std::move(*reading), place.read_socket, patience};
  }
  return make_error(denied ? std::errc::permission_denied : std::errc::not_connected,
                    explain_connect(place, socket.error()));
}

Result<void> Client::watch(int output) {
  sigset_t signals;
  sigemptyset(&signals);
  for (const int signal : {SIGINT, SIGTERM, SIGHUP}) sigaddset(&signals, signal);
  if (::sigprocmask(SIG_BLOCK, &signals, nullptr) < 0) return errno_error("block signals");
  signals_ = UniqueFd{::signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK)};
  if (!signals_) return errno_error("make a signal descriptor");
  output_ = output;
  return {};
}

TimePoint Client::now() noexcept {
  return std::chrono::steady_clock::now();
}

CallResult Client::call(std::string_view method, const json::object& params) {
  const auto id = ++last_id_;
  const auto deadline = now() + patience_;
  const auto request = json::serialize(
      json::object{{"jsonrpc", "2.0"}, {"id", id}, {"method", method}, {"params", params}});
  if (const auto failed = send(request + '\n', deadline)) return explain(*failed);
  while (true) {
    auto received = message(deadline);
    if (const auto* ended = std::get_if<Ended>(&received)) return explain(*ended);
    const auto& response = *std::get_if<json::object>(&received);
    const auto* answers = response.if_contains("id");
    if (answers == nullptr) {
      notifications_.push_back(
          {std::string{raw_text(response, "method")}, object(response, "params")});
      continue;
    }
    const auto& error = object(response, "error");
    if (!error.empty() && (answers->is_null() || *answers == id)) return read_error(error);
    if (*answers == id) return object(response, "result");
  }
}

std::variant<Notification, Ended> Client::next(std::optional<TimePoint> deadline) {
  while (notifications_.empty()) {
    auto received = message(deadline);
    if (const auto* ended = std::get_if<Ended>(&received)) return *ended;
    const auto& notification = *std::get_if<json::object>(&received);
    if (notification.contains("id")) continue;  // the answer to a call that was given up
    return Notification{std::string{raw_text(notification, "method")},
                        object(notification, "params")};
  }
  auto first = std::move(notifications_.front());
  notifications_.pop_front();
  return first;
}

/// nullopt: sent, or refused by a daemon whose reason is still to be read.
std::optional<Ended> Client::send(std::string_view request, TimePoint deadline) {
  while (!request.empty()) {
    const auto sent = ::send(socket_.get(), request.data(), request.size(), MSG_NOSIGNAL);
    if (sent >= 0) {
      request.remove_prefix(static_cast<std::size_t>(sent));
      continue;
    }
    if (errno == EINTR) continue;
    if (errno != EAGAIN) return std::nullopt;
    switch (wait(POLLOUT, deadline)) {
      case Wake::Readable:
        break;
      case Wake::Deadline:
        return Ended::Deadline;
      case Wake::Interrupted:
        return Ended::Interrupted;
      case Wake::OutputGone:
        return Ended::OutputGone;
    }
  }
  return std::nullopt;
}

Client::Wake Client::wait(short events, std::optional<TimePoint> deadline) {
  while (true) {
    // poll() takes no notice of a negative descriptor; errors of the output need no asking for.
    std::array<pollfd, 3> watched{
        {{socket_.get(), events, 0}, {signals_ ? signals_.get() : -1, POLLIN, 0}, {output_, 0, 0}}};
    const int ready = ::poll(watched.data(), watched.size(), poll_timeout(deadline));
    if (ready < 0 && errno == EINTR) continue;
    if (watched[1].revents != 0) return Wake::Interrupted;
    if (watched[2].revents != 0) return Wake::OutputGone;
    if (watched[0].revents != 0) return Wake::Readable;
    if (deadline && now() >= *deadline) return Wake::Deadline;
  }
}

std::optional<std::string> Client::take_line() {
  const auto end = received_.find('\n', searched_);
  searched_ = received_.size();
  if (end == std::string::npos) return std::nullopt;
  auto line = received_.substr(0, end);
  received_.erase(0, end + 1);
  searched_ = 0;
  return line;
}

std::variant<json::object, Ended> Client::message(std::optional<TimePoint> deadline) {
  std::array<char, 16384> chunk;
  while (true) {
    if (const auto line = take_line()) {
      auto parsed = parse_object(*line);
      if (!parsed) return Ended::Garbled;
      return std::move(*parsed);
    }
    if (received_.size() > kMaxMessage) return Ended::Garbled;
    const auto count = ::recv(socket_.get(), chunk.data(), chunk.size(), 0);
    if (count > 0) {
      received_.append(chunk.data(), static_cast<std::size_t>(count));
      continue;
    }
    if (count == 0 || (errno != EAGAIN && errno != EINTR)) return Ended::Closed;
    switch (wait(POLLIN, deadline)) {
      case Wake::Readable:
        break;
      case Wake::Deadline:
        return Ended::Deadline;
      case Wake::Interrupted:
        return Ended::Interrupted;
      case Wake::OutputGone:
        return Ended::OutputGone;
    }
  }
}

CallError Client::explain(Ended why) const {
  const auto& path = path_.native();
  const auto sentence = [&]() -> std::string {
    switch (why) {
      case Ended::Deadline:
        return "tunneld does not answer on " + path + " (waited " +
               human_duration(std::chrono::ceil<std::chrono::seconds>(patience_)) +
               "): see \"systemctl status tunneld\", and restart it if it hangs";
      case Ended::Closed:
        return "tunneld closed the connection on " + path +
               " without an answer: see \"journalctl -u tunneld\"";
      case Ended::Garbled:
        return "what listens on " + path +
               " does not speak as tunneld does: is it the right "
               "--socket, and of this release?";
      case Ended::Interrupted:
        return "interrupted";
      case Ended::OutputGone:
        return "nobody reads standard output";
    }
    return {};
  };
  return {.code = 0, .message = sentence(), .ended = why};
}

}  // namespace tunnel::ctl
