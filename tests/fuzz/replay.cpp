// Runs a fuzz target without libFuzzer, as an ordinary test:
//
//     replay-NAME FOLDER COUNT
//
// calls it with each file of FOLDER, and with COUNT mutations of them, the same ones every time.
// What aborts names its input first.

#include "tests/fuzz/hex_file.hpp"
#include "tests/fuzz/target.hpp"

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <random>
#include <vector>

namespace {

using Octets = std::vector<std::uint8_t>;

const Octets* running = nullptr;

/// Only on the way down: the standard library is no worse than no answer.
void name_input(int /*signal*/) {
  std::fputs("The input, for tests/fuzz/corpus:\n", stderr);
  if (running != nullptr) {
    for (const auto octet : *running) std::fprintf(stderr, "%02x", octet);
  }
  std::fputs("\n", stderr);
}

void run(const Octets& input) {
  running = &input;
  LLVMFuzzerTestOneInput(input.data(), input.size());
}

class Mutator {
 public:
  explicit Mutator(const std::vector<Octets>& seeds) : seeds_{seeds} {}

  Octets next() {
    auto octets = seeds_[below(seeds_.size())];
    for (auto count = 1 + below(8); count > 0; --count) mutate(octets);
    return octets;
  }

 private:
  std::size_t below(std::size_t count) { return random_() % count; }

  std::uint8_t octet() { return static_cast<std::uint8_t>(random_()); }

  void mutate(Octets& octets) {
    const auto at = below(octets.size() + 1);
    const auto position = octets.begin() + static_cast<std::ptrdiff_t>(at);
    switch (below(5)) {
      case 0:
        octets.insert(position, octet());
        return;
      case 1:
        octets.resize(at);
        return;
      case 2: {
        const auto& other = seeds_[below(seeds_.size())];
        octets.insert(position, other.begin(), other.end());
        octets.resize(std::min<std::size_t>(octets.size(), 4096));
        return;
      }
      default:
        if (position != octets.end()) *position = octet();
    }
  }

  const std::vector<Octets>& seeds_;
  std::mt19937 random_{1};
};

}  // namespace

int main(int count, char** arguments) {
  if (count != 3) return 2;
  std::signal(SIGABRT, name_input);
  std::vector<std::filesystem::path> paths;
  for (const auto& entry : std::filesystem::directory_iterator{arguments[1]}) {
    paths.push_back(entry.path());
  }
  std::sort(paths.begin(), paths.end());
  std::vector<Octets> seeds;
  for (const auto& path : paths) {
    const auto octets = tunnel::fuzz::read_hex_file(path);
    if (!octets) {
      std::fprintf(stderr, "%s: not what tests/fuzz/README.md says\n", path.c_str());
      return 1;
    }
    seeds.push_back(*octets);
    run(*octets);
  }
  if (seeds.empty()) return 1;
  Mutator mutator{seeds};
  const auto mutations = std::strtoul(arguments[2], nullptr, 10);
  for (unsigned long i = 0; i < mutations; ++i) run(mutator.next());
  std::printf("%zu files and %lu mutations of them\n", seeds.size(), mutations);
  return 0;
}
