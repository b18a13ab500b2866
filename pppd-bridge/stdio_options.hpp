#pragma once

#include "pppd-bridge/options.hpp"

#include <CLI/CLI.hpp>
#include <string>

namespace tunnel::bridge {

void add_stdio(CLI::App& app, StdioOptions& options);

/// What is wrong with the options together; empty: nothing.
std::string mistake_in(const StdioOptions& options);

}  // namespace tunnel::bridge
