// How many packets a second the evaluator decides by the policy of the reference sites.

#include "tests/bench/reference_policy.hpp"

#include <benchmark/benchmark.h>

namespace tunnel::filter::bench {
namespace {

using evaluator::Evaluator;
using evaluator::SeededSource;

void decide(benchmark::State& state, const std::vector<Packet>& packets) {
  SeededSource random{1};
  evaluator::Settings settings;
  settings.most_states = 1'000'000;
  settings.most_sessions = 1'000'000;
  Evaluator evaluator{reference_policy(), settings, random};
  const TimePoint now{};
  std::size_t next = 0;
  for (auto _ : state) {
    benchmark::DoNotOptimize(evaluator.evaluate(packets[next], now).verdict);
    if (++next == packets.size()) next = 0;
  }
  state.SetItemsProcessed(static_cast<std::int64_t>(state.iterations()));
}

void few_sessions(benchmark::State& state) {
  decide(state, sessions(10));
}

void many_sessions(benchmark::State& state) {
  decide(state, sessions(10'000));
}

void blocked_packets(benchmark::State& state) {
  decide(state, strangers());
}

BENCHMARK(few_sessions)->Name("filter/sessions/10");
BENCHMARK(many_sessions)->Name("filter/sessions/10000");
BENCHMARK(blocked_packets)->Name("filter/blocked");

}  // namespace
}  // namespace tunnel::filter::bench

BENCHMARK_MAIN();
