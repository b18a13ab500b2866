#include "tunneld/audit/log_line.hpp"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <array>
#include <ctime>

namespace tunnel::audit {

namespace {

constexpr std::array kTypes{LogType::Ppp, LogType::Auth, LogType::Console};

/// The words between "tunneld[pid]: " and the text.
std::string subject(const Record& record) {
  if (record.type == LogType::Ppp) {
    const auto& who = record.interface.empty() ? record.site : record.interface;
    return record.layer.empty() ? who + ": " : who + ": " + record.layer + ": ";
  }
  if (record.type == LogType::Auth && !record.site.empty()) return record.site + ": ";
  return {};
}

}  // namespace

std::string_view name(LogType type) noexcept {
  switch (type) {
    case LogType::Ppp: return "ppp";
    case LogType::Auth: return "auth";
    case LogType::Console: return "console";
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
    case Priority::Error: return "error";
    case Priority::Warning: return "warning";
    case Priority::Notice: return "notice";
    case Priority::Info: return "info";
    case Priority::Debug: return "debug";
  }
  return {};
}

std::string format_line(const Record& record, const Writer& writer) {
  const auto seconds = std::chrono::system_clock::to_time_t(record.time);
  std::tm local{};
  localtime_r(&seconds, &local);
  return fmt::format("{:%b %e %H:%M:%S} {} tunneld[{}]: {}{}", local, writer.host, writer.pid,
                     subject(record), record.text);
}

std::string format_utc(WallTime time) {
  const auto micros = std::chrono::floor<std::chrono::microseconds>(time);
  const auto seconds = std::chrono::floor<std::chrono::seconds>(micros);
  return fmt::format("{:%Y-%m-%dT%H:%M:%S}.{:06}Z",
                     fmt::gmtime(std::chrono::system_clock::to_time_t(seconds)),
                     (micros - seconds).count());
}

}  // namespace tunnel::audit
