#include "tests/support/link_emulator/command.hpp"

#include "tunneld/base/text.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <optional>
#include <string>

namespace tunnel::test {

namespace {

constexpr double kMostMilliseconds = 60'000;
constexpr double kMostMegabits = 1'000'000;
constexpr double kMostBytes = 1'000'000'000;
constexpr double kMostSeed = 4'294'967'295;

Error complaint(std::string text) {
  return make_error(std::errc::invalid_argument, std::move(text));
}

/// Takes the first word and the space behind it off the text.
std::string_view take_word(std::string_view& text) {
  const auto begin = std::min(text.find_first_not_of(' '), text.size());
  const auto end = std::min(text.find(' ', begin), text.size());
  const auto word = text.substr(begin, end - begin);
  text.remove_prefix(end);
  return word;
}

/// A number from 0 to `most` with the unit behind it and nothing else.
std::optional<double> number_with(std::string_view unit, std::string_view text, double most) {
  if (!text.ends_with(unit)) return std::nullopt;
  text.remove_suffix(unit.size());
  double number = 0;
  const auto* end = text.data() + text.size();
  const auto [rest, error] = std::from_chars(text.data(), end, number);
  if (error != std::errc{} || rest != end || !(number >= 0 && number <= most)) return std::nullopt;
  return number;
}

std::optional<std::chrono::nanoseconds> duration(std::string_view text) {
  const auto number = number_with("ms", text, kMostMilliseconds);
  if (!number) return std::nullopt;
  return std::chrono::round<std::chrono::nanoseconds>(
      std::chrono::duration<double, std::milli>{*number});
}

/// `per_unit` of what is counted are in one unit.
std::optional<std::uint64_t> count(std::string_view unit, std::string_view text, double most,
                                   double per_unit) {
  const auto number = number_with(unit, text, most);
  if (!number) return std::nullopt;
  return static_cast<std::uint64_t>(std::llround(*number * per_unit));
}

template <typename To, typename From>
bool assign(To& to, const std::optional<From>& from) {
  if (from) to = *from;
  return from.has_value();
}

bool set(LinkSettings& settings, std::string_view name, std::string_view value) {
  if (name == "delay") return assign(settings.delay, duration(value));
  if (name == "jitter") return assign(settings.jitter, duration(value));
  if (name == "rate") {
    return assign(settings.bits_per_second, count("Mb/s", value, kMostMegabits, 1e6));
  }
  if (name == "queue") return assign(settings.queue_bytes, count("B", value, kMostBytes, 1));
  if (name == "seed") return assign(settings.seed, count("", value, kMostSeed, 1));
  if (name != "loss") return false;
  const auto percent = number_with("%", value, 100);
  if (percent) settings.loss = *percent / 100;
  return percent.has_value();
}

}  // namespace

LinkSettings settings_of_left(const LinkCommand& command) {
  return command.settings;
}

LinkSettings settings_of_right(const LinkCommand& command) {
  auto settings = command.settings;
  settings.seed = ~settings.seed;
  return settings;
}

Result<LinkCommand> parse_link_command(std::string_view line) {
  LinkCommand command;
  const auto direction = take_word(line);
  if (direction == "left") {
    command.direction = Direction::LeftToRight;
  } else if (direction == "right") {
    command.direction = Direction::RightToLeft;
  } else if (direction != "both") {
    return complaint("a command begins with both, left or right, not with " + in_quotes(direction));
  }
  for (auto word = take_word(line); !word.empty(); word = take_word(line)) {
    const auto equals = std::min(word.find('='), word.size());
    const auto value = word.substr(std::min(equals + 1, word.size()));
    if (!set(command.settings, word.substr(0, equals), value)) {
      return complaint(
          "a setting is delay=MSms, jitter=MSms, rate=NMb/s, queue=NB, loss=N% or "
          "seed=N, not " +
          in_quotes(word));
    }
  }
  return command;
}

}  // namespace tunnel::test
