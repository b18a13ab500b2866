// Puts a policy of so many rules in force in the network namespace that it is run in, and says how
// long each step took. filter_kernel.sh measures what the rules cost packets.
//
//   filter_kernel_bench COUNT [PORT [SHAPE]]     the last rules let TCP and UDP to PORT pass
//
// SHAPE: "blocks", hosts that may do nothing and then services, or "turns", one of each in turn.

#include "filter/compiler/compiler.hpp"
#include "filter/kernel/nftables.hpp"
#include "filter/language/ipf_parser.hpp"
#include "filter/language/system_names.hpp"
#include "filter/nft/commands.hpp"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

namespace tunnel::filter::bench {
namespace {

std::string host(int number) {
  return "10." + std::to_string(64 + number / 62'500) + '.' + std::to_string(number / 250 % 250) +
         '.' + std::to_string(number % 250 + 1);
}

/// Hosts that may do nothing, and services of hosts, one host after the other: what grows with a
/// site.
std::string in_blocks(int others) {
  std::string text;
  for (int i = 0; i < others / 4; ++i) text += "block in quick from " + host(i) + " to any\n";
  for (int i = others / 4; i < others; ++i) {
    const auto service = [&, i](const char* protocol, int number) {
      return "pass in quick proto " + std::string{protocol} + " from any to " + host(i / 4) +
             " port = " + std::to_string(number);
    };
    switch (i % 4) {
      case 0:
        text += service("tcp", 22) + " flags S keep state\n";
        break;
      case 1:
        text += service("tcp", 443) + " flags S keep state\n";
        break;
      case 2:
        text += service("udp", 53) + " keep state\n";
        break;
      default:
        text += "pass in quick proto tcp from 10.0.0.0/8 to " + host(i / 4) +
                " port = 8080 keep state\n";
    }
  }
  return text;
}

/// The same hosts in another order: one that may do nothing, and one that may do something, as they
/// came into the file over the years. Some hosts are in it twice.
std::string in_turns(int others) {
  constexpr int kStride = 7'919;  // prime: every host, in an order of its own
  std::string text;
  for (int i = 0; i < others; i += 2) {
    const auto other = host(i / 2 * kStride % std::max(others, 1));
    text += "block in quick from " + host(i / 2) + " to any\n";
    text += "pass in quick proto tcp from " + other + " to any port = 22 flags S keep state\n";
  }
  return text;
}

/// None of the hosts is in what is measured.
std::string rules(int count, int port, std::string_view shape) {
  std::string text =
      "block in all\nblock out all\npass out quick on b0 all\npass out quick on a0 all\n";
  const int others = count - 8;
  text += shape == "turns" ? in_turns(others) : in_blocks(others);
  const auto there = " from any to any port = " + std::to_string(port) + '\n';
  const auto back = " from any port = " + std::to_string(port) + " to any\n";
  for (const auto& protocol : {"udp", "tcp"}) {
    for (const auto& way : {there, back})
      text += "pass in quick proto " + std::string{protocol} + way;
  }
  return text;
}

class Clock {
 public:
  explicit Clock(const char* what) : what_{what} {}

  ~Clock() {
    const std::chrono::duration<double, std::milli> took =
        std::chrono::steady_clock::now() - begin_;
    std::printf("%-8s %8.1f ms\n", what_, took.count());
  }

 private:
  const char* what_;
  std::chrono::steady_clock::time_point begin_ = std::chrono::steady_clock::now();
};

template <typename Function>
auto timed(const char* what, Function function) {
  const Clock clock{what};
  return function();
}

int run(int count, int port, std::string_view shape) {
  const auto text = rules(count, port, shape);
  const language::SystemNames names;
  auto parsed = timed("parse", [&] {
    return language::parse_ipf_rules({"ipf.rules", text, 0}, names);
  });
  if (!parsed.mistakes.empty()) return 1;
  std::vector<Misplaced> misplaced;
  const auto lists = RuleLists::of(parsed.rules, misplaced);
  const auto compiled = timed("compile", [&] { return compiler::compile(lists, {}, {}); });
  if (!compiled.problems.empty()) return 1;
  const auto done =
      timed("apply", [&] { return kernel::Nftables{}.run(nft::replace(compiled.table)); });
  if (!done) std::fprintf(stderr, "%s\n", done.error().message().c_str());
  return done ? 0 : 1;
}

}  // namespace
}  // namespace tunnel::filter::bench

int main(int argc, char** argv) {
  if (argc < 2) {
    std::fprintf(stderr, "usage: filter_kernel_bench COUNT [PORT [blocks|turns]]\n");
    return 2;
  }
  return tunnel::filter::bench::run(std::atoi(argv[1]), argc > 2 ? std::atoi(argv[2]) : 5201,
                                    argc > 3 ? argv[3] : "blocks");
}
