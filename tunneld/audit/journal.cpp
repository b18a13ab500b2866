#include "tunneld/audit/journal.hpp"

#include <fmt/format.h>

#include <sys/uio.h>
#include <systemd/sd-journal.h>
#include <unistd.h>

#include <cstdlib>
#include <string>
#include <vector>

namespace tunnel::audit {

namespace {

constexpr auto kJournalSocket = "/run/systemd/journal/socket";

}  // namespace

bool journal_available() noexcept {
  // Only for a daemon that systemd has started: whoever starts it otherwise reads its stderr.
  return std::getenv("JOURNAL_STREAM") != nullptr && ::access(kJournalSocket, W_OK) == 0;
}

void send_to_journal(const Record& record) {
  std::vector<std::string> fields{
      "MESSAGE=" + (record.layer.empty() ? record.text : record.layer + ": " + record.text),
      fmt::format("PRIORITY={}", static_cast<int>(record.priority)),
      std::string{"SYSLOG_IDENTIFIER=tunneld"},
      fmt::format("TUNNELD_TYPE={}", name(record.type)),
      "TUNNELD_SITE=" + record.site,
      "TUNNELD_INTERFACE=" + record.interface,
      "TUNNELD_LAYER=" + record.layer,
  };
  if (record.facility) fields.push_back(fmt::format("SYSLOG_FACILITY={}", *record.facility));
  for (const auto& field : record.fields) {
    fields.push_back(fmt::format("{}={}", field.name, field.value));
  }
  std::vector<iovec> parts;
  for (auto& field : fields) parts.push_back(iovec{field.data(), field.size()});
  static_cast<void>(sd_journal_sendv(parts.data(), static_cast<int>(parts.size())));
}

}  // namespace tunnel::audit
