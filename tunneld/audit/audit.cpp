#include "tunneld/audit/audit.hpp"

#include "tunneld/audit/journal.hpp"

#include <fmt/format.h>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <utility>

namespace tunnel::audit {

namespace {

/// The octets of the control character that `text` begins with; 0 where it begins with another.
/// U+0080 to U+009F count too: a terminal takes them for what ESC and a letter do.
std::size_t control_length(std::string_view text) noexcept {
  const auto octet = [&](std::size_t i) { return static_cast<std::uint8_t>(text[i]); };
  if (octet(0) < 0x20 || octet(0) == 0x7f) return 1;
  return text.size() > 1 && octet(0) == 0xc2 && octet(1) >= 0x80 && octet(1) < 0xa0 ? 2 : 0;
}

/// Peer text is escaped where it is read; this keeps a line a line if that was forgotten.
void defuse(std::string& text) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (const auto length = control_length(std::string_view{text}.substr(i)); length > 0) {
      text.replace(i, length, 1, '?');
    }
  }
}

std::string read_end(const std::filesystem::path& path, std::size_t octets) {
  const UniqueFd file{::open(path.c_str(), O_RDONLY | O_CLOEXEC)};

  struct stat there {};

  if (!file || ::fstat(file.get(), &there) < 0) return {};
  const off_t from = std::max<off_t>(0, there.st_size - static_cast<off_t>(octets));
  std::string text(static_cast<std::size_t>(there.st_size - from), '\0');
  const auto got = ::pread(file.get(), text.data(), text.size(), from);
  text.resize(got < 0 ? 0 : static_cast<std::size_t>(got));
  if (from > 0) text.erase(0, text.find('\n') + 1);  // the first line is cut
  return text;
}

}  // namespace

Audit::Audit(Writer writer, const std::filesystem::path& log_dir, Clock clock, Journal journal)
    : writer_{std::move(writer)},
      clock_{std::move(clock)},
      to_journal_{journal == Journal::IfThere && journal_available()} {
  for (const auto type :
       {LogType::Ppp, LogType::Auth, LogType::Console, LogType::Filter, LogType::Nat}) {
    files_.emplace(type, LogFile{log_dir / fmt::format("{}.log", name(type))});
  }
}

void Audit::write(Record record) {
  record.time = clock_();
  defuse(record.text);
  const auto line = format_line(record, writer_);
  // The notice of lost lines bears the time and the writer of the line behind it.
  const auto colon = line.find("]: ");
  files_.at(record.type).write(line, std::string_view{line}.substr(0, colon + 3));
  if (to_journal_) {
    send_to_journal(record);
  } else if (record.type != LogType::Ppp) {
    std::fprintf(stderr, "%s\n", line.c_str());
  }
  if (follower_) follower_(record, line);
}

void Audit::write_traffic(const std::vector<Record>& records) {
  if (records.empty()) return;
  std::string lines;
  for (const auto& record : records) (lines += record.text) += '\n';
  const auto type = records.front().type;
  // The notice of lost lines bears the time of the line behind it: the first two words.
  const auto& first = records.front().text;
  const auto time = first.find(' ', first.find(' ') + 1);
  files_.at(type).write_all(lines, std::string_view{first}.substr(0, time + 1));
  if (to_journal_) send_within_quota(records);
  if (!follower_) return;
  for (const auto& record : records) follower_(record, record.text);
}

void Audit::send_within_quota(const std::vector<Record>& records) {
  const auto now = clock_();
  if (const auto refused = journal_quota_.refused(now); refused > 0) {
    Record notice;
    notice.type = records.front().type;
    notice.priority = Priority::Warning;
    notice.text = fmt::format(
        "{} records of packets and translations are in the files only: there "
        "were too many for the journal",
        refused);
    send_to_journal(notice);
  }
  for (const auto& record : records) {
    if (journal_quota_.take(now)) send_to_journal(record);
  }
}

std::vector<std::string> Audit::tail(LogType type, std::size_t lines, std::size_t octets) const {
  const auto text = read_end(files_.at(type).path(), octets);
  std::vector<std::string> found;
  std::size_t begin = 0;
  for (auto end = text.find('\n'); end != std::string::npos; end = text.find('\n', begin)) {
    found.push_back(text.substr(begin, end - begin));
    begin = end + 1;
  }
  if (found.size() > lines) {
    found.erase(found.begin(), found.end() - static_cast<std::ptrdiff_t>(lines));
  }
  return found;
}

std::uint64_t Audit::lost_lines() const noexcept {
  std::uint64_t lost = 0;
  for (const auto& [type, file] : files_) lost += file.lost();
  return lost;
}

}  // namespace tunnel::audit
