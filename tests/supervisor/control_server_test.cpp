// The control socket: requests, answers and what is published.

#include "tests/supervisor/control_fixture.hpp"

#include <gmock/gmock.h>

#include <ostream>
#include <random>

namespace tunnel::supervisor {
namespace {

namespace json = boost::json;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

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

TEST_F(ControlServerTest, SoDoAnswersThatItTakesItsTimeToRead) {
  serve();
  const auto socket = client();
  const std::string request{"{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"large\"}\n"};
  write(socket, request + request + request);
  ::shutdown(socket.get(), SHUT_WR);
  loop_.poll();
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(answer(socket).at("result").as_string().size(), api_.large);
  }
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
        Mistake{R"({"jsonrpc":"2.0","id":-2e999,"method":"echo"})", rpc_code::kInvalidRequest,
                "null"},
        Mistake{R"({"jsonrpc":"2.0","id":1,"method":"echo","params":{"a":[2e999]}})",
                rpc_code::kInvalidRequest, "null"},
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

TEST_F(ControlServerTest, TheLinesOfPppAreForThoseWhoAskForThem) {
  serve();
  const auto socket = client();
  const auto heard_with = [&](const std::string& more) {
    ask(socket,
        R"({"jsonrpc":"2.0","id":1,"method":"subscribe","params":{"topics":["log"])" + more + "}}");
    return server_->anyone_hears({.topic = "log", .type = "ppp"});
  };
  EXPECT_FALSE(heard_with(""));
  EXPECT_TRUE(server_->anyone_hears({.topic = "log", .type = "console"}));
  EXPECT_TRUE(heard_with(R"(,"all":true)"));
  EXPECT_TRUE(server_->anyone_hears({.topic = "log", .type = "console"}));
  EXPECT_TRUE(heard_with(R"(,"type":"ppp")"));
}

TEST_F(ControlServerTest, TrafficIsForThoseWhoAskForIt) {
  serve();
  const auto socket = client();
  const Traffic traffic{"@300:2", "pass", {*Prefix::parse("10.0.0.1")}};
  const Subject packet{.topic = "log", .type = "filter", .traffic = &traffic};
  const auto heard_with = [&](const std::string& more) {
    ask(socket,
        R"({"jsonrpc":"2.0","id":1,"method":"subscribe","params":{"topics":["log"])" + more + "}}");
    return server_->anyone_hears(packet);
  };
  EXPECT_FALSE(server_->has_subscriber("log"));
  EXPECT_FALSE(heard_with(""));
  EXPECT_TRUE(server_->has_subscriber("log"));
  EXPECT_TRUE(heard_with(R"(,"type":"filter")"));
  EXPECT_TRUE(heard_with(R"(,"rule":"@300:2","address":"10.0.0.0/8")"));
  EXPECT_FALSE(heard_with(R"(,"type":"filter","verdict":"block")"));
  EXPECT_FALSE(server_->anyone_hears({.topic = "log", .type = "ppp"}));
}

TEST_F(ControlServerTest, ASubscriptionToNoRuleIsRefusedWithASentence) {
  serve();
  const auto refused = ask(client(), R"({"jsonrpc":"2.0","id":1,"method":"subscribe",)"
                                     R"("params":{"topics":["log"],"rule":"x"}})");
  EXPECT_EQ(refused.at("error").at("code"), rpc_code::kInvalidParams);
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

}  // namespace
}  // namespace tunnel::supervisor
