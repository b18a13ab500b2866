#include "pppd-bridge/session/supervisor_channel.hpp"

#include "tests/base/descriptors.hpp"
#include "tunneld/base/unix_socket.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <unistd.h>

#include <array>
#include <string>
#include <utility>
#include <vector>

namespace tunnel::session {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::SizeIs;

class SupervisorChannelTest : public testing::Test {
 protected:
  void SetUp() override {
    auto pair = seqpacket_pair();
    ASSERT_TRUE(pair);
    channel = SupervisorChannel{std::move(pair->first)};
    tunneld = std::move(pair->second);
  }

  void say(const ipc::ToBridge& message, std::span<const int> descriptors = {}) {
    ASSERT_TRUE(send_datagram(tunneld.get(), ipc::encode(message), descriptors));
  }

  /// All that tunneld has been told and not yet heard.
  std::vector<ipc::FromBridge> heard() {
    std::vector<ipc::FromBridge> all;
    Datagram datagram;
    for (;;) {
      const auto status = receive_datagram(tunneld.get(), ipc::kMaxMessage, datagram);
      if (!status || *status != ReceiveStatus::Received) return all;
      auto message = ipc::decode_from_bridge(datagram.bytes);
      EXPECT_TRUE(message);
      if (message) all.push_back(std::move(*message));
    }
  }

  /// Log lines 0, 1, 2, … until the socket is full and `pending` of them wait. Returns how many.
  int fill(std::size_t pending) {
    int lines = 0;
    while (!channel.wants_write()) send_line(lines++);
    for (std::size_t waiting = 1; waiting < pending; ++waiting) send_line(lines++);
    return lines;
  }

  void send_line(int number) {
    channel.send(ipc::PppEvent{ipc::Layer::Lcp, std::to_string(number)});
  }

  static std::string text_of(const ipc::FromBridge& message) {
    const auto* event = std::get_if<ipc::PppEvent>(&message);
    return event == nullptr ? "" : event->text;
  }

  SupervisorChannel channel;
  UniqueFd tunneld;
};

constexpr std::size_t kMostPending = 256;

TEST_F(SupervisorChannelTest, SendsAtOnceWhatFits) {
  channel.send(ipc::LinkDown{ipc::Permanence::Transient, "no echo"});
  EXPECT_FALSE(channel.wants_write());
  EXPECT_THAT(heard(),
              ElementsAre(ipc::FromBridge{ipc::LinkDown{ipc::Permanence::Transient, "no echo"}}));
}

TEST_F(SupervisorChannelTest, GivesUpATunneldThatTakesNothing) {
  fill(kMostPending);
  int sent = 0;
  while (channel.open() && sent < 10'000) {
    channel.send(ipc::StageReached{ipc::Stage::Ncp, {}});
    ++sent;
  }
  EXPECT_FALSE(channel.open());
  EXPECT_EQ(sent, 1024 - 256 + 1);
}

TEST_F(SupervisorChannelTest, QueuesWhatDoesNotFitAndKeepsTheOrder) {
  const int lines = fill(100);
  std::vector<ipc::FromBridge> all;
  for (int rounds = 0; channel.wants_write(); ++rounds) {
    ASSERT_LT(rounds, 1000);
    for (auto& message : heard()) all.push_back(std::move(message));
    channel.flush();
  }
  for (auto& message : heard()) all.push_back(std::move(message));
  ASSERT_THAT(all, SizeIs(static_cast<std::size_t>(lines)));
  for (int i = 0; i < lines; ++i) {
    ASSERT_EQ(text_of(all[static_cast<std::size_t>(i)]), std::to_string(i));
  }
}

TEST_F(SupervisorChannelTest, LosesLinesBeyondItsBoundAndSaysHowMany) {
  const int kept = fill(kMostPending);
  for (int i = 0; i < 7; ++i) send_line(-1);
  channel.send(ipc::RemoteText{"lost"});
  channel.send(ipc::Statistics{});
  std::vector<ipc::FromBridge> all;
  while (channel.wants_write()) {
    for (auto& message : heard()) all.push_back(std::move(message));
    channel.flush();
  }
  for (auto& message : heard()) all.push_back(std::move(message));
  ASSERT_THAT(all, SizeIs(static_cast<std::size_t>(kept) + 1));
  EXPECT_EQ(text_of(all.back()), "9 messages were lost here");
}

TEST_F(SupervisorChannelTest, NeverLosesWhatChangesTheLinksState) {
  fill(kMostPending);
  channel.send(ipc::LinkUp{});
  channel.send(ipc::StageReached{ipc::Stage::Ncp, ""});
  channel.send(ipc::LinkDown{ipc::Permanence::Transient, "the last word"});
  std::vector<ipc::FromBridge> all;
  while (channel.wants_write()) {
    for (auto& message : heard()) all.push_back(std::move(message));
    channel.flush();
  }
  for (auto& message : heard()) all.push_back(std::move(message));
  ASSERT_GE(all.size(), 3U);
  EXPECT_TRUE(std::holds_alternative<ipc::LinkUp>(all[all.size() - 3]));
  EXPECT_TRUE(std::holds_alternative<ipc::StageReached>(all[all.size() - 2]));
  EXPECT_TRUE(std::holds_alternative<ipc::LinkDown>(all.back()));
}

TEST_F(SupervisorChannelTest, HandsOverADescriptor) {
  std::array<int, 2> ends{};
  ASSERT_EQ(::pipe(ends.data()), 0);
  const UniqueFd reading{ends[0]};
  const UniqueFd writing{ends[1]};
  channel.send(ipc::Claim{}, reading.get());
  Datagram datagram;
  ASSERT_EQ(*receive_datagram(tunneld.get(), ipc::kMaxMessage, datagram), ReceiveStatus::Received);
  ASSERT_THAT(datagram.descriptors, SizeIs(1));
  EXPECT_TRUE(tunnel::test::same_file(datagram.descriptors[0], reading));
  EXPECT_TRUE(channel.open());
}

TEST_F(SupervisorChannelTest, DescriptorThatCannotBeHandedOverAtOnceClosesIt) {
  fill(1);
  channel.send(ipc::Claim{}, tunneld.get());
  EXPECT_FALSE(channel.open());
  EXPECT_FALSE(channel.wants_write());
}

TEST_F(SupervisorChannelTest, HearsMessagesWithTheirDescriptors) {
  const std::array descriptors{tunneld.get()};
  say(ipc::Shutdown{"first"}, descriptors);
  say(ipc::Refused{"second"});
  const auto first = channel.receive();
  ASSERT_TRUE(first);
  EXPECT_EQ(first->message, ipc::ToBridge{ipc::Shutdown{"first"}});
  ASSERT_THAT(first->descriptors, SizeIs(1));
  EXPECT_TRUE(tunnel::test::same_file(first->descriptors[0], tunneld));
  const auto second = channel.receive();
  ASSERT_TRUE(second);
  EXPECT_EQ(second->message, ipc::ToBridge{ipc::Refused{"second"}});
  EXPECT_FALSE(channel.receive());
  EXPECT_TRUE(channel.open());
}

TEST_F(SupervisorChannelTest, ClosesOnAMalformedMessageAndLeaksNothing) {
  const auto before = tunnel::test::open_descriptors();
  for (const std::vector<std::uint8_t>& datagram :
       {std::vector<std::uint8_t>{0xff},
        {2, 0, 1},
        {2, 0, 0, 0},
        std::vector<std::uint8_t>(ipc::kMaxMessage + 1, 2)}) {
    SetUp();
    const std::array descriptors{tunneld.get()};
    ASSERT_TRUE(send_datagram(tunneld.get(), datagram, descriptors));
    EXPECT_FALSE(channel.receive());
    EXPECT_FALSE(channel.open());
    EXPECT_EQ(channel.fd(), -1);
  }
  EXPECT_EQ(tunnel::test::open_descriptors(), before - 1);  // the channel's own end
}

TEST_F(SupervisorChannelTest, ClosesWhenTunneldIsGone) {
  say(ipc::Refused{"the last word"});
  tunneld.reset();
  EXPECT_TRUE(channel.receive());
  EXPECT_FALSE(channel.receive());
  EXPECT_FALSE(channel.open());
}

TEST_F(SupervisorChannelTest, ClosesWhenNobodyHearsWhatItSends) {
  tunneld.reset();
  channel.send(ipc::Statistics{});
  EXPECT_FALSE(channel.open());
  channel.send(ipc::Statistics{});  // and says nothing more
  channel.flush();
  EXPECT_FALSE(channel.wants_write());
  EXPECT_FALSE(channel.receive());
}

TEST_F(SupervisorChannelTest, WaitsForAnAnswer) {
  say(ipc::Refused{"labs is down"});
  const auto answer = channel.wait(10s);
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->message, ipc::ToBridge{ipc::Refused{"labs is down"}});
}

TEST_F(SupervisorChannelTest, WaitsNoLongerThanItsPatience) {
  const auto answer = channel.wait(20ms);
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code, std::errc::timed_out);
  EXPECT_THAT(answer.error().message(), HasSubstr("tunneld did not answer within"));
}

TEST_F(SupervisorChannelTest, SaysThatTunneldIsGoneInsteadOfWaiting) {
  tunneld.reset();
  const auto answer = channel.wait(10s);
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().message(), "tunneld closed the connection");
}

}  // namespace
}  // namespace tunnel::session
