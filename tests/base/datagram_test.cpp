// Datagrams with descriptors, over a socket pair.

#include "tests/base/descriptors.hpp"
#include "tunneld/base/unix_socket.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cstring>
#include <vector>

namespace tunnel {
namespace {

using testing::ElementsAre;
using testing::ElementsAreArray;
using testing::SizeIs;

class DatagramTest : public testing::Test {
 protected:
  void SetUp() override {
    auto pair = seqpacket_pair();
    ASSERT_TRUE(pair);
    ours = std::move(pair->first);
    theirs = std::move(pair->second);
  }

  /// What receive_datagram() says, of at most `limit` bytes.
  Result<ReceiveStatus> receive(std::size_t limit = 1024) {
    return receive_datagram(theirs.get(), limit, datagram);
  }

  UniqueFd ours;
  UniqueFd theirs;
  Datagram datagram;
};

constexpr std::array<std::uint8_t, 4> kMessage{1, 2, 3, 4};

TEST_F(DatagramTest, PairIsNonBlockingAndClosesOnExec) {
  for (const auto* end : {&ours, &theirs}) {
    EXPECT_TRUE(test::is_nonblocking(*end));
    EXPECT_TRUE(test::closes_on_exec(*end));
  }
}

TEST_F(DatagramTest, ArrivesWholeAndAlone) {
  ASSERT_TRUE(send_datagram(ours.get(), kMessage));
  ASSERT_TRUE(send_datagram(ours.get(), Bytes{kMessage}.first(1)));
  EXPECT_EQ(*receive(), ReceiveStatus::Received);
  EXPECT_THAT(datagram.bytes, ElementsAre(1, 2, 3, 4));
  EXPECT_THAT(datagram.descriptors, SizeIs(0));
  EXPECT_EQ(*receive(), ReceiveStatus::Received);
  EXPECT_THAT(datagram.bytes, ElementsAre(1));
}

TEST_F(DatagramTest, NothingThereIsNoError) {
  EXPECT_EQ(*receive(), ReceiveStatus::WouldBlock);
  EXPECT_THAT(datagram.bytes, SizeIs(0));
}

TEST_F(DatagramTest, TheEndOfThePeerIsTold) {
  ours.reset();
  EXPECT_EQ(*receive(), ReceiveStatus::Closed);
}

TEST_F(DatagramTest, WhatWasSentBeforeTheEndStillArrives) {
  ASSERT_TRUE(send_datagram(ours.get(), kMessage));
  ours.reset();
  EXPECT_EQ(*receive(), ReceiveStatus::Received);
  EXPECT_EQ(*receive(), ReceiveStatus::Closed);
}

TEST_F(DatagramTest, SendingToNobodyIsAnErrorAndNoSignal) {
  theirs.reset();
  const auto sent = send_datagram(ours.get(), kMessage);
  ASSERT_FALSE(sent);
  EXPECT_EQ(sent.error().code, std::errc::broken_pipe);
}

TEST_F(DatagramTest, AFullSocketSaysSoAndTakesMoreLater) {
  const std::vector<std::uint8_t> large(16 * 1024, 7);
  std::size_t sent = 0;
  auto status = send_datagram(ours.get(), large);
  for (; status; status = send_datagram(ours.get(), large)) ++sent;
  EXPECT_EQ(status.error().code, std::errc::resource_unavailable_try_again);
  ASSERT_GT(sent, 0U);
  for (std::size_t i = 0; i < sent; ++i) {
    ASSERT_EQ(*receive(large.size()), ReceiveStatus::Received);
    ASSERT_EQ(datagram.bytes, large);  // whole or not at all
  }
  EXPECT_EQ(*receive(large.size()), ReceiveStatus::WouldBlock);
  EXPECT_TRUE(send_datagram(ours.get(), large));
}

TEST_F(DatagramTest, OfExactlyTheLimitIsTaken) {
  ASSERT_TRUE(send_datagram(ours.get(), kMessage));
  EXPECT_EQ(*receive(kMessage.size()), ReceiveStatus::Received);
  EXPECT_THAT(datagram.bytes, ElementsAreArray(kMessage));
}

TEST_F(DatagramTest, LongerThanTheLimitIsRefusedAndTheNextOneIsNot) {
  ASSERT_TRUE(send_datagram(ours.get(), kMessage));
  ASSERT_TRUE(send_datagram(ours.get(), Bytes{kMessage}.first(2)));
  const auto status = receive(kMessage.size() - 1);
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().code, std::errc::message_size);
  EXPECT_EQ(*receive(), ReceiveStatus::Received);
  EXPECT_THAT(datagram.bytes, ElementsAre(1, 2));
}

TEST_F(DatagramTest, CarriesDescriptorsThatCloseOnExec) {
  std::array<int, 2> ends{};
  ASSERT_EQ(::pipe(ends.data()), 0);
  const UniqueFd reading{ends[0]};
  const UniqueFd writing{ends[1]};
  ASSERT_TRUE(send_datagram(ours.get(), kMessage, ends));
  ASSERT_EQ(*receive(), ReceiveStatus::Received);
  EXPECT_THAT(datagram.bytes, ElementsAreArray(kMessage));
  ASSERT_THAT(datagram.descriptors, SizeIs(2));
  EXPECT_TRUE(test::same_file(datagram.descriptors[0], reading));  // in the order they were sent
  EXPECT_TRUE(test::same_file(datagram.descriptors[1], writing));
  EXPECT_TRUE(test::closes_on_exec(datagram.descriptors[0]));
  ASSERT_EQ(::write(datagram.descriptors[1].get(), "x", 1), 1);
  char octet = 0;
  EXPECT_EQ(::read(reading.get(), &octet, 1), 1);
  EXPECT_EQ(octet, 'x');
}

TEST_F(DatagramTest, CarriesFourDescriptorsAtMost) {
  const std::vector<int> five(kMaxDescriptors + 1, ours.get());
  const auto refused = send_datagram(ours.get(), kMessage, five);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, std::errc::invalid_argument);
  ASSERT_TRUE(send_datagram(ours.get(), kMessage, std::span{five}.first(kMaxDescriptors)));
  ASSERT_EQ(*receive(), ReceiveStatus::Received);
  EXPECT_THAT(datagram.descriptors, SizeIs(kMaxDescriptors));
}

TEST_F(DatagramTest, FailsWholeWhenADescriptorIsNone) {
  const std::array broken{ours.get(), -1};
  EXPECT_FALSE(send_datagram(ours.get(), kMessage, broken));
  EXPECT_EQ(*receive(), ReceiveStatus::WouldBlock);
}

TEST_F(DatagramTest, DescriptorsOfARefusedDatagramAreClosed) {
  const auto before = test::open_descriptors();
  const std::array<int, 2> two{ours.get(), ours.get()};
  ASSERT_TRUE(send_datagram(ours.get(), kMessage, two));
  EXPECT_FALSE(receive(1));
  EXPECT_THAT(datagram.descriptors, SizeIs(0));
  EXPECT_EQ(test::open_descriptors(), before);
}

TEST_F(DatagramTest, DescriptorsOfTheLastDatagramAreClosedByTheNextReceive) {
  const auto before = test::open_descriptors();
  const std::array<int, 1> one{ours.get()};
  for (int i = 0; i < 3; ++i) {
    ASSERT_TRUE(send_datagram(ours.get(), kMessage, one));
    ASSERT_EQ(*receive(), ReceiveStatus::Received);
    EXPECT_EQ(test::open_descriptors(), before + 1);
  }
  EXPECT_EQ(*receive(), ReceiveStatus::WouldBlock);
  EXPECT_EQ(test::open_descriptors(), before);
}

/// Sends one more descriptor than send_datagram() would: a peer that keeps to no rule.
void send_five(int socket) {
  constexpr std::size_t kCount = kMaxDescriptors + 1;
  std::array<int, kCount> descriptors{};
  descriptors.fill(socket);
  alignas(cmsghdr) std::array<std::uint8_t, CMSG_SPACE(sizeof descriptors)> control{};
  std::uint8_t octet = 1;
  iovec part{&octet, 1};
  msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  message.msg_control = control.data();
  message.msg_controllen = control.size();
  auto* header = CMSG_FIRSTHDR(&message);
  header->cmsg_level = SOL_SOCKET;
  header->cmsg_type = SCM_RIGHTS;
  header->cmsg_len = CMSG_LEN(sizeof descriptors);
  std::memcpy(CMSG_DATA(header), descriptors.data(), sizeof descriptors);
  ASSERT_EQ(::sendmsg(socket, &message, 0), 1);
}

TEST_F(DatagramTest, WithMoreDescriptorsThanAllowedIsRefusedAndLeaksNone) {
  const auto before = test::open_descriptors();
  send_five(ours.get());
  const auto status = receive();
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().code, std::errc::message_size);
  EXPECT_EQ(test::open_descriptors(), before);
}

TEST_F(DatagramTest, PeerIsVouchedForByTheKernel) {
  const auto peer = peer_credentials(ours.get());
  ASSERT_TRUE(peer);
  EXPECT_EQ(peer->pid, ::getpid());
  EXPECT_EQ(peer->uid, ::geteuid());
  EXPECT_EQ(peer->gid, ::getegid());
  EXPECT_FALSE(peer_credentials(-1));
}

}  // namespace
}  // namespace tunnel
