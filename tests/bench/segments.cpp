#include "pppd-bridge/segments/checksum.hpp"
#include "pppd-bridge/segments/flow.hpp"
#include "pppd-bridge/segments/joiner.hpp"
#include "pppd-bridge/segments/splitter.hpp"
#include "tests/segments/packets.hpp"

#include <benchmark/benchmark.h>

#include <array>
#include <cstring>

// What becomes of super-packets in user space, beside memcpy: speeds are in octets of super-packets
// of 64 KiB, cut to 1448 of payload each. A pool of them is larger than the nearest cache, as
// buffers in use are.

namespace tunnel::segments {
namespace {

using test::Octets;

constexpr std::size_t kPool = 16;
constexpr std::uint16_t kSegment = 1448;
constexpr std::size_t kSegments = 44;
constexpr std::size_t kMru = 1520;

test::Description what(Gso kind) {
  std::mt19937 random{1};
  return {.kind = kind, .payload = test::random_octets(random, kSegments * kSegment)};
}

void count(benchmark::State& state, std::size_t octets) {
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(octets));
}

void copy(benchmark::State& state) {
  const std::vector<Octets> pool(kPool, test::build_partial(what(Gso::Tcp4)));
  Octets out(pool[0].size());
  std::size_t next = 0;
  for (auto _ : state) {
    std::memcpy(out.data(), pool[next++ % kPool].data(), out.size());
    benchmark::DoNotOptimize(out.data());
    benchmark::ClobberMemory();
  }
  count(state, out.size());
}

void sum(benchmark::State& state) {
  const std::vector<Octets> pool(kPool, test::build_partial(what(Gso::Tcp4)));
  std::size_t next = 0;
  for (auto _ : state) benchmark::DoNotOptimize(sum_of(pool[next++ % kPool]));
  count(state, pool[0].size());
}

void split(benchmark::State& state, Gso kind) {
  const std::vector<Octets> pool(kPool, test::build_partial(what(kind)));
  const auto offload = test::offload_of(what(kind), kind, kSegment);
  Octets out(kSegments * kMru);
  std::size_t next = 0;
  for (auto _ : state) {
    auto splitter = Splitter::create(pool[next++ % kPool], offload, kMru);
    MutableBytes room{out};
    while (const auto size = splitter->next(room)) room = room.subspan(*size);
    benchmark::DoNotOptimize(room);
  }
  count(state, pool[0].size());
}

class Nowhere final : public PacketSink {
 public:
  void packet(Bytes packet, const Offload& offload) override {
    benchmark::DoNotOptimize(packet);
    if (offload.gso != Gso::None) ++super_packets;
  }

  std::size_t super_packets = 0;
};

void join(benchmark::State& state, Gso kind) {
  const std::vector<std::vector<Octets>> pool(kPool, test::cut(what(kind), kSegment));
  Joiner joiner{JoinUdp::Yes};
  Nowhere nowhere;
  std::size_t next = 0;
  for (auto _ : state) {
    for (const auto& packet : pool[next % kPool]) joiner.add(packet, nowhere);
    joiner.flush(nowhere);
    ++next;
  }
  if (nowhere.super_packets != next) state.SkipWithError("is wrong");
  count(state, kSegments * kSegment);
}

void hash(benchmark::State& state, Gso kind) {
  const auto packet = test::build(what(kind));
  for (auto _ : state) benchmark::DoNotOptimize(flow_hash(packet, 1));
}

BENCHMARK(copy);
BENCHMARK(sum);
BENCHMARK_CAPTURE(split, tcp4, Gso::Tcp4);
BENCHMARK_CAPTURE(split, tcp6, Gso::Tcp6);
BENCHMARK_CAPTURE(split, udp, Gso::Udp);
BENCHMARK_CAPTURE(join, tcp4, Gso::Tcp4);
BENCHMARK_CAPTURE(join, tcp6, Gso::Tcp6);
BENCHMARK_CAPTURE(join, udp, Gso::Udp);
BENCHMARK_CAPTURE(hash, tcp4, Gso::Tcp4);
BENCHMARK_CAPTURE(hash, tcp6, Gso::Tcp6);

}  // namespace
}  // namespace tunnel::segments

BENCHMARK_MAIN();
