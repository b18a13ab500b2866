// The control socket with real clients on a real Unix socket, all on one thread: the loop runs
// only while a client waits for an answer.

#include "tunneld/supervisor/control_server.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <grp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <optional>
#include <ostream>
#include <random>
#include <stdexcept>
#include <string>
#include <vector>

namespace tunnel::supervisor {
namespace {

namespace asio = boost::asio;
namespace json = boost::json;
using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

/// Records what it is asked and answers with it.
class RecordingApi final : public ControlApi {
 public:
  RpcResult call(std::string_view method, const json::object& params, ClientId client) override {
    calls.push_back(std::string{method} + json::serialize(params));
    last_client = client;
    if (during_call) during_call();
    if (method == "explode") throw std::runtime_error{"bad cast"};
    if (method == "large") return json::value(json::string(large, 'x'));
    if (method != "echo") {
      return RpcError{rpc_code::kMethodNotFound, "there is no method of that name"};
    }
    return json::value(params);
  }

  void client_gone(ClientId client) override { gone.push_back(client); }

  std::vector<std::string> calls;
  std::vector<ClientId> gone;
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

class ControlServerTest : public ::testing::Test {
 protected:
  void serve(ControlLimits limits = {}, std::optional<Access> access = std::nullopt) {
    auto listening = listen_unix(path_, SocketKind::Stream, 0666);
    ASSERT_TRUE(listening.has_value()) << listening.error().message();
    server_.emplace(loop_, std::move(*listening), api_,
                    access.value_or(Access{::geteuid(), ::getegid(), "operators"}), limits);
  }

  UniqueFd client() {
    auto socket = connect_unix(path_, SocketKind::Stream);
    EXPECT_TRUE(socket.has_value());
    return std::move(*socket);
  }

  /// One turn of the loop, which must have something to do.
  void turn() { ASSERT_NE(loop_.run_one_for(20s), 0u) << "the server has nothing left to do"; }

  void write(const UniqueFd& socket, std::string_view text) {
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
  std::string line(const UniqueFd& socket) {
    std::string out;
    while (true) {
      char c = 0;
      const auto count = ::recv(socket.get(), &c, 1, 0);
      if (count == 1 && c == '\n') return out;
      if (count == 1) {
        out += c;
      } else if (count < 0 && errno == EAGAIN) {
        turn();
      } else {
        return "";
      }
      if (HasFatalFailure()) return "";
    }
  }

  json::value answer(const UniqueFd& socket) {
    const auto text = line(socket);
    return text.empty() ? json::value{} : json::parse(text);
  }

  json::value ask(const UniqueFd& socket, std::string_view request) {
    write(socket, std::string{request} + '\n');
    return answer(socket);
  }

  int error_code_of(const json::value& response) {
    const auto* error = response.is_object() ? response.as_object().if_contains("error") : nullptr;
    return error == nullptr ? 0 : static_cast<int>(error->at("code").as_int64());
  }

  bool closed(const UniqueFd& socket) { return line(socket).empty(); }

  ScratchFolder folder_;
  std::filesystem::path path_ = folder_.path / "control.sock";
  asio::io_context loop_;
  RecordingApi api_;
  std::optional<ControlServer> server_;
};

constexpr std::string_view kEcho =
    R"({"jsonrpc":"2.0","id":1,"method":"echo","params":{"site":"labs"}})";

TEST_F(ControlServerTest, ARequestIsAnsweredWithItsId) {
  serve();
  const auto socket = client();
  EXPECT_EQ(ask(socket, kEcho),
            json::parse(R"({"jsonrpc":"2.0","id":1,"result":{"site":"labs"}})"));
  EXPECT_THAT(api_.calls, ElementsAre(R"(echo{"site":"labs"})"));
}

TEST_F(ControlServerTest, AnIdMayBeAStringAndTheParametersMayBeAbsent) {
  serve();
  const auto socket = client();
  EXPECT_EQ(ask(socket, R"({"jsonrpc":"2.0","id":"a","method":"echo"})"),
            json::parse(R"({"jsonrpc":"2.0","id":"a","result":{}})"));
}

TEST_F(ControlServerTest, RequestsInOnePieceAreAnsweredInTheirOrder) {
  serve();
  const auto socket = client();
  write(socket,
        "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"echo\"}\n"
        "{\"jsonrpc\":\"2.0\",\"id\":2,\"method\":\"echo\"}\r\n");
  EXPECT_EQ(answer(socket).at("id"), 1);
  EXPECT_EQ(answer(socket).at("id"), 2);
}

TEST_F(ControlServerTest, ARequestMayComeByteByByte) {
  serve();
  const auto socket = client();
  for (const char c : std::string{kEcho} + '\n') {
    write(socket, std::string_view{&c, 1});
    loop_.poll();
  }
  EXPECT_EQ(answer(socket).at("id"), 1);
}

TEST_F(ControlServerTest, AnAnswerReachesAClientThatHasNothingMoreToSay) {
  serve();
  const auto socket = client();
  write(socket, std::string{kEcho} + '\n');
  ::shutdown(socket.get(), SHUT_WR);
  EXPECT_EQ(answer(socket).at("id"), 1);
  EXPECT_TRUE(closed(socket));
}

TEST_F(ControlServerTest, ANotificationIsCarriedOutAndNotAnswered) {
  serve();
  const auto socket = client();
  write(socket, "{\"jsonrpc\":\"2.0\",\"method\":\"echo\"}\n");
  EXPECT_EQ(ask(socket, kEcho).at("id"), 1);
  EXPECT_THAT(api_.calls, ElementsAre("echo{}", R"(echo{"site":"labs"})"));
}

TEST_F(ControlServerTest, WhatTheApiDoesNotKnowIsMethodNotFound) {
  serve();
  const auto response = ask(client(), R"({"jsonrpc":"2.0","id":1,"method":"fly"})");
  EXPECT_EQ(error_code_of(response), rpc_code::kMethodNotFound);
  EXPECT_EQ(response.at("id"), 1);
}

TEST_F(ControlServerTest, AnExceptionOfTheApiIsAnInternalErrorAndNoMore) {
  serve();
  const auto socket = client();
  const auto response = ask(socket, R"({"jsonrpc":"2.0","id":1,"method":"explode"})");
  EXPECT_EQ(error_code_of(response), rpc_code::kInternalError);
  EXPECT_THAT(json::serialize(response), HasSubstr("bad cast"));
  EXPECT_EQ(ask(socket, kEcho).at("id"), 1);
}

struct Mistake {
  const char* message;
  int code;
  const char* id;

  friend void PrintTo(const Mistake& mistake, std::ostream* out) { *out << mistake.message; }
};

class Mistaken : public ControlServerTest, public ::testing::WithParamInterface<Mistake> {};

TEST_P(Mistaken, IsAnsweredAndTheConnectionGoesOn) {
  serve();
  const auto socket = client();
  const auto response = ask(socket, GetParam().message);
  EXPECT_EQ(error_code_of(response), GetParam().code) << json::serialize(response);
  EXPECT_EQ(response.at("id"), json::parse(GetParam().id));
  EXPECT_THAT(api_.calls, IsEmpty());
  EXPECT_EQ(ask(socket, kEcho).at("id"), 1);
}

INSTANTIATE_TEST_SUITE_P(
    Requests, Mistaken,
    ::testing::Values(
        Mistake{"", rpc_code::kParseError, "null"},
        Mistake{"status", rpc_code::kParseError, "null"},
        Mistake{R"({"jsonrpc":"2.0")", rpc_code::kParseError, "null"},
        Mistake{R"({"jsonrpc":"2.0","id":1,"method":"echo"} {})", rpc_code::kParseError, "null"},
        Mistake{R"({"jsonrpc":"2.0","id":1,"method":"echo",})", rpc_code::kParseError, "null"},
        Mistake{"{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"\xff\"}", rpc_code::kParseError,
                "null"},
        Mistake{"{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"\xc0\xaf\"}", rpc_code::kParseError,
                "null"},
        Mistake{R"({"jsonrpc":"2.0","id":1,"method":"echo","params":{"a":[[[[[[[[1]]]]]]]]}})",
                rpc_code::kParseError, "null"},
        Mistake{"7", rpc_code::kInvalidRequest, "null"},
        Mistake{"{}", rpc_code::kInvalidRequest, "null"},
        Mistake{"[]", rpc_code::kInvalidRequest, "null"},
        Mistake{R"([{"jsonrpc":"2.0","id":1,"method":"echo"}])", rpc_code::kInvalidRequest, "null"},
        Mistake{R"({"id":1,"method":"echo"})", rpc_code::kInvalidRequest, "1"},
        Mistake{R"({"jsonrpc":"1.0","id":1,"method":"echo"})", rpc_code::kInvalidRequest, "1"},
        Mistake{R"({"jsonrpc":2,"id":1,"method":"echo"})", rpc_code::kInvalidRequest, "1"},
        Mistake{R"({"jsonrpc":"2.0","id":"x"})", rpc_code::kInvalidRequest, "\"x\""},
        Mistake{R"({"jsonrpc":"2.0","id":1,"method":7})", rpc_code::kInvalidRequest, "1"},
        Mistake{R"({"jsonrpc":"2.0","id":{},"method":"echo"})", rpc_code::kInvalidRequest, "null"},
        Mistake{R"({"jsonrpc":"2.0","id":true,"method":"echo"})", rpc_code::kInvalidRequest,
                "null"},
        Mistake{R"({"jsonrpc":"2.0","id":1,"method":"echo","params":"labs"})",
                rpc_code::kInvalidRequest, "1"},
        Mistake{R"({"jsonrpc":"2.0","id":1,"method":"echo","params":["labs"]})",
                rpc_code::kInvalidParams, "1"},
        Mistake{R"({"jsonrpc":"2.0","id":1,"method":"subscribe"})", rpc_code::kInvalidParams, "1"},
        Mistake{R"({"jsonrpc":"2.0","id":1,"method":"subscribe","params":{"topics":[]}})",
                rpc_code::kInvalidParams, "1"},
        Mistake{R"({"jsonrpc":"2.0","id":1,"method":"subscribe","params":{"topics":["x"]}})",
                rpc_code::kInvalidParams, "1"},
        Mistake{R"({"jsonrpc":"2.0","id":1,"method":"subscribe","params":{"topics":"log"}})",
                rpc_code::kInvalidParams, "1"},
        Mistake{R"({"jsonrpc":"2.0","id":1,"method":"subscribe",)"
                R"("params":{"topics":["log"],"site":1}})",
                rpc_code::kInvalidParams, "1"},
        Mistake{R"({"jsonrpc":"2.0","id":1,"method":"subscribe",)"
                R"("params":{"topics":["log"],"kind":"ppp"}})",
                rpc_code::kInvalidParams, "1"}));

TEST_F(ControlServerTest, AMessageOfTheGreatestLengthIsTaken) {
  serve();
  std::string request{kEcho};
  request.append((std::size_t{64} << 10) - request.size(), ' ');
  EXPECT_EQ(ask(client(), request).at("id"), 1);
}

TEST_F(ControlServerTest, ALongerMessageIsAnErrorAndTheEnd) {
  serve();
  const auto socket = client();
  std::string request{kEcho};
  request.append((std::size_t{64} << 10) - request.size() + 1, ' ');
  EXPECT_EQ(error_code_of(ask(socket, request)), rpc_code::kInvalidRequest);
  EXPECT_TRUE(closed(socket));
  EXPECT_THAT(api_.calls, IsEmpty());
}

TEST_F(ControlServerTest, AMessageWithoutEndIsAnErrorAndTheEnd) {
  serve();
  const auto socket = client();
  write(socket, std::string(std::size_t{1} << 20, '{'));
  EXPECT_EQ(error_code_of(answer(socket)), rpc_code::kInvalidRequest);
  EXPECT_TRUE(closed(socket));
}

// Whatever ten thousand broken requests do, the next good one is answered as the first was.
TEST_F(ControlServerTest, TenThousandMalformedRequestsChangeNothing) {
  serve();
  const auto socket = client();
  std::mt19937 random{1};
  for (int i = 0; i < 10'000; ++i) {
    std::string request{kEcho};
    request.resize(1 + random() % (request.size() - 1));
    if (i % 2 != 0) request[random() % request.size()] = static_cast<char>(0x80 | random());
    ASSERT_EQ(error_code_of(ask(socket, request)), rpc_code::kParseError) << request;
  }
  EXPECT_THAT(api_.calls, IsEmpty());
  EXPECT_EQ(ask(socket, kEcho).at("id"), 1);
}

TEST_F(ControlServerTest, AClientMaySendManyRequestsBeforeItReadsAnAnswer) {
  serve();
  const auto socket = client();
  std::string requests;
  for (int i = 0; i < 20'000; ++i) requests += std::string{kEcho} + '\n';
  std::string_view rest{requests};
  int answers = 0;
  while (!rest.empty()) {  // far more than the sockets hold: what is sent waits for the reader
    const auto sent = ::send(socket.get(), rest.data(), rest.size(), MSG_NOSIGNAL);
    if (sent > 0) {
      rest.remove_prefix(static_cast<std::size_t>(sent));
      loop_.poll();
    } else {
      ASSERT_EQ(errno, EAGAIN);
      ASSERT_EQ(answer(socket).at("id"), 1);
      ++answers;
    }
  }
  for (; answers < 20'000; ++answers) ASSERT_EQ(answer(socket).at("id"), 1);
}

TEST_F(ControlServerTest, AClientThatDoesNotReadIsNotReadFromEither) {
  serve();
  const auto socket = client();
  for (int i = 0; i < 1000; ++i) {
    const std::string request{"{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"large\"}\n"};
    static_cast<void>(::send(socket.get(), request.data(), request.size(), MSG_NOSIGNAL));
    loop_.poll();
  }
  EXPECT_LT(api_.calls.size(), 10u);
}

TEST_F(ControlServerTest, ASubscriberThatDoesNotReadIsCutOff) {
  serve();
  const auto socket = client();
  ask(socket, R"({"jsonrpc":"2.0","id":1,"method":"subscribe","params":{"topics":["log"]}})");
  const json::object record{{"text", std::string(100'000, 'x')}};
  for (int i = 0; i < 100; ++i) {
    server_->publish({.topic = "log"}, record);
    loop_.poll();
  }
  EXPECT_THAT(api_.gone, ElementsAre(ClientId{1}));
  EXPECT_FALSE(server_->anyone_hears({.topic = "log"}));
}

TEST_F(ControlServerTest, SubscribersHearTheirTopicTheirSiteAndTheirType) {
  serve();
  const auto socket = client();
  EXPECT_EQ(ask(socket, R"({"jsonrpc":"2.0","id":1,"method":"subscribe",)"
                        R"("params":{"topics":["log"],"site":"labs","type":"ppp"}})"),
            json::parse(R"({"jsonrpc":"2.0","id":1,"result":{}})"));
  server_->publish({.topic = "state", .site = "labs"}, {{"n", 1}});
  server_->publish({.topic = "log", .site = "home", .type = "ppp"}, {{"n", 2}});
  server_->publish({.topic = "log", .site = "labs", .type = "auth"}, {{"n", 3}});
  server_->publish({.topic = "log", .site = "labs", .type = "ppp"}, {{"n", 4}});
  EXPECT_EQ(answer(socket), json::parse(R"({"jsonrpc":"2.0","method":"log","params":{"n":4}})"));
}

TEST_F(ControlServerTest, ASubscriptionWithoutFilterHearsEverythingOfItsTopics) {
  serve();
  const auto socket = client();
  ask(socket,
      R"({"jsonrpc":"2.0","id":1,"method":"subscribe","params":{"topics":["log","state"]}})");
  server_->publish({.topic = "state", .site = "labs"}, {{"n", 1}});
  server_->publish({.topic = "log"}, {{"n", 2}});
  EXPECT_EQ(answer(socket).at("params").at("n"), 1);
  EXPECT_EQ(answer(socket).at("params").at("n"), 2);
}

TEST_F(ControlServerTest, ALaterSubscriptionReplacesTheEarlier) {
  serve();
  const auto socket = client();
  ask(socket, R"({"jsonrpc":"2.0","id":1,"method":"subscribe","params":{"topics":["log"]}})");
  ask(socket, R"({"jsonrpc":"2.0","id":2,"method":"subscribe","params":{"topics":["state"]}})");
  EXPECT_FALSE(server_->anyone_hears({.topic = "log", .site = "labs"}));
  EXPECT_TRUE(server_->anyone_hears({.topic = "state", .site = "labs"}));
}

TEST_F(ControlServerTest, OnlySubscribersHearWhatIsPublished) {
  serve();
  const auto socket = client();
  ask(socket, kEcho);
  EXPECT_FALSE(server_->anyone_hears({.topic = "log"}));
  server_->publish({.topic = "log"}, {{"n", 1}});
  EXPECT_EQ(ask(socket, kEcho).at("id"), 1);
}

TEST_F(ControlServerTest, WhatACallPublishesComesBeforeItsAnswer) {
  serve();
  const auto socket = client();
  ask(socket, R"({"jsonrpc":"2.0","id":1,"method":"subscribe","params":{"topics":["state"]}})");
  api_.during_call = [this] { server_->publish({.topic = "state"}, {{"n", 1}}); };
  EXPECT_EQ(ask(socket, kEcho).at("method"), "state");
  EXPECT_EQ(answer(socket).at("id"), 1);
}

TEST_F(ControlServerTest, OneClientCanBeToldSomethingAlone) {
  serve();
  const auto first = client();
  ask(first, kEcho);
  const auto told = api_.last_client;
  const auto second = client();
  ask(second, kEcho);
  server_->notify(told, "log", {{"n", 1}});
  server_->notify(ClientId{99}, "log", {{"n", 2}});
  EXPECT_EQ(answer(first).at("params").at("n"), 1);
  EXPECT_EQ(ask(second, kEcho).at("id"), 1);
}

TEST_F(ControlServerTest, TheApiLearnsThatAClientHasGone) {
  serve();
  {
    const auto socket = client();
    ask(socket, kEcho);
  }
  while (api_.gone.empty()) turn();
  EXPECT_THAT(api_.gone, ElementsAre(api_.last_client));
}

TEST_F(ControlServerTest, OneClientTooManyGetsASentenceAndTheOthersStay) {
  serve();
  std::vector<UniqueFd> clients;
  for (int i = 0; i < 32; ++i) {
    clients.push_back(client());
    ASSERT_EQ(ask(clients.back(), kEcho).at("id"), 1);
  }
  const auto extra = client();
  const auto response = answer(extra);
  EXPECT_EQ(error_code_of(response), rpc_code::kRefused);
  EXPECT_THAT(json::serialize(response), HasSubstr("32 control connections"));
  EXPECT_TRUE(closed(extra));
  for (const auto& socket : clients) EXPECT_EQ(ask(socket, kEcho).at("id"), 1);

  clients.pop_back();
  while (api_.gone.empty()) turn();
  EXPECT_EQ(ask(client(), kEcho).at("id"), 1);
}

TEST_F(ControlServerTest, AClientThatStopsInTheMiddleOfAMessageIsClosed) {
  serve({.silence = 20ms});
  const auto socket = client();
  ask(socket, R"({"jsonrpc":"2.0","id":1,"method":"subscribe","params":{"topics":["log"]}})");
  write(socket, R"({"jsonrpc")");
  EXPECT_TRUE(closed(socket));
}

TEST_F(ControlServerTest, AClientThatAsksNothingIsClosed) {
  serve({.silence = 20ms});
  EXPECT_TRUE(closed(client()));
}

TEST_F(ControlServerTest, ASubscriberMayBeSilent) {
  serve({.silence = 20ms});
  const auto subscriber = client();
  ask(subscriber, R"({"jsonrpc":"2.0","id":1,"method":"subscribe","params":{"topics":["log"]}})");
  // As long as two silent clients, one after the other, are borne with: longer than the limit.
  EXPECT_TRUE(closed(client()));
  EXPECT_TRUE(closed(client()));
  server_->publish({.topic = "log"}, {{"n", 1}});
  EXPECT_EQ(answer(subscriber).at("params").at("n"), 1);
}

TEST_F(ControlServerTest, TheServerMayEndBeforeItsLoopDoes) {
  serve();
  const auto socket = client();
  ask(socket, kEcho);
  write(socket, std::string{kEcho} + '\n');
  const auto waiting = client();
  server_.reset();
  loop_.poll();
  EXPECT_TRUE(closed(socket));
  EXPECT_THAT(api_.gone, IsEmpty());
}

TEST(Permits, RootTheOwnerAndTheGroupOnly) {
  const Access access{.owner = 990, .group = 980, .group_name = "tunneld"};
  const std::vector<gid_t> none{100};
  const std::vector<gid_t> member{100, 980};
  EXPECT_TRUE(permits(access, {.pid = 1, .uid = 0, .gid = 0}, {}));
  EXPECT_TRUE(permits(access, {.pid = 1, .uid = 990, .gid = 990}, {}));
  EXPECT_TRUE(permits(access, {.pid = 1, .uid = 1000, .gid = 980}, none));
  EXPECT_TRUE(permits(access, {.pid = 1, .uid = 1000, .gid = 1000}, member));
  EXPECT_FALSE(permits(access, {.pid = 1, .uid = 1000, .gid = 1000}, none));
  EXPECT_FALSE(permits(access, {.pid = 1, .uid = 1000, .gid = 1000}, {}));
  EXPECT_FALSE(permits(access, {.pid = 1, .uid = 980, .gid = 990}, none));
}

/// Another account for the rest of the scope, where we are root and can be one.
class OtherAccount {
 public:
  explicit OtherAccount(std::vector<gid_t> groups) {
    if (!root_) return;
    before_.resize(64);
    before_.resize(static_cast<std::size_t>(::getgroups(64, before_.data())));
    gid_ = ::getegid();
    EXPECT_EQ(::setgroups(groups.size(), groups.data()), 0);
    EXPECT_EQ(::setegid(65534), 0);
    EXPECT_EQ(::seteuid(65534), 0);
  }

  ~OtherAccount() {
    if (!root_) return;
    EXPECT_EQ(::seteuid(0), 0);
    EXPECT_EQ(::setegid(gid_), 0);
    EXPECT_EQ(::setgroups(before_.size(), before_.data()), 0);
  }

  static gid_t some_group() { return ::geteuid() == 0 ? 4711 : ::getegid(); }

 private:
  const bool root_ = ::geteuid() == 0;
  std::vector<gid_t> before_;
  gid_t gid_ = 0;
};

TEST_F(ControlServerTest, AStrangerGetsASentenceAndNoConnection) {
  serve({}, Access{::geteuid() + 1, ::getegid() + 1, "operators"});
  std::filesystem::permissions(folder_.path, std::filesystem::perms{0755});
  const auto socket = [&] {
    const OtherAccount stranger{{}};
    return client();
  }();
  write(socket, std::string{kEcho} + '\n');
  const auto response = answer(socket);
  EXPECT_EQ(error_code_of(response), rpc_code::kRefused);
  EXPECT_THAT(json::serialize(response), HasSubstr("operators"));
  EXPECT_TRUE(closed(socket));
  EXPECT_THAT(api_.calls, IsEmpty());
}

TEST_F(ControlServerTest, AMemberOfTheGroupIsServed) {
  serve({}, Access{::geteuid() + 1, OtherAccount::some_group(), "operators"});
  std::filesystem::permissions(folder_.path, std::filesystem::perms{0755});
  const auto socket = [&] {
    const OtherAccount member{{100, 4711}};
    return client();
  }();
  EXPECT_EQ(ask(socket, kEcho).at("id"), 1);
}

}  // namespace
}  // namespace tunnel::supervisor
