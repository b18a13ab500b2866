#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace tunnel::audit {

/// Which log a record belongs to, and thereby which file: ppp.log, auth.log, console.log.
enum class LogType : std::uint8_t { Ppp, Auth, Console };

std::string_view name(LogType type) noexcept;
std::optional<LogType> parse_log_type(std::string_view text) noexcept;

/// The severities of syslog(3) that we use, by their numbers.
enum class Priority : std::uint8_t { Error = 3, Warning = 4, Notice = 5, Info = 6, Debug = 7 };

std::string_view name(Priority priority) noexcept;

using WallTime = std::chrono::system_clock::time_point;

/// One thing that happened, with what the journal gets as fields.
struct Record {
  WallTime time;
  LogType type = LogType::Console;
  Priority priority = Priority::Info;
  std::string site;       // may be empty: the daemon as a whole
  std::string interface;  // may be empty
  std::string layer;      // "LCP", "IPCP", …; ppp.log only
  std::string text;       // peer text in it is escaped

  bool operator==(const Record&) const = default;
};

/// Who writes: the gateway's name and the daemon's process id.
struct Writer {
  std::string host;
  int pid = 0;
};

/// The record as a line of its file, without the newline, in the manner of syslog and FreeBSD's
/// ppp, in local time:
///
///     Apr 13 15:02:11 talisker tunneld[69203]: tun0: IPCP: myaddr 10.224.1.2 hisaddr 10.224.1.1
std::string format_line(const Record& record, const Writer& writer);

/// Reads such a line back, as far as it tells: the year is the one that puts the time not after
/// `now`, the priority is lost, and `site` is known only where the line names it (not in ppp.log).
/// nullopt for a line of another form.
std::optional<Record> parse_line(LogType type, std::string_view line, WallTime now);

/// The time as 2005-04-13T13:02:11.123456Z.
std::string format_utc(WallTime time);

}  // namespace tunnel::audit
