#pragma once

#include "tunneld/base/result.hpp"

#include <cstdint>

namespace tunnel::sandbox {

/// Whether processes outside are out of reach for signals, too (Linux 6.12). The end of a process
/// is a signal to a child that asked for it, and that child is outside where it was there before.
enum class Signals : std::uint8_t { Confined, Free };

/// No file can be opened from now on, nothing in the file system be changed, no TCP connection made
/// or awaited and no abstract Unix socket of others be reached, as far as the kernel knows how.
/// Returns the version of Landlock that it has; 0: none, and nothing is changed. Needs
/// no_new_privs.
Result<int> forbid_all_files(Signals signals);

/// Files are read, and only where names are resolved, libraries and their modules lie, or a process
/// looks at itself; none is written, made, removed or run. Returns as forbid_all_files(), which may
/// follow. Needs no_new_privs.
Result<int> forbid_all_but_reading();

}  // namespace tunnel::sandbox
