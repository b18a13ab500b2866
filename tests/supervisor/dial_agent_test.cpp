// The agent of one dial, by its sockets: what it signs, for whom, and what becomes of its key.

#include "tunneld/supervisor/dial_agent.hpp"

#include "tests/agent/key_files.hpp"
#include "tests/agent/logins.hpp"
#include "tunneld/agent/key_file.hpp"
#include "tunneld/agent/protocol.hpp"
#include "tunneld/base/half_made.hpp"
#include "tunneld/base/unix_socket.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <utility>

namespace tunnel::supervisor {
namespace {

using agent::key_bytes;
using agent::LoginParts;
using agent::signed_data;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using Octets = std::vector<std::uint8_t>;

/// What came, at most; without waiting.
Octets received(const UniqueFd& socket) {
  Octets octets(64 * 1024);
  const auto got = ::recv(socket.get(), octets.data(), octets.size(), MSG_DONTWAIT);
  octets.resize(got > 0 ? static_cast<std::size_t>(got) : 0);
  return octets;
}

void send_to(const UniqueFd& socket, Bytes octets) {
  EXPECT_EQ(::send(socket.get(), octets.data(), octets.size(), MSG_NOSIGNAL),
            static_cast<ssize_t>(octets.size()));
}

bool is_closed(const UniqueFd& socket) {
  std::uint8_t octet = 0;
  return ::recv(socket.get(), &octet, 1, MSG_DONTWAIT | MSG_PEEK) == 0;
}

class Agent : public testing::Test {
 protected:
  Agent() {
    dial_.host = "vpn.labs.example";
    dial_.identity = "/etc/tunneld/keys/labs";
    dial_.host_keys = {
        "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGoq6rsCr8mcmD9vhzWbg0/imEv5zrNtJrAdAVGBTKmO"};
  }

  Result<std::unique_ptr<DialAgent>> make(const std::string& key) {
    AgentObserver observer{[this](std::string what) { refused_.push_back(std::move(what)); },
                           [this](std::string what) { signed_.push_back(std::move(what)); },
                           [this](AgentFault fault, std::string why) {
                             faults_.push_back(fault);
                             failure_ = std::move(why);
                           }};
    return DialAgent::make(context_, dial_, Secret{key_bytes(key)}, std::move(observer));
  }

  /// With a client that is connected to it.
  void start(const std::string& key = "ed25519") {
    auto made = make(key);
    ASSERT_TRUE(made.has_value()) << made.error().message();
    agent_ = std::move(*made);
    auto socket = agent_->connect();
    ASSERT_TRUE(socket.has_value());
    client_ = std::move(*socket);
  }

  void poll() {
    context_.restart();
    context_.poll();
  }

  Octets ask(const Octets& request) {
    send_to(client_, request);
    poll();
    return received(client_);
  }

  static Octets blob(const std::string& key = "ed25519") {
    return agent::public_half(key_bytes(key + ".pub")).value_or(Octets{});
  }

  static LoginParts login(const std::string& key = "ed25519") {
    LoginParts parts;
    parts.key_blob = blob(key);
    return parts;
  }

  static Octets sign_request(const LoginParts& parts) {
    return agent::write_sign_request({parts.key_blob, signed_data(parts), 0});
  }

  boost::asio::io_context context_;
  config::Dial dial_;
  std::unique_ptr<DialAgent> agent_;
  UniqueFd client_;
  std::vector<std::string> refused_;
  std::vector<std::string> signed_;
  std::vector<AgentFault> faults_;
  std::string failure_;
};

TEST_F(Agent, SignsTheLoginOfTheProfile) {
  start();
  EXPECT_EQ(ask(agent::write_identities_request()), agent::write_identities_answer(blob(), ""));
  const auto answer = ask(sign_request(login()));
  const auto key = agent::PrivateKey::parse(key_bytes("ed25519"));
  ASSERT_TRUE(key.has_value());
  // Ed25519 signs the same the same way.
  EXPECT_EQ(answer, agent::write_sign_answer(*key->sign("ssh-ed25519", signed_data(login()))));
  EXPECT_THAT(signed_, ElementsAre("signed a login as pppossh with the key of "
                                   "/etc/tunneld/keys/labs"));
  EXPECT_THAT(refused_, IsEmpty());
}

TEST_F(Agent, RefusesAnotherLoginAndSaysSo) {
  start();
  auto parts = login();
  parts.user = "root";
  EXPECT_EQ(ask(sign_request(parts)), agent::write_failure());
  EXPECT_THAT(refused_, ElementsAre("a login as another user"));
  EXPECT_THAT(signed_, IsEmpty());
}

TEST_F(Agent, LosesItsKeyWithItsClient) {
  start();
  EXPECT_TRUE(agent_->holds_key());
  client_.reset();
  poll();
  EXPECT_FALSE(agent_->holds_key());
  EXPECT_THAT(refused_, IsEmpty());
}

TEST_F(Agent, HangsUpOnAMalformedRequestAndLosesItsKey) {
  start();
  EXPECT_THAT(ask({0, 0, 0, 1, 13}), IsEmpty());
  EXPECT_TRUE(is_closed(client_));
  EXPECT_FALSE(agent_->holds_key());
  EXPECT_THAT(refused_, ElementsAre(HasSubstr("malformed")));
}

TEST_F(Agent, HangsUpOnARequestThatIsTooLong) {
  start();
  EXPECT_THAT(ask({0, 0, 0x40, 1}), IsEmpty());
  EXPECT_TRUE(is_closed(client_));
  EXPECT_FALSE(agent_->holds_key());
  EXPECT_THAT(refused_, ElementsAre(HasSubstr("too long")));
}

TEST_F(Agent, HangsUpWhenItsTimeIsOver) {
  start();
  agent_.reset();
  poll();
  EXPECT_TRUE(is_closed(client_));
}

TEST_F(Agent, SaysWhyAKeyCannotBeUsed) {
  const auto locked = make("ed25519_passphrase");
  ASSERT_FALSE(locked);
  EXPECT_EQ(locked.error().message(),
            "the identity /etc/tunneld/keys/labs is protected by a passphrase");
  EXPECT_FALSE(make("dsa"));
  EXPECT_FALSE(make("ed25519.pub"));
}

/// This process plays the bridge, and a child of it ssh.
class Door : public Agent {
 protected:
  void SetUp() override {
    ASSERT_TRUE(folder_.made());
    auto made = make("ed25519");
    ASSERT_TRUE(made.has_value());
    agent_ = std::move(*made);
    auto handle = agent_->open_door(folder_.path(), ::getpid());
    ASSERT_TRUE(handle.has_value()) << handle.error().message();
    handle_ = std::move(*handle);
  }

  std::string path() const {
    return "/proc/" + std::to_string(::getpid()) + "/fd/" + std::to_string(handle_.get());
  }

  TemporaryFolder folder_{"/tmp", "door"};
  UniqueFd handle_;
};

TEST_F(Door, HasNoName) {
  EXPECT_TRUE(std::filesystem::is_empty(folder_.path()));
}

TEST_F(Door, IsOpenToOneChildOfTheBridge) {
  std::array<int, 2> ends{};
  ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()), 0);
  const UniqueFd ours{ends[0]};
  const UniqueFd theirs{ends[1]};
  const auto door = path();
  const pid_t child = ::fork();
  if (child == 0) {
    const auto socket = connect_unix(door, SocketKind::Stream);
    const std::uint8_t connected = socket.has_value() ? 1 : 0;
    std::uint8_t go = 0;
    const bool told =
        ::write(theirs.get(), &connected, 1) == 1 && ::read(theirs.get(), &go, 1) == 1;
    ::_exit(told && socket && !is_closed(*socket) ? 0 : 1);
  }
  std::uint8_t connected = 0;
  ASSERT_EQ(::read(ours.get(), &connected, 1), 1);
  EXPECT_EQ(connected, 1);
  poll();
  EXPECT_FALSE(connect_unix(door, SocketKind::Stream)) << "nobody listens any more";
  ASSERT_EQ(::write(ours.get(), &connected, 1), 1);
  int status = -1;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_EQ(status, 0) << "it was not cut off";
  EXPECT_THAT(refused_, IsEmpty());
}

TEST_F(Door, IsClosedToOthers) {
  const auto socket = connect_unix(path(), SocketKind::Stream);
  ASSERT_TRUE(socket.has_value());
  poll();
  EXPECT_TRUE(is_closed(*socket)) << "this process is not a child of itself";
  EXPECT_THAT(refused_, ElementsAre(HasSubstr("not the ssh of the bridge")));
  EXPECT_TRUE(agent_->holds_key());
}

/// With a profile that names an agent, which the test plays.
class OtherAgent : public Agent {
 protected:
  OtherAgent() { dial_.agent = folder_.path() / "socket"; }

  void listen() {
    auto listener = listen_unix(dial_.agent, SocketKind::Stream, 0600);
    ASSERT_TRUE(listener.has_value());
    listener_ = std::move(*listener);
  }

  void start_both() {
    listen();
    start("ed25519.pub");
    above_ = UniqueFd{::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC)};
    ASSERT_TRUE(above_);
    EXPECT_EQ(received(above_), agent::write_identities_request());
  }

  void answer(const Octets& octets) {
    send_to(above_, octets);
    poll();
  }

  TemporaryFolder folder_{"/tmp", "agent"};
  UniqueFd listener_;
  UniqueFd above_;
};

TEST_F(OtherAgent, SignsTheLoginOfTheProfile) {
  start_both();
  EXPECT_THAT(ask(sign_request(login())), IsEmpty()) << "it is not known yet whether it can";
  answer(agent::write_identities_answer(blob(), "somebody's"));
  EXPECT_EQ(received(above_), sign_request(login()));
  const Octets signature{1, 2, 3};
  answer(agent::write_sign_answer(signature));
  EXPECT_EQ(received(client_), agent::write_sign_answer(signature));
  EXPECT_THAT(signed_, ElementsAre(HasSubstr("by the agent " + dial_.agent.native())));
  EXPECT_THAT(faults_, IsEmpty());
}

TEST_F(OtherAgent, IsNotAskedForAnythingElse) {
  start_both();
  answer(agent::write_identities_answer(blob(), ""));
  auto parts = login();
  parts.user = "root";
  EXPECT_EQ(ask(sign_request(parts)), agent::write_failure());
  EXPECT_EQ(ask({0, 0, 0, 1, 19}), agent::write_failure()) << "to remove all keys";
  EXPECT_THAT(received(above_), IsEmpty());
  EXPECT_THAT(refused_, ElementsAre("a login as another user", "a request of type 19"));
}

TEST_F(OtherAgent, ThatIsNotThereMayCome) {
  start("ed25519.pub");
  EXPECT_THAT(faults_, ElementsAre(AgentFault::Unreachable));
  EXPECT_THAT(failure_, HasSubstr("start it under the account of tunneld"));
  EXPECT_THAT(failure_, HasSubstr(dial_.agent.native()));
}

TEST_F(OtherAgent, WithoutTheKeyIsOfNoUse) {
  start_both();
  answer(agent::write_identities_answer(blob("ecdsa"), ""));
  EXPECT_THAT(faults_, ElementsAre(AgentFault::Unusable));
  EXPECT_THAT(failure_, HasSubstr("does not have the key of /etc/tunneld/keys/labs"));
  EXPECT_THAT(failure_, HasSubstr("ssh-add"));
}

TEST_F(OtherAgent, ThatRefusesIsOfNoUse) {
  start_both();
  answer(agent::write_identities_answer(blob(), ""));
  EXPECT_THAT(ask(sign_request(login())), IsEmpty());
  answer(agent::write_failure());
  EXPECT_THAT(faults_, ElementsAre(AgentFault::Unusable));
  EXPECT_THAT(failure_, HasSubstr("refuses to sign"));
}

TEST_F(OtherAgent, ThatHangsUpIsSaidToBelongToSomebodyElse) {
  start_both();
  above_.reset();
  poll();
  EXPECT_THAT(faults_, ElementsAre(AgentFault::Unreachable));
  EXPECT_THAT(failure_, HasSubstr("It must run under the account of tunneld"));
}

TEST_F(OtherAgent, ThatSpeaksNonsenseHasNoKey) {
  start_both();
  answer({0, 0, 0, 5, 12, 0xff, 0xff, 0xff, 0xff});
  EXPECT_THAT(faults_, ElementsAre(AgentFault::Unusable));
}

TEST_F(OtherAgent, IsNamedByAPrivateKeyToo) {
  dial_.agent = folder_.path() / "socket";
  listen();
  for (const auto* key : {"ed25519", "ed25519_passphrase", "rsa_pem"}) {
    EXPECT_TRUE(make(key).has_value()) << key;
  }
  const auto nothing = make("rsa_pem_passphrase");
  ASSERT_FALSE(nothing);
  EXPECT_THAT(nothing.error().message(), HasSubstr("name a .pub file"));
}

}  // namespace
}  // namespace tunnel::supervisor
