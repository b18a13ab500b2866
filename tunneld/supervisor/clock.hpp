#pragma once

#include "tunneld/audit/log_line.hpp"
#include "tunneld/base/time.hpp"

namespace tunnel::supervisor {

/// The daemon's clocks, read nowhere else: for its deadlines and durations, and for what people
/// read. All that decides (site_machine.hpp, lease_table.hpp) is told the time.
TimePoint steady_now() noexcept;
audit::WallTime wall_now() noexcept;

}  // namespace tunnel::supervisor
