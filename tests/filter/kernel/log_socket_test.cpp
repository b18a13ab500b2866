// What rules have logged comes here, some records at a time, and what is lost is counted.

#include "filter/kernel/log_socket.hpp"

#include "filter/packet/packet_parser.hpp"
#include "tests/filter/kernel/own_gateway.hpp"

#include <gtest/gtest.h>

#include <poll.h>

#include <vector>

namespace tunnel::filter::kernel {
namespace {

constexpr std::uint16_t kPort = 5300;
constexpr unsigned kGroup = 5;
constexpr int kPatience = 10'000;  // ms

/// Reads until so many records are there, or none comes any more.
std::vector<std::uint16_t> read_numbers(LogSocket& log, std::size_t wanted) {
  std::vector<std::uint16_t> numbers;
  while (numbers.size() < wanted) {
    pollfd waiting{log.fd(), POLLIN, 0};
    if (::poll(&waiting, 1, kPatience) <= 0) break;
    const auto read = log.read([&](const LoggedPacket& logged) {
      const auto packet = packet::parse_beginning(logged.packet);
      EXPECT_EQ(logged.mark, 7U);
      EXPECT_EQ(logged.prefix, "p");
      if (packet) numbers.push_back(packet->ends.source_port);
    });
    if (!read) break;
  }
  return numbers;
}

TEST(LogSocket, BringsEveryRecordOfABurstInOrder) {
  test::enter_own_namespace();
  test::apply(test::logging_table(kPort, kGroup));
  auto log = LogSocket::open(kGroup);
  ASSERT_TRUE(log);
  test::Sender sender{kPort};
  constexpr std::uint16_t kCount = 20'000;
  for (std::uint16_t i = 0; i < kCount; ++i) sender.send(i);
  const auto numbers = read_numbers(*log, kCount);
  ASSERT_EQ(numbers.size(), kCount);
  for (std::uint16_t i = 0; i < kCount; ++i) ASSERT_EQ(numbers[i], i);
  EXPECT_EQ(log->lost(), 0U);
  EXPECT_EQ(log->overruns(), 0U);
}

TEST(LogSocket, BringsASingleRecordWithoutWaitingForMore) {
  test::enter_own_namespace();
  test::apply(test::logging_table(kPort, kGroup));
  auto log = LogSocket::open(kGroup);
  ASSERT_TRUE(log);
  test::Sender{kPort}.send(1);
  EXPECT_EQ(read_numbers(*log, 1), std::vector<std::uint16_t>{1});
}

TEST(LogSocket, CountsRecordsThatWereNotReadInTime) {
  test::enter_own_namespace();
  test::apply(test::logging_table(kPort, kGroup));
  auto log = LogSocket::open(kGroup, LogSocket::Delivery::AtOnce);
  ASSERT_TRUE(log);
  test::Sender sender{kPort};
  std::size_t sent = 0;
  std::size_t received = 0;
  // Until the kernel has nowhere to put them; one more tells how many there were.
  for (; log->overruns() == 0 && sent < 500'000; sent += 5000) {
    for (int i = 0; i < 5000; ++i) sender.send(0);
    pollfd state{log->fd(), 0, 0};
    if (::poll(&state, 1, 0) == 0 || (state.revents & POLLERR) == 0) continue;
    auto rest = LogSocket::Rest::Yes;
    while (rest == LogSocket::Rest::Yes) {
      const auto read = log->read([&](const LoggedPacket&) { ++received; });
      ASSERT_TRUE(read);
      rest = *read;
    }
  }
  ASSERT_GT(log->overruns(), 0U);
  sender.send(1);
  received += read_numbers(*log, 1).size();
  EXPECT_GT(log->lost(), 0U);
  EXPECT_EQ(log->lost() + received, sent + 1);
}

TEST(LogSocket, SaysThatAGroupIsTaken) {
  test::enter_own_namespace();
  auto first = LogSocket::open(kGroup);
  ASSERT_TRUE(first);
  const auto second = LogSocket::open(kGroup);
  ASSERT_FALSE(second);
  EXPECT_NE(second.error().message().find("group 5 of NFLOG"), std::string::npos);
}

}  // namespace
}  // namespace tunnel::filter::kernel
