#pragma once

#include "tunneld/audit/log_line.hpp"

namespace tunnel::audit {

/// Whether a journal is there to be written to.
bool journal_available() noexcept;

/// Sends the record with its fields (TUNNELD_TYPE, TUNNELD_SITE, TUNNELD_INTERFACE, TUNNELD_LAYER,
/// and those it has itself).
/// A journal that does not take it loses it; the file has it too.
void send_to_journal(const Record& record);

}  // namespace tunnel::audit
