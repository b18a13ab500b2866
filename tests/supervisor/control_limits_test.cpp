// What clients of the control socket may cost.

#include "tests/supervisor/control_fixture.hpp"

#include <boost/asio/steady_timer.hpp>
#include <gmock/gmock.h>

namespace tunnel::supervisor {
namespace {

namespace json = boost::json;
using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

using ControlLimitsTest = ControlServerTest;

TEST_F(ControlLimitsTest, AMessageOfTheGreatestLengthIsTaken) {
  serve();
  std::string request{kEcho};
  request.append((std::size_t{64} << 10) - request.size(), ' ');
  EXPECT_EQ(ask(client(), request).at("id"), 1);
}

TEST_F(ControlLimitsTest, ALongerMessageIsAnErrorAndTheEnd) {
  serve();
  const auto socket = client();
  std::string request{kEcho};
  request.append((std::size_t{64} << 10) - request.size() + 1, ' ');
  EXPECT_EQ(error_code_of(ask(socket, request)), rpc_code::kInvalidRequest);
  EXPECT_TRUE(closed(socket));
  EXPECT_THAT(api_.calls, IsEmpty());
}

TEST_F(ControlLimitsTest, AMessageWithoutEndIsAnErrorAndTheEnd) {
  serve();
  const auto socket = client();
  write(socket, std::string(std::size_t{1} << 20, '{'));
  EXPECT_EQ(error_code_of(answer(socket)), rpc_code::kInvalidRequest);
  EXPECT_TRUE(closed(socket));
}

TEST_F(ControlLimitsTest, AClientMaySendManyRequestsBeforeItReadsAnAnswer) {
  serve();
  const auto socket = client();
  std::string requests;
  for (int i = 0; i < 10'000; ++i) requests += std::string{kEcho} + '\n';
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
  for (; answers < 10'000; ++answers) ASSERT_EQ(answer(socket).at("id"), 1);
}

TEST_F(ControlLimitsTest, AClientThatDoesNotReadIsNotReadFromEither) {
  serve();
  const auto socket = client();
  std::string requests;
  for (int i = 0; i < 100'000; ++i) {
    requests += "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"large\"}\n";
  }
  std::string_view rest{requests};
  for (int refused = 0; !rest.empty() && refused < 3;) {
    const auto sent = ::send(socket.get(), rest.data(), rest.size(), MSG_NOSIGNAL);
    if (sent > 0) rest.remove_prefix(static_cast<std::size_t>(sent));
    refused = sent > 0 ? 0 : refused + 1;
    loop_.poll();
  }
  EXPECT_LT(requests.size() - rest.size(), requests.size() / 2) << "it waits in the sockets";
  EXPECT_LT(api_.calls.size(), 10u);
}

TEST_F(ControlLimitsTest, ASubscriberThatDoesNotReadIsCutOff) {
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

TEST_F(ControlLimitsTest, OneClientTooManyGetsASentenceAndTheOthersStay) {
  serve({.clients = 8});
  std::vector<Connection> clients;
  for (int i = 0; i < 8; ++i) {
    clients.push_back(client());
    ASSERT_EQ(ask(clients.back(), kEcho).at("id"), 1);
  }
  const auto extra = client();
  const auto response = answer(extra);
  EXPECT_EQ(error_code_of(response), rpc_code::kRefused);
  EXPECT_THAT(json::serialize(response), HasSubstr("8 control connections already"));
  EXPECT_TRUE(closed(extra));
  for (const auto& socket : clients) EXPECT_EQ(ask(socket, kEcho).at("id"), 1);

  clients.pop_back();
  while (api_.gone.empty()) turn();
  EXPECT_EQ(ask(client(), kEcho).at("id"), 1);
}

TEST_F(ControlLimitsTest, AClientThatStopsInTheMiddleOfAMessageIsClosed) {
  serve({.silence = 20ms});
  const auto socket = client();
  ask(socket, R"({"jsonrpc":"2.0","id":1,"method":"subscribe","params":{"topics":["log"]}})");
  write(socket, R"({"jsonrpc")");
  EXPECT_TRUE(closed(socket));
}

TEST_F(ControlLimitsTest, AClientThatAsksNothingIsClosed) {
  serve({.silence = 20ms});
  EXPECT_TRUE(closed(client()));
}

TEST_F(ControlLimitsTest, ASubscriberMayBeSilent) {
  serve({.silence = 20ms});
  const auto subscriber = client();
  ask(subscriber, R"({"jsonrpc":"2.0","id":1,"method":"subscribe","params":{"topics":["log"]}})");
  // As long as two silent clients, one after the other, are borne with: longer than the limit.
  EXPECT_TRUE(closed(client()));
  EXPECT_TRUE(closed(client()));
  server_->publish({.topic = "log"}, {{"n", 1}});
  EXPECT_EQ(answer(subscriber).at("params").at("n"), 1);
}

// A request of the first client takes 50 ms of the daemon's time: the second one waits for one of
// them and not for all, and the rest of the loop has its half.
TEST_F(ControlLimitsTest, WhoAsksMuchWaitsForItself) {
  serve();
  const auto busy = client();
  const auto other = client();
  EXPECT_EQ(ask(other, kEcho).at("id"), 1);
  api_.calls.clear();
  std::string requests;
  for (int i = 0; i < 100; ++i) requests += std::string{kEcho} + '\n';
  write(busy, requests);
  while (api_.calls.empty()) turn();
  write(other, "{\"jsonrpc\":\"2.0\",\"id\":2,\"method\":\"large\"}\n");
  EXPECT_EQ(answer(other).at("id"), 2);
  EXPECT_LT(api_.calls.size(), 10u) << "not in front of the hundred";
  for (int i = 0; i < 100; ++i) ASSERT_EQ(answer(busy).at("id"), 1);
}

TEST_F(ControlLimitsTest, AfterALongRequestTheLoopHasAsLongForTheRest) {
  serve();
  const auto socket = client();
  api_.during_call = [this] { ahead_ += 50ms; };
  write(socket, std::string{kEcho} + '\n' + std::string{kEcho} + '\n');
  while (api_.calls.empty()) turn();
  std::size_t calls_by_then = 0;
  boost::asio::steady_timer rest{loop_, 20ms};
  rest.async_wait([&](const auto&) { calls_by_then = api_.calls.size(); });
  EXPECT_EQ(answer(socket).at("id"), 1);
  EXPECT_EQ(answer(socket).at("id"), 1);
  EXPECT_EQ(calls_by_then, 1u);
}

}  // namespace
}  // namespace tunnel::supervisor
