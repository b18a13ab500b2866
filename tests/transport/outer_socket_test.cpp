#include "pppd-bridge/transport/outer_socket.hpp"

#include <gtest/gtest.h>

#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <vector>

namespace tunnel::transport {

namespace {

class OuterSockets : public testing::Test {
 protected:
  OuterSockets() {
    std::array<int, 2> ends{};
    EXPECT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()), 0);
    outer = std::make_unique<OuterSocket>(UniqueFd{ends[0]});
    peer = UniqueFd{ends[1]};
  }

  std::unique_ptr<OuterSocket> outer;
  UniqueFd peer;
  std::vector<std::uint8_t> into = std::vector<std::uint8_t>(1024);
};

TEST_F(OuterSockets, HandOutNoMoreThanIsAllowed) {
  ASSERT_EQ(::write(peer.get(), "0123456789", 10), 10);
  EXPECT_EQ(outer->receive(into), -EAGAIN);
  EXPECT_FALSE(outer->drained());
  outer->allow_input(4);
  EXPECT_EQ(outer->receive(into), 4);
  EXPECT_EQ(outer->receive(into), -EAGAIN);
  EXPECT_FALSE(outer->drained());
  outer->allow_input(100);
  EXPECT_EQ(outer->receive(into), 6);
  EXPECT_EQ(outer->receive(into), -EAGAIN);
  EXPECT_TRUE(outer->drained());
}

TEST_F(OuterSockets, TakePacketsWholeWhateverTheSocketHasRoomFor) {
  const std::vector<std::uint8_t> packet(35'000, 1);
  while (outer->accepts_data()) ASSERT_TRUE(outer->append(packet));
  EXPECT_TRUE(outer->append(packet));  // and what the library sends beside the data
  EXPECT_TRUE(outer->has_output());
  EXPECT_EQ(outer->state(), OuterSocket::State::Open);
}

TEST_F(OuterSockets, FailWhenThePeerWantsAnswersAndReadsNone) {
  const std::vector<std::uint8_t> packet(35'000, 1);
  for (int i = 0; i < 18; ++i) ASSERT_TRUE(outer->append(packet)) << i;
  EXPECT_FALSE(outer->append(packet));
  EXPECT_EQ(outer->state(), OuterSocket::State::Failed);
  EXPECT_EQ(outer->reason(), "sshd asks for more answers than it reads");
}

TEST_F(OuterSockets, FlushAsMuchAsTheSocketTakes) {
  const std::vector<std::uint8_t> packet(600'000, 1);
  ASSERT_TRUE(outer->append(packet));
  EXPECT_EQ(outer->flush().status, IoStatus::WouldBlock);
  EXPECT_TRUE(outer->has_output());
  std::size_t received = 0;
  std::vector<std::uint8_t> buffer(1024 * 1024);
  while (received < packet.size()) {
    const auto got = ::recv(peer.get(), buffer.data(), buffer.size(), MSG_DONTWAIT);
    if (got > 0) received += static_cast<std::size_t>(got);
    outer->flush();
  }
  EXPECT_EQ(received, packet.size());
  EXPECT_EQ(outer->flush().status, IoStatus::Done);
}

// libssh2 would throw away what it has queued: the end is ours to know.
TEST_F(OuterSockets, HideTheEndOfTheConnectionFromTheLibrary) {
  ASSERT_EQ(::write(peer.get(), "last", 4), 4);
  peer.reset();
  outer->allow_input(100);
  EXPECT_EQ(outer->receive(into), 4);
  EXPECT_EQ(outer->state(), OuterSocket::State::Open);
  EXPECT_EQ(outer->receive(into), -EAGAIN);
  EXPECT_EQ(outer->state(), OuterSocket::State::Closed);
  EXPECT_EQ(outer->reason(), "sshd closed the connection");
}

TEST_F(OuterSockets, LeaveWhatThePeerSaidLastReadableWhenSendingFails) {
  ASSERT_EQ(::write(peer.get(), "last", 4), 4);
  peer.reset();
  ASSERT_TRUE(outer->append(into));
  EXPECT_EQ(outer->flush().status, IoStatus::Failed);
  outer->allow_input(100);
  EXPECT_EQ(outer->receive(into), 4);
  EXPECT_EQ(outer->receive(into), -EAGAIN);
  EXPECT_EQ(outer->state(), OuterSocket::State::Failed);
  EXPECT_EQ(outer->reason(), "send to sshd: Broken pipe");
}

TEST_F(OuterSockets, WaitNoLongerThanTheDeadlineHoweverMuchComes) {
  ASSERT_EQ(::write(peer.get(), "drip", 4), 4);
  EXPECT_TRUE(outer->wait(Deadline{std::chrono::seconds{5}}));
  EXPECT_FALSE(outer->wait(Deadline{std::chrono::seconds{0}}));
}

}  // namespace

}  // namespace tunnel::transport
