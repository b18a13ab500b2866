#pragma once

#include "tunneld/ctl/options.hpp"

#include <CLI/CLI.hpp>
#include <functional>

// What the parts of the command line have in common.

namespace tunnel::ctl {

/// What the verb on the command line yields, once it is known which was typed.
using Chosen = std::function<Command()>;

inline CLI::App* add_verb(CLI::App& parent, const char* name, const char* description) {
  auto* added = parent.add_subcommand(name, description);
  added->fallthrough();
  return added;
}

inline void add_json(CLI::App* verb, Format& format) {
  verb->add_flag_callback(
      "--json", [&format] { format = Format::Json; }, "Print JSON, a document a line");
}

template <typename Options>
void yields(CLI::App* verb, Chosen& chosen, Options& options) {
  verb->callback([&chosen, &options] { chosen = [&options] { return Command{options}; }; });
}

}  // namespace tunnel::ctl
