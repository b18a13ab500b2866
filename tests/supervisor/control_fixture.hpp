#pragma once

// Real clients on a real Unix socket, all on one thread: the loop runs only while a client waits
// for an answer.

#include "tunneld/supervisor/control_server.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <gtest/gtest.h>

#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <filesystem>
#include <functional>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tunnel::supervisor {

/// Records what it is asked and answers with it. `steer` is not for those who may only read.
class RecordingApi final : public ControlApi {
 public:
  const Verb* offers(std::string_view method) const override {
    static const std::array<Verb, 5> verbs{{
        {"echo", Power::Read, {Parameter{"site", Parameter::Type::Text}}},
        {"explode", Power::Read, {}},
        {"large", Power::Read, {}},
        {"steer", Power::Control, {}},
        *find_verb("subscribe"),
    }};
    for (const auto& verb : verbs) {
      if (verb.method == method) return &verb;
    }
    return nullptr;
  }

  RpcResult call(std::string_view method, const boost::json::object& params,
                 ClientId client) override {
    calls.push_back(std::string{method} + boost::json::serialize(params));
    last_client = client;
    if (during_call) during_call();
    if (method == "explode") throw std::runtime_error{"bad cast"};
    if (method == "large") return boost::json::value(boost::json::string(large, 'x'));
    return boost::json::value(params);
  }

  void not_allowed(const PeerCredentials& peer, std::string_view sentence) override {
    refused.emplace_back(peer, sentence);
  }

  void commanded(const PeerCredentials& peer, std::string_view method,
                 const boost::json::object& /*params*/) override {
    commands.emplace_back(peer.pid, method);
  }

  void client_gone(ClientId client) override { gone.push_back(client); }

  std::vector<std::string> calls;
  std::vector<ClientId> gone;
  std::vector<std::pair<PeerCredentials, std::string>> refused;
  std::vector<std::pair<pid_t, std::string>> commands;
  ClientId last_client;
  std::function<void()> during_call;
  std::size_t large = std::size_t{256} << 10;
};

/// A temporary folder, removed with all that is in it.
class ScratchFolder {
 public:
  ScratchFolder() {
    std::string name = (std::filesystem::temp_directory_path() / "control.XXXXXX").native();
    path = ::mkdtemp(name.data());
  }

  ~ScratchFolder() { std::filesystem::remove_all(path); }

  std::filesystem::path path;
};

/// A client's end, and what it has received beyond the lines it asked for.
struct Connection {
  explicit Connection(UniqueFd end) : socket{std::move(end)} {}

  int get() const { return socket.get(); }

  UniqueFd socket;
  mutable std::string received{};
};

class ControlServerTest : public ::testing::Test {
 protected:
  /// Whoever runs the test may do everything.
  static Access ours() { return {::geteuid(), {::getegid(), "operators"}}; }

  void serve(ControlLimits limits = {}, std::optional<Access> access = std::nullopt) {
    auto listening = listen_unix(path_, SocketKind::Stream, 0666);
    ASSERT_TRUE(listening.has_value()) << listening.error().message();
    server_.emplace(
        loop_, std::move(*listening), api_, access.value_or(ours()),
        [this] { return std::chrono::steady_clock::now() + ahead_; }, limits);
  }

  void serve_readers() {
    auto listening = listen_unix(read_path_, SocketKind::Stream, 0666);
    ASSERT_TRUE(listening.has_value()) << listening.error().message();
    server_->listen_for_readers(std::move(*listening));
  }

  Connection client() { return client_of(path_); }

  Connection reader() { return client_of(read_path_); }

  static Connection client_of(const std::filesystem::path& path) {
    auto socket = connect_unix(path, SocketKind::Stream);
    EXPECT_TRUE(socket.has_value());
    return Connection{std::move(*socket)};
  }

  /// One turn of the loop, which must have something to do.
  void turn() {
    ASSERT_NE(loop_.run_one_for(std::chrono::seconds{20}), 0u)
        << "the server has nothing left to do";
  }

  void write(const Connection& socket, std::string_view text) {
    while (!text.empty()) {
      const auto sent = ::send(socket.get(), text.data(), text.size(), MSG_NOSIGNAL);
      if (sent > 0) {
        text.remove_prefix(static_cast<std::size_t>(sent));
      } else if (errno == EAGAIN) {
        turn();
      } else {
        return;  // closed by the server: what it said is still to be read
      }
    }
  }

  /// The next line from the server; "" when it has closed the connection.
  std::string line(const Connection& socket) {
    std::array<char, 4096> chunk;
    while (true) {
      const auto end = socket.received.find('\n');
      if (end != std::string::npos) {
        auto out = socket.received.substr(0, end);
        socket.received.erase(0, end + 1);
        return out;
      }
      const auto count = ::recv(socket.get(), chunk.data(), chunk.size(), 0);
      if (count > 0) {
        socket.received.append(chunk.data(), static_cast<std::size_t>(count));
      } else if (count < 0 && errno == EAGAIN) {
        turn();
      } else {
        return "";
      }
      if (HasFatalFailure()) return "";
    }
  }

  boost::json::value answer(const Connection& socket) {
    const auto text = line(socket);
    return text.empty() ? boost::json::value{} : boost::json::parse(text);
  }

  boost::json::value ask(const Connection& socket, std::string_view request) {
    write(socket, std::string{request} + '\n');
    return answer(socket);
  }

  int error_code_of(const boost::json::value& response) {
    const auto* error = response.is_object() ? response.as_object().if_contains("error") : nullptr;
    return error == nullptr ? 0 : static_cast<int>(error->at("code").as_int64());
  }

  bool closed(const Connection& socket) { return line(socket).empty(); }

  ScratchFolder folder_;
  std::filesystem::path path_ = folder_.path / "control.sock";
  std::filesystem::path read_path_ = folder_.path / "read.sock";
  std::chrono::milliseconds ahead_{0};  // of the true time, by the server's clock
  boost::asio::io_context loop_;
  RecordingApi api_;
  std::optional<ControlServer> server_;
};

inline constexpr std::string_view kEcho =
    R"({"jsonrpc":"2.0","id":1,"method":"echo","params":{"site":"labs"}})";

}  // namespace tunnel::supervisor
