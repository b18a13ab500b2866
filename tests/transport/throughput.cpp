/// How fast each client carries bytes each way, to a real sshd on this machine's loopback. Not a
/// test: it prints numbers, for somebody to compare.

#include "clients.hpp"
#include "driver.hpp"
#include "private_network.hpp"
#include "sshd.hpp"

#include <gtest/gtest.h>

#include <sys/resource.h>

#include <chrono>
#include <cstdio>

namespace tunnel::transport {

namespace {

constexpr std::size_t kMiB = 1024 * 1024;
constexpr std::size_t kAmount = 1024 * kMiB;

class Throughput : public EachClient {};

TUNNEL_EACH_CLIENT(Throughput);

double seconds_of_processor() {
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

template <typename Work>
void measure(const char* what, Transport& stream, Work work) {
  const auto begin = std::chrono::steady_clock::now();
  const auto processor = seconds_of_processor();
  const auto bytes = work();
  const std::chrono::duration<double> elapsed = std::chrono::steady_clock::now() - begin;
  const auto megabytes = static_cast<double>(bytes) / 1e6;
  std::printf("%-9s %-58s %5.0f MB/s, %5.0f MB per second of our processor time\n", what,
              stream.describe().c_str(), megabytes / elapsed.count(),
              megabytes / (seconds_of_processor() - processor));
}

// The last byte comes back when all others were read.
TEST_P(Throughput, Sending) {
  const auto command = "sh -c 'head -c " + std::to_string(kAmount) + " >/dev/null; echo'";
  const Sshd sshd{{.command = command}};
  const auto stream = connect(sshd.settings(GetParam()));
  ASSERT_NE(stream, nullptr);
  const std::vector<std::uint8_t> block(256 * 1024);
  std::vector<std::uint8_t> answer(64);
  measure("sending", *stream, [&] {
    std::size_t sent = 0;
    while (true) {
      stream->flush();
      if (stream->read(answer).status == IoStatus::Done) return sent;
      const auto put =
          sent < kAmount ? stream->write(Bytes{block}.first(std::min(block.size(), kAmount - sent)))
                         : Io{};
      sent += put.bytes;
      if (put.bytes == 0) wait_for(*stream, std::chrono::seconds{10});
    }
  });
}

TEST_P(Throughput, Receiving) {
  const Sshd sshd{{.command = "head -c " + std::to_string(kAmount) + " /dev/zero"}};
  const auto stream = connect(sshd.settings(GetParam()));
  ASSERT_NE(stream, nullptr);
  std::vector<std::uint8_t> into(256 * 1024);
  measure("receiving", *stream, [&] {
    std::size_t received = 0;
    while (true) {
      stream->flush();
      const auto got = stream->read(into);
      received += got.bytes;
      if (got.status == IoStatus::Closed || got.status == IoStatus::Failed) return received;
      if (got.bytes == 0) wait_for(*stream, std::chrono::seconds{10});
    }
  });
}

}  // namespace

}  // namespace tunnel::transport
