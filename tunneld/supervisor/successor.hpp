#pragma once

#include "tunneld/base/result.hpp"
#include "tunneld/base/unique_fd.hpp"
#include "tunneld/supervisor/left_behind.hpp"

#include <filesystem>
#include <string>
#include <vector>

namespace tunnel::supervisor {

/// The program that this process was started as, found again after it was replaced on the disk.
struct Program {
  std::filesystem::path path;
  std::vector<std::string> arguments;  // without the program's own name
};

/// Of this process; to be asked before anybody can have replaced the file.
Result<Program> this_program(std::vector<std::string> arguments);

/// Executes a program in the place of this process, which keeps its number: it finds the
/// descriptors as from_environment() wants them. All others are closed, and
/// signals that ask us to end wait until the program takes them.
///
/// Where that program cannot be executed, the one that runs now is, once more. Returns only if not
/// even that could be done, with everything closed: there is nothing left but to end.
Error execute(const Program& program, std::vector<LeftBehind::Each> descriptors);

/// As a program that was started so does, or any other: nothing was blocked for it.
void unblock_end_signals();

}  // namespace tunnel::supervisor
