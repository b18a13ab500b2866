#include "pppd-bridge/transport/stdio_transport.hpp"

#include "driver.hpp"

#include <gtest/gtest.h>

#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>

namespace tunnel::transport {

namespace {

struct Ends {
  UniqueFd ours;
  UniqueFd theirs;
};

Ends make_socketpair() {
  std::array<int, 2> ends{};
  EXPECT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()), 0);
  return {UniqueFd{ends[0]}, UniqueFd{ends[1]}};
}

Ends make_pipe_to_us() {
  std::array<int, 2> ends{};
  EXPECT_EQ(::pipe2(ends.data(), O_CLOEXEC), 0);
  return {UniqueFd{ends[0]}, UniqueFd{ends[1]}};
}

Ends make_pipe_from_us() {
  auto ends = make_pipe_to_us();
  return {std::move(ends.theirs), std::move(ends.ours)};
}

UniqueFd copy(const UniqueFd& fd) {
  return UniqueFd{::dup(fd.get())};
}

bool is_nonblocking(const UniqueFd& fd) {
  return (::fcntl(fd.get(), F_GETFL) & O_NONBLOCK) != 0;
}

std::unique_ptr<Transport> make(UniqueFd in, UniqueFd out) {
  auto result = stdio_transport(std::move(in), std::move(out));
  EXPECT_TRUE(result.has_value());
  return result ? std::move(*result) : nullptr;
}

/// Makes what the transport wrote its input.
std::size_t reflect(int from, int to) {
  std::array<std::uint8_t, 65536> buffer;
  const auto got = ::recv(from, buffer.data(), buffer.size(), MSG_DONTWAIT);
  if (got <= 0) return 0;
  return static_cast<std::size_t>(::write(to, buffer.data(), static_cast<std::size_t>(got)));
}

// sshd hands out one socket as both standard input and output.
TEST(StdioTransport, CarriesBytesOverOneSocket) {
  auto [ours, theirs] = make_socketpair();
  const auto stream = make(copy(ours), copy(ours));
  ASSERT_NE(stream, nullptr);
  const auto sent = transfer(*stream, 100'000, 0);
  EXPECT_EQ(sent.sent, 100'000U);
  while (reflect(theirs.get(), theirs.get()) > 0) {
  }
  const auto received = transfer(*stream, 0, 100'000);
  EXPECT_EQ(received.received, 100'000U);
  EXPECT_EQ(received.wrong, 0U);
}

TEST(StdioTransport, TakesAllThatAPipeHoldsInOneRead) {
  auto [in, far_in] = make_pipe_to_us();
  auto [out, far_out] = make_pipe_from_us();
  const auto stream = make(std::move(in), std::move(out));
  ASSERT_NE(stream, nullptr);
  const std::vector<std::uint8_t> block(1024, 7);
  for (int i = 0; i < 48; ++i) ASSERT_EQ(::write(far_in.get(), block.data(), block.size()), 1024);
  std::vector<std::uint8_t> into(256 * 1024);
  const auto got = stream->read(into);
  EXPECT_EQ(got.status, IoStatus::Done);
  EXPECT_EQ(got.bytes, 48U * 1024);
  EXPECT_EQ(stream->read(into).status, IoStatus::WouldBlock);
}

TEST(StdioTransport, EnlargesPipes) {
  auto [in, far_in] = make_pipe_to_us();
  auto [out, far_out] = make_pipe_from_us();
  const auto stream = make(std::move(in), std::move(out));
  EXPECT_EQ(::fcntl(far_in.get(), F_GETPIPE_SZ), 1024 * 1024);
  EXPECT_EQ(::fcntl(far_out.get(), F_GETPIPE_SZ), 1024 * 1024);
}

TEST(StdioTransport, WatchesForRoomOnlyWhileSomethingWaits) {
  auto [in, far_in] = make_pipe_to_us();
  auto [out, far_out] = make_pipe_from_us();
  const int out_number = out.get();
  const auto stream = make(std::move(in), std::move(out));
  ASSERT_NE(stream, nullptr);
  const auto interest = [&] {
    for (const auto& watch : stream->watches()) {
      if (watch.fd == out_number) return watch.interest;
    }
    return Interest::Both;
  };
  EXPECT_EQ(interest(), Interest::None);
  std::vector<std::uint8_t> block(3 * 1024 * 1024);
  const auto put = stream->write(block);
  EXPECT_EQ(put.status, IoStatus::Done);
  EXPECT_LT(put.bytes, block.size());
  EXPECT_EQ(stream->write(block).status, IoStatus::WouldBlock);
  EXPECT_EQ(interest(), Interest::Writable);
  EXPECT_GT(::read(far_out.get(), block.data(), block.size()), 0);
  EXPECT_EQ(stream->write(Bytes{block}.first(10)).bytes, 10U);
  EXPECT_EQ(interest(), Interest::None);
}

TEST(StdioTransport, SaysThatTheInputWasClosed) {
  auto [in, far_in] = make_pipe_to_us();
  auto [out, far_out] = make_pipe_from_us();
  const auto stream = make(std::move(in), std::move(out));
  ASSERT_NE(stream, nullptr);
  ASSERT_EQ(::write(far_in.get(), "x", 1), 1);
  far_in.reset();
  std::array<std::uint8_t, 16> into;
  EXPECT_EQ(stream->read(into).bytes, 1U);
  EXPECT_EQ(stream->read(into).status, IoStatus::Closed);
  EXPECT_EQ(stream->close_reason(), "standard input was closed");
}

// Without a signal: SIGPIPE would kill this test.
TEST(StdioTransport, SaysThatNobodyReadsTheOutput) {
  auto [in, far_in] = make_pipe_to_us();
  auto [out, far_out] = make_pipe_from_us();
  const auto stream = make(std::move(in), std::move(out));
  ASSERT_NE(stream, nullptr);
  far_out.reset();
  EXPECT_EQ(stream->write(to_bytes("x")).status, IoStatus::Closed);
  EXPECT_EQ(stream->close_reason(), "nobody reads our standard output");
}

TEST(StdioTransport, PutsTheDescriptorsFlagsBack) {
  auto [ours, theirs] = make_socketpair();
  auto [in, far_in] = make_pipe_to_us();
  const auto kept = copy(in);
  auto stream = make(std::move(in), copy(ours));
  EXPECT_TRUE(is_nonblocking(kept));
  EXPECT_TRUE(is_nonblocking(ours));
  stream.reset();
  EXPECT_FALSE(is_nonblocking(kept));
  EXPECT_FALSE(is_nonblocking(ours));

  stream = make(copy(ours), copy(ours));
  EXPECT_TRUE(is_nonblocking(ours));
  stream.reset();
  EXPECT_FALSE(is_nonblocking(ours));
}

TEST(StdioTransport, IsAnErrorOverADescriptorThatIsNotOpen) {
  auto [ours, theirs] = make_socketpair();
  EXPECT_FALSE(stdio_transport(UniqueFd{}, std::move(ours)).has_value());
}

}  // namespace

}  // namespace tunnel::transport
