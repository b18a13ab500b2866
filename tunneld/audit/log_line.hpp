#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tunnel::audit {

/// Which log a record belongs to, and thereby which file: ppp.log, auth.log, console.log, and what
/// crossed: filter.log, nat.log.
enum class LogType : std::uint8_t { Ppp, Auth, Console, Filter, Nat };

/// Whether the lines of a log are ipmon's, and not those of syslog.
constexpr bool is_of_traffic(LogType type) noexcept {
  return type == LogType::Filter || type == LogType::Nat;
}

std::string_view name(LogType type) noexcept;
std::optional<LogType> parse_log_type(std::string_view text) noexcept;

/// The severities of syslog(3), by their numbers; the first three only where a rule says so.
enum class Priority : std::uint8_t {
  Emergency = 0,
  Alert = 1,
  Critical = 2,
  Error = 3,
  Warning = 4,
  Notice = 5,
  Info = 6,
  Debug = 7
};

std::string_view name(Priority priority) noexcept;

using WallTime = std::chrono::system_clock::time_point;

/// A field of the journal, besides those that every record has: "TUNNELD_RULE", "@300:2".
struct Field {
  std::string_view name;  // a literal
  std::string value;

  bool operator==(const Field&) const = default;
};

/// One thing that happened, with what the journal gets as fields.
struct Record {
  WallTime time;
  LogType type = LogType::Console;
  Priority priority = Priority::Info;
  std::string site;       // may be empty: the daemon as a whole
  std::string interface;  // may be empty
  std::string layer;      // "LCP", "IPCP", …; ppp.log only
  std::string text;  // peer text in it is escaped; of traffic: the line, and what belongs to it
  std::optional<std::uint8_t> facility{};  // of syslog(3), for the journal
  std::vector<Field> fields{};

  bool operator==(const Record&) const = default;
};

/// Who writes: the gateway's name and the daemon's process id.
struct Writer {
  std::string host;
  int pid = 0;
};

/// The record as a line of its file, without the newline, in the manner of syslog and FreeBSD's
/// ppp, in local time; of traffic, its text is the line already (filter/ipmon).
///
///     Apr 13 15:02:11 talisker tunneld[69203]: tun0: IPCP: myaddr 10.224.1.2 hisaddr 10.224.1.1
std::string format_line(const Record& record, const Writer& writer);

/// Reads such a line back, as far as it tells: the year is the one that puts the time not after
/// `now`, the priority is lost, and `site` is known only where the line names it (not in ppp.log).
/// nullopt for a line of another form, and of traffic, whose lines filter/ipmon reads.
std::optional<Record> parse_line(LogType type, std::string_view line, WallTime now);

/// The time as 2005-04-13T13:02:11.123456Z.
std::string format_utc(WallTime time);

}  // namespace tunnel::audit
