#include "tests/hdlc/reference.hpp"
#include "tests/hdlc/textbook.hpp"

#include <benchmark/benchmark.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <random>
#include <string>

// The HDLC codec, as each machine that this processor can be, beside the codec of the textbooks and
// beside memcpy, on payloads of several kinds and sizes. A case is named after what is done, by
// whom, to which payload, of how many octets; its speed is in octets of payload. codec.sh runs all
// and prints a table.
//
// One frame is encoded, or fed to the decoder, at a time. There are as many different payloads as
// fill kPool: with one only, the branch predictor would soon know by heart where the escapes are,
// which on real traffic it does not.

namespace tunnel::hdlc {
namespace {

using test::kHeader;
using test::Octets;

constexpr std::size_t kPool = 256 * 1024;
constexpr std::array<std::size_t, 3> kSizes{64, 1500, 65535};

/// What is in the packets, and the map in force.
struct Payload {
  const char* name;
  std::uint8_t (*octet)(std::mt19937& random);
  Accm accm;
};

const std::array kPayloads{
    Payload{"random", [](auto& random) { return static_cast<std::uint8_t>(random()); }, Accm{0}},
    Payload{"plain", [](auto& random) { return static_cast<std::uint8_t>(0x20 + random() % 0x5d); },
            Accm{0}},
    Payload{"escape",
            [](auto& random) { return static_cast<std::uint8_t>(kEscape + random() % 2); },
            Accm{0}},
    Payload{"random-all-ones", [](auto& random) { return static_cast<std::uint8_t>(random()); },
            Accm{}},
};

std::vector<Octets> pool_of(const Payload& payload, std::size_t size) {
  std::mt19937 random{1};
  std::vector<Octets> pool(std::max<std::size_t>(kPool / size, 1), Octets(size));
  for (auto& octets : pool) {
    std::generate(octets.begin(), octets.end(), [&] { return payload.octet(random); });
  }
  return pool;
}

std::vector<Octets> wires_of(const std::vector<Octets>& pool, Accm accm) {
  std::vector<Octets> wires;
  for (const auto& payload : pool)
    wires.push_back(test::reference_encode(kHeader, payload, {accm}));
  return wires;
}

/// A figure for what is done wrongly would be worse than none.
void require(bool right, const char* what) {
  if (right) return;
  std::fprintf(stderr, "codec: %s is wrong\n", what);
  std::exit(EXIT_FAILURE);
}

class CountingSink final : public FrameSink {
 public:
  void frame(Bytes content) override {
    ++frames;
    octets += content.size();
  }

  std::uint64_t frames = 0;
  std::uint64_t octets = 0;
};

/// Runs `work` on one octet string of `pool` after the other.
template <typename Work>
void measure(benchmark::State& state, const std::vector<Octets>& pool, std::size_t size,
             Work work) {
  std::size_t next = 0;
  for ([[maybe_unused]] auto turn : state) {
    work(pool[next]);
    benchmark::ClobberMemory();
    if (++next == pool.size()) next = 0;
  }
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(size));
}

/// `encode` takes a payload and where to, and returns the octets written.
template <typename Encode>
void measure_encoding(benchmark::State& state, const Payload& payload, std::size_t size,
                      Encode encode) {
  const auto pool = pool_of(payload, size);
  Octets out(encoded_bound(kHeader.size() + size));
  const auto used = encode(pool[0], out);
  require(Octets(out.begin(), out.begin() + static_cast<std::ptrdiff_t>(used)) ==
              test::reference_encode(kHeader, pool[0], {payload.accm}),
          "what is encoded");
  measure(state, pool, size,
          [&](const Octets& octets) { benchmark::DoNotOptimize(encode(octets, out)); });
}

template <typename AnyDecoder>
void measure_decoding(benchmark::State& state, const Payload& payload, std::size_t size,
                      AnyDecoder decoder) {
  const auto wires = wires_of(pool_of(payload, size), payload.accm);
  CountingSink sink;
  measure(state, wires, size, [&](const Octets& wire) { decoder.feed(wire, sink); });
  const auto frames = static_cast<std::uint64_t>(state.iterations());
  require(sink.frames == frames && sink.octets == frames * (kHeader.size() + size),
          "what is decoded");
}

void add(const char* work, std::string_view by, const Payload& payload, std::size_t size,
         void (*run)(benchmark::State&, const Machine*, const Payload&, std::size_t),
         const Machine* machine) {
  const auto name =
      std::string{work} + '/' + std::string{by} + '/' + payload.name + '/' + std::to_string(size);
  benchmark::RegisterBenchmark(
      name.c_str(), [=, &payload](benchmark::State& state) { run(state, machine, payload, size); });
}

void encode_ours(benchmark::State& state, const Machine* machine, const Payload& payload,
                 std::size_t size) {
  measure_encoding(state, payload, size, [&](const Octets& octets, Octets& out) {
    return encode_frame(kHeader, octets, {payload.accm}, OpeningFlag::Written, out, *machine);
  });
}

void encode_textbook(benchmark::State& state, const Machine*, const Payload& payload,
                     std::size_t size) {
  measure_encoding(state, payload, size, [&](const Octets& octets, Octets& out) {
    return test::textbook_encode(kHeader, octets, payload.accm.bits, out.data());
  });
}

void decode_ours(benchmark::State& state, const Machine* machine, const Payload& payload,
                 std::size_t size) {
  Decoder decoder{kHeader.size() + size, *machine};
  decoder.set_receive_accm(payload.accm);
  measure_decoding(state, payload, size, std::move(decoder));
}

void decode_textbook(benchmark::State& state, const Machine*, const Payload& payload,
                     std::size_t size) {
  measure_decoding(state, payload, size,
                   test::TextbookDecoder{kHeader.size() + size, payload.accm.bits});
}

void copy(benchmark::State& state, const Machine*, const Payload& payload, std::size_t size) {
  Octets out(size);
  measure(state, pool_of(payload, size), size,
          [&](const Octets& octets) { std::memcpy(out.data(), octets.data(), size); });
}

void add_all() {
  for (const auto& payload : kPayloads) {
    for (const auto size : kSizes) {
      add("copy", "memcpy", payload, size, copy, nullptr);
      add("encode", "textbook", payload, size, encode_textbook, nullptr);
      add("decode", "textbook", payload, size, decode_textbook, nullptr);
      for (const auto& machine : machines()) {
        if (!machine.runs_here()) continue;
        add("encode", machine.name, payload, size, encode_ours, &machine);
        add("decode", machine.name, payload, size, decode_ours, &machine);
      }
    }
  }
}

}  // namespace
}  // namespace tunnel::hdlc

int main(int argc, char** argv) {
  tunnel::hdlc::add_all();
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return EXIT_FAILURE;
  benchmark::RunSpecifiedBenchmarks();
  return EXIT_SUCCESS;
}
