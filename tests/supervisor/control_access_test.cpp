// Who may use the control socket, and for what.

#include "tests/supervisor/control_fixture.hpp"

#include <gmock/gmock.h>

#include <grp.h>

namespace tunnel::supervisor {
namespace {

namespace json = boost::json;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

using ControlAccessTest = ControlServerTest;

const Access kAccess{.owner = 990, .control = {980, "tunneld"}, .read = AccessGroup{981, "watch"}};

TEST(PowerOf, RootTheOwnerAndTheControlGroupIsAll) {
  const std::vector<gid_t> member{100, 980};
  EXPECT_EQ(power_of(kAccess, {.pid = 1, .uid = 0, .gid = 0}, {}), Power::Control);
  EXPECT_EQ(power_of(kAccess, {.pid = 1, .uid = 990, .gid = 990}, {}), Power::Control);
  EXPECT_EQ(power_of(kAccess, {.pid = 1, .uid = 1000, .gid = 980}, {}), Power::Control);
  EXPECT_EQ(power_of(kAccess, {.pid = 1, .uid = 1000, .gid = 1000}, member), Power::Control);
}

TEST(PowerOf, TheOtherGroupIsToRead) {
  const std::vector<gid_t> reader{100, 981};
  const std::vector<gid_t> both{981, 980};
  EXPECT_EQ(power_of(kAccess, {.pid = 1, .uid = 1000, .gid = 981}, {}), Power::Read);
  EXPECT_EQ(power_of(kAccess, {.pid = 1, .uid = 1000, .gid = 1000}, reader), Power::Read);
  EXPECT_EQ(power_of(kAccess, {.pid = 1, .uid = 1000, .gid = 1000}, both), Power::Control);
}

TEST(PowerOf, AnybodyElseIsNone) {
  const std::vector<gid_t> stranger{100};
  const std::vector<gid_t> reader{981};
  const Access without_readers{.owner = 990, .control = {980, "tunneld"}};
  EXPECT_EQ(power_of(kAccess, {.pid = 1, .uid = 1000, .gid = 1000}, stranger), Power::None);
  EXPECT_EQ(power_of(kAccess, {.pid = 1, .uid = 980, .gid = 990}, {}), Power::None)
      << "numbers of users are not those of groups";
  EXPECT_EQ(power_of(without_readers, {.pid = 1, .uid = 1000, .gid = 1000}, reader), Power::None);
}

// What a new verb may be used for has to be decided, and is then written here as well.
TEST(Verbs, OfThoseWhoMayOnlyReadChangeNothingAndShowNoPackets) {
  std::vector<std::string_view> reading;
  std::vector<std::string_view> steering;
  for (const auto& verb : verbs()) {
    (verb.needs == Power::Read ? reading : steering).push_back(verb.method);
  }
  EXPECT_THAT(reading, ::testing::ElementsAre("status", "log", "subscribe", "routes", "leases",
                                              "metrics", "filter.stats", "filter.states",
                                              "nat.rules", "nat.sessions", "version"));
  EXPECT_THAT(steering, ::testing::ElementsAre("up", "down", "restart", "retry", "reload", "trace",
                                               "filter.flush", "restart-daemon"));
}

TEST(Verbs, TakeTheirParametersAndNoOthers) {
  const auto sentence = [](std::string_view method, std::string_view params) {
    const auto mistake = mistake_in(*find_verb(method), json::parse(params).as_object());
    return mistake ? mistake->message : "";
  };
  EXPECT_EQ(sentence("down", R"({"site":"labs","withdraw":true})"), "");
  EXPECT_EQ(sentence("down", R"({"site":"labs","withdraw":1})"), "\"withdraw\" is true or false");
  EXPECT_EQ(sentence("up", R"({"site":"labs","withdraw":true})"),
            "up has no parameter \"withdraw\"");
  EXPECT_EQ(sentence("log", R"({"lines":1e3})"), "\"lines\" is a whole number");
  EXPECT_EQ(sentence("log", R"({"site":["labs"],"lines":1})"), "\"site\" is a text");
  EXPECT_EQ(sentence("version", R"({"":null})"), "version has no parameter \"\"");
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

TEST_F(ControlAccessTest, AStrangerGetsASentenceAndNoConnection) {
  serve({}, Access{::geteuid() + 1, {::getegid() + 1, "operators"}});
  std::filesystem::permissions(folder_.path, std::filesystem::perms{0755});
  const auto socket = [&] {
    const OtherAccount stranger{{}};
    return client();
  }();
  write(socket, std::string{kEcho} + '\n');
  const auto response = answer(socket);
  EXPECT_EQ(error_code_of(response), rpc_code::kNotAllowed);
  EXPECT_THAT(json::serialize(response), HasSubstr("operators"));
  EXPECT_TRUE(closed(socket));
  EXPECT_THAT(api_.calls, IsEmpty());
  ASSERT_THAT(api_.refused, SizeIs(1));
  EXPECT_EQ(api_.refused.front().first.pid, ::getpid());
}

TEST_F(ControlAccessTest, AMemberOfTheGroupIsServed) {
  serve({}, Access{::geteuid() + 1, {OtherAccount::some_group(), "operators"}});
  std::filesystem::permissions(folder_.path, std::filesystem::perms{0755});
  const auto socket = [&] {
    const OtherAccount member{{100, 4711}};
    return client();
  }();
  EXPECT_EQ(ask(socket, kEcho).at("id"), 1);
}

constexpr std::string_view kSteer = R"({"jsonrpc":"2.0","id":3,"method":"steer"})";

TEST_F(ControlAccessTest, AMemberOfTheReadersMayReadAndNoMore) {
  serve({}, Access{::geteuid() + 1,
                   {::getegid() + 1, "operators"},
                   AccessGroup{OtherAccount::some_group(), "watch"}});
  serve_readers();
  std::filesystem::permissions(folder_.path, std::filesystem::perms{0755});
  const OtherAccount member{{4711}};
  EXPECT_EQ(error_code_of(answer(client())), rpc_code::kNotAllowed);
  const auto socket = reader();
  EXPECT_EQ(ask(socket, kEcho).at("id"), 1);
  const auto refused = ask(socket, kSteer);
  EXPECT_EQ(refused.at("id"), 3);
  EXPECT_EQ(error_code_of(refused), rpc_code::kNotAllowed);
  EXPECT_EQ(refused.at("error").at("message"),
            "\"steer\" is for root and members of the group \"operators\"; this connection may "
            "only read");
  EXPECT_THAT(api_.calls, SizeIs(1));
  EXPECT_THAT(api_.refused, SizeIs(2));
  EXPECT_EQ(ask(socket, kEcho).at("id"), 1) << "and the connection goes on";
}

TEST_F(ControlAccessTest, WhoSteersIsToldOf) {
  serve();
  serve_readers();
  const auto socket = client();
  EXPECT_EQ(ask(socket, kEcho).at("id"), 1);
  EXPECT_EQ(error_code_of(ask(reader(), kSteer)), rpc_code::kNotAllowed);
  EXPECT_THAT(api_.commands, IsEmpty()) << "who reads, or is refused, has steered nothing";
  EXPECT_EQ(error_code_of(ask(socket, kSteer)), 0);
  EXPECT_THAT(api_.commands, ::testing::ElementsAre(::testing::Pair(::getpid(), "steer")));
}

// A descriptor of it that is handed on, or a program that was told its path, cannot do more.
TEST_F(ControlAccessTest, ByTheReadersSocketNobodyMayDoMore) {
  serve();
  serve_readers();
  EXPECT_EQ(error_code_of(ask(client(), kSteer)), 0);
  EXPECT_EQ(error_code_of(ask(reader(), kSteer)), rpc_code::kNotAllowed);
}

TEST_F(ControlAccessTest, ReadersLeaveRoomForThoseWhoMayDoMore) {
  serve({.readers = 2});
  serve_readers();
  const auto first = reader();
  const auto second = reader();
  EXPECT_EQ(ask(first, kEcho).at("id"), 1);
  EXPECT_EQ(ask(second, kEcho).at("id"), 1);
  const auto third = answer(reader());
  EXPECT_EQ(error_code_of(third), rpc_code::kRefused);
  EXPECT_THAT(json::serialize(third), HasSubstr("2 control connections that read"));
  EXPECT_EQ(error_code_of(ask(client(), kSteer)), 0);
}

TEST_F(ControlAccessTest, OneUserDoesNotTakeAllTheConnections) {
  serve({.of_one_user = 2}, Access{::geteuid() + 1, {OtherAccount::some_group(), "operators"}});
  std::filesystem::permissions(folder_.path, std::filesystem::perms{0755});
  const OtherAccount member{{4711}};
  const auto first = client();
  const auto second = client();
  EXPECT_EQ(ask(first, kEcho).at("id"), 1);
  EXPECT_EQ(ask(second, kEcho).at("id"), 1);
  EXPECT_THAT(json::serialize(answer(client())),
              HasSubstr("2 control connections of your account"));
}

}  // namespace
}  // namespace tunnel::supervisor
