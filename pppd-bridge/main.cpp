// pppd-bridge: reads the peer's bytes, without power. See docs/architecture.md.

#include "pppd-bridge/modes.hpp"
#include "pppd-bridge/options.hpp"

#include <exception>
#include <type_traits>
#include <variant>

namespace bridge = tunnel::bridge;

int main(int argc, char** argv) {
  const auto parsed = bridge::parse_options(argc, argv);
  if (const auto* status = std::get_if<int>(&parsed)) return *status;
  return std::visit(
      [](const auto& options) {
        using T = std::decay_t<decltype(options)>;
        if constexpr (std::is_same_v<T, bridge::DialOptions>) return bridge::run_dial(options);
        if constexpr (std::is_same_v<T, bridge::AnswerOptions>) return bridge::run_answer(options);
        if constexpr (std::is_same_v<T, bridge::StdioOptions>) return bridge::run_stdio(options);
      },
      std::get<bridge::Options>(parsed));
}
