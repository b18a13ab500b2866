#pragma once

#include "pppd-bridge/options.hpp"
#include "tunneld/base/result.hpp"

/// The three ways a bridge runs (docs/architecture.md, "Processes").
namespace tunnel::bridge {

inline constexpr int kExitSuccess = 0;
inline constexpr int kExitFailure = 1;

/// Says what went wrong on standard error; returns kExitFailure.
int complain(const Error& error);

/// Each runs to the end of its link and returns the exit status.
int run_dial(const DialOptions& options);
int run_answer(const AnswerOptions& options);
int run_stdio(const StdioOptions& options);

}  // namespace tunnel::bridge
