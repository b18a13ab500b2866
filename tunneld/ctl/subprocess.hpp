#pragma once

#include "tunneld/base/result.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace tunnel::ctl {

/// How a program ended, and what it wrote.
struct Completed {
  int status = 0;  // its exit status; 128 and the signal's number if one killed it
  std::string output;
  std::string errors;
};

/// Runs a program found in PATH, without a shell, with `input` as its standard input, and waits for
/// it. An error: it could not be started at all.
Result<Completed> run_program(const std::vector<std::string>& arguments, std::string_view input);

}  // namespace tunnel::ctl
