#pragma once

#include "tunneld/audit/log_file.hpp"
#include "tunneld/audit/log_line.hpp"
#include "tunneld/audit/quota.hpp"

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace tunnel::audit {

/// Where records go: the file of their type, the journal, whoever follows, and standard error where
/// there is no journal.
class Audit {
 public:
  using Clock = std::function<WallTime()>;
  using Follower = std::function<void(const Record&, const std::string& line)>;

  /// Never: also where there is one, so that a test leaves the machine's journal alone.
  enum class Journal : std::uint8_t { IfThere, Never };

  /// Records of traffic for the journal in a second: what systemd-journald takes of a service in
  /// the long run (RateLimitBurst=10000 in RateLimitIntervalSec=30s), with room for the others. All
  /// of 20,000 would take a fifth of a core, and wait for their reader most of the second.
  static constexpr unsigned kJournalQuota = 250;

  Audit(Writer writer, const std::filesystem::path& log_dir, Clock clock,
        Journal journal = Journal::IfThere);

  /// Writes one record; its time is set here. Control characters in the text become '?'.
  void write(Record record);

  /// Writes records of filter.log or nat.log, all of one and of their own times, as one. The
  /// journal gets at most kJournalQuota of them a second, and a notice of how many it did not get:
  /// it cannot take as many as a busy gateway may log, and nobody is to wait for it.
  void write_traffic(const std::vector<Record>& records);

  /// Called with every record from now on. One follower: the control server.
  void follow(Follower follower) { follower_ = std::move(follower); }

  /// The last lines of a log, oldest first, at most so many, of so many octets at the end of the
  /// file.
  std::vector<std::string> tail(LogType type, std::size_t lines,
                                std::size_t octets = kTailOctets) const;

  static constexpr std::size_t kTailOctets = std::size_t{1} << 20;

  std::uint64_t lost_lines() const noexcept;

 private:
  void send_within_quota(const std::vector<Record>& records);

  Writer writer_;
  Clock clock_;
  bool to_journal_;
  std::map<LogType, LogFile> files_;
  Follower follower_;
  Quota journal_quota_{kJournalQuota};
};

}  // namespace tunnel::audit
