#pragma once

#include "tunneld/audit/log_file.hpp"
#include "tunneld/audit/log_line.hpp"

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

  Audit(Writer writer, const std::filesystem::path& log_dir, Clock clock,
        Journal journal = Journal::IfThere);

  /// Writes one record; its time is set here. Control characters in the text become '?'.
  void write(Record record);

  /// Called with every record from now on. One follower: the control server.
  void follow(Follower follower) { follower_ = std::move(follower); }

  /// The last lines of a log, oldest first, at most so many. At most the end of the file is read
  /// (1 MiB).
  std::vector<std::string> tail(LogType type, std::size_t lines) const;

  std::uint64_t lost_lines() const noexcept;

 private:
  Writer writer_;
  Clock clock_;
  bool to_journal_;
  std::map<LogType, LogFile> files_;
  Follower follower_;
};

}  // namespace tunnel::audit
