// Whether the HDLC codec is as fast as it is for. A figure by itself would say more about the
// machine than about the codec; what is tested is how many times faster than the textbook's it is,
// both measured in turns, in processor time, by the best of many rounds. codec.cpp has the figures.

#include "tests/hdlc/reference.hpp"
#include "tests/hdlc/textbook.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <ctime>
#include <functional>
#include <random>
#include <vector>

namespace tunnel::hdlc {
namespace {

using test::kHeader;
using test::Octets;

constexpr std::size_t kSize = 1500;
constexpr std::size_t kPackets = 64;  // more than a branch predictor learns by heart
constexpr int kRounds = 50;
constexpr Accm kNoControls{0};

/// Half of what is aimed at, and less than that of what is measured. A processor that the codec has
/// no loops for is to be no slower than the textbook.
double factor_wanted() {
  return &this_machine() == &machines().back() ? 1 : 5;
}

std::chrono::nanoseconds processor_time() {
  timespec now{};
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return std::chrono::seconds{now.tv_sec} + std::chrono::nanoseconds{now.tv_nsec};
}

std::chrono::nanoseconds time_of(const std::function<void()>& work) {
  const auto begin = processor_time();
  work();
  return processor_time() - begin;
}

/// How many times faster `ours` is.
double factor(const std::function<void()>& textbook, const std::function<void()>& ours) {
  auto of_textbook = std::chrono::nanoseconds::max();
  auto of_ours = std::chrono::nanoseconds::max();
  for (int round = 0; round < kRounds; ++round) {
    of_textbook = std::min(of_textbook, time_of(textbook));
    of_ours = std::min(of_ours, time_of(ours));
  }
  return static_cast<double>(of_textbook.count()) / static_cast<double>(of_ours.count());
}

std::vector<Octets> random_packets() {
  std::mt19937 random{1};
  std::vector<Octets> packets(kPackets, Octets(kSize));
  for (auto& packet : packets) {
    std::generate(packet.begin(), packet.end(),
                  [&] { return static_cast<std::uint8_t>(random()); });
  }
  return packets;
}

/// Of all frames; so that the compiler cannot leave the work out, either.
class CountingSink final : public FrameSink {
 public:
  void frame(Bytes content) override { octets += content.size(); }

  std::size_t octets = 0;
};

TEST(CodecSpeed, EncodingRandomPacketsIsFiveTimesTheTextbooks) {
  const auto packets = random_packets();
  Octets out(encoded_bound(kHeader.size() + kSize));
  std::size_t of_textbook = 0;
  std::size_t of_ours = 0;
  const auto textbook = [&] {
    for (const auto& packet : packets) {
      of_textbook += test::textbook_encode(kHeader, packet, kNoControls.bits, out.data());
    }
  };
  const auto ours = [&] {
    for (const auto& packet : packets) {
      of_ours += encode_frame(kHeader, packet, {kNoControls}, OpeningFlag::Written, out);
    }
  };
  EXPECT_GE(factor(textbook, ours), factor_wanted());
  EXPECT_EQ(of_ours, of_textbook);
}

TEST(CodecSpeed, DecodingRandomPacketsIsFiveTimesTheTextbooks) {
  std::vector<Octets> wires;
  for (const auto& packet : random_packets()) {
    wires.push_back(test::reference_encode(kHeader, packet, {kNoControls}));
  }
  test::TextbookDecoder of_textbook{kHeader.size() + kSize, kNoControls.bits};
  Decoder of_ours{kHeader.size() + kSize};
  of_ours.set_receive_accm(kNoControls);
  CountingSink from_textbook;
  CountingSink from_ours;
  const auto textbook = [&] {
    for (const auto& wire : wires) of_textbook.feed(wire, from_textbook);
  };
  const auto ours = [&] {
    for (const auto& wire : wires) of_ours.feed(wire, from_ours);
  };
  EXPECT_GE(factor(textbook, ours), factor_wanted());
  EXPECT_EQ(from_ours.octets, from_textbook.octets);
}

}  // namespace
}  // namespace tunnel::hdlc
