#include "tunneld/audit/log_line.hpp"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <array>
#include <ctime>

namespace tunnel::audit {

namespace {

constexpr std::array kTypes{LogType::Ppp, LogType::Auth, LogType::Console, LogType::Filter,
                            LogType::Nat};

/// The words between "tunneld[pid]: " and the text.
std::string subject(const Record& record) {
  if (record.type == LogType::Ppp) {
    const auto& who = record.interface.empty() ? record.site : record.interface;
    return record.layer.empty() ? who + ": " : who + ": " + record.layer + ": ";
  }
  if (record.type == LogType::Auth && !record.site.empty()) return record.site + ": ";
  return {};
}

/// What stands before `end`, which is taken away with it; nothing where `end` does not occur, or
/// where a space shows that it belongs to the text.
std::string take_word(std::string_view& text, std::string_view end) {
  const auto found = text.find(end);
  if (found == std::string_view::npos ||
      text.substr(0, found).find(' ') != std::string_view::npos) {
    return {};
  }
  std::string word{text.substr(0, found)};
  text.remove_prefix(found + end.size());
  return word;
}

/// A line has no year: it is the last one in which that day and time had come already.
std::optional<WallTime> parse_stamp(const std::string& stamp, WallTime now) {
  const auto now_seconds = std::chrono::system_clock::to_time_t(now + std::chrono::hours{24});
  std::tm fields{};
  localtime_r(&now_seconds, &fields);
  const int year = fields.tm_year;
  const char* end = strptime(stamp.c_str(), "%b %d %H:%M:%S", &fields);
  if (end == nullptr || *end != '\0') return std::nullopt;
  for (fields.tm_year = year; fields.tm_year >= year - 1; --fields.tm_year) {
    auto candidate = fields;
    candidate.tm_isdst = -1;
    const auto seconds = mktime(&candidate);
    if (candidate.tm_mon != fields.tm_mon) continue;  // February 29 of a year that has none
    if (seconds <= now_seconds) return std::chrono::system_clock::from_time_t(seconds);
  }
  return std::nullopt;
}

}  // namespace

std::string_view name(LogType type) noexcept {
  switch (type) {
    case LogType::Ppp:
      return "ppp";
    case LogType::Auth:
      return "auth";
    case LogType::Console:
      return "console";
    case LogType::Filter:
      return "filter";
    case LogType::Nat:
      return "nat";
  }
  return {};
}

std::optional<LogType> parse_log_type(std::string_view text) noexcept {
  for (const auto type : kTypes) {
    if (name(type) == text) return type;
  }
  return std::nullopt;
}

std::string_view name(Priority priority) noexcept {
  switch (priority) {
    case Priority::Emergency:
      return "emergency";
    case Priority::Alert:
      return "alert";
    case Priority::Critical:
      return "critical";
    case Priority::Error:
      return "error";
    case Priority::Warning:
      return "warning";
    case Priority::Notice:
      return "notice";
    case Priority::Info:
      return "info";
    case Priority::Debug:
      return "debug";
  }
  return {};
}

std::string format_line(const Record& record, const Writer& writer) {
  if (is_of_traffic(record.type)) return record.text;
  const auto seconds = std::chrono::system_clock::to_time_t(record.time);
  std::tm local{};
  localtime_r(&seconds, &local);
  return fmt::format("{:%b %e %H:%M:%S} {} tunneld[{}]: {}{}", local, writer.host, writer.pid,
                     subject(record), record.text);
}

std::optional<Record> parse_line(LogType type, std::string_view line, WallTime now) {
  constexpr std::size_t kStampLength = 15;  // "Apr 13 15:02:11"
  if (is_of_traffic(type)) return std::nullopt;
  const auto written_by = line.find(" tunneld[");
  const auto body = line.find("]: ", written_by);
  if (written_by == std::string_view::npos || body == std::string_view::npos) return std::nullopt;
  const auto time = parse_stamp(std::string{line.substr(0, kStampLength)}, now);
  if (!time) return std::nullopt;
  Record record;
  record.time = *time;
  record.type = type;
  std::string_view text = line.substr(body + 3);
  switch (type) {
    case LogType::Ppp:
      record.interface = take_word(text, ": ");
      record.layer = take_word(text, ": ");
      break;
    case LogType::Auth:
      record.site = take_word(text, ": ");
      break;
    case LogType::Console:
      if (text.starts_with("tunnel=")) {
        record.site = text.substr(7, text.find(' ') - 7);
      }
      break;
    case LogType::Filter:
    case LogType::Nat:
      break;
  }
  record.text = text;
  return record;
}

std::string format_utc(WallTime time) {
  const auto micros = std::chrono::floor<std::chrono::microseconds>(time);
  const auto seconds = std::chrono::floor<std::chrono::seconds>(micros);
  return fmt::format("{:%Y-%m-%dT%H:%M:%S}.{:06}Z",
                     fmt::gmtime(std::chrono::system_clock::to_time_t(seconds)),
                     (micros - seconds).count());
}

}  // namespace tunnel::audit
