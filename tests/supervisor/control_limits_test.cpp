// What clients of the control socket may cost, and who may be one.

#include "tests/supervisor/control_fixture.hpp"

#include <gmock/gmock.h>

#include <grp.h>

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
  serve();
  std::vector<Connection> clients;
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

TEST_F(ControlLimitsTest, AStrangerGetsASentenceAndNoConnection) {
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

TEST_F(ControlLimitsTest, AMemberOfTheGroupIsServed) {
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
