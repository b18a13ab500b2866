#pragma once

#include "filter/compiler/compiler.hpp"
#include "filter/language/policy_parser.hpp"
#include "tunneld/base/diagnostic.hpp"
#include "tunneld/config/configuration.hpp"
#include "tunneld/policy/known_names.hpp"

#include <string>
#include <vector>

namespace tunnel::policy {

/// What the packet filter of a gateway is to do: its rules, read, and what is not in rule files.
struct FilterPolicy {
  std::vector<filter::language::PolicySource> sources{};  // the files, by Place::file
  filter::language::ParsedPolicy rules{};
  filter::compiler::Options options{};  // without numbers of its own
  bool filters = false;                 // false: there is no [filter], only the tunnels' checks
  config::LogStates log_states = config::LogStates::No;
  std::vector<filter::nft::Chain> source_checks{};
  std::vector<filter::nft::Map> source_maps{};
  std::vector<InterfaceName> tunnels{};  // of the sites
  KnownNames::Used names{};              // of hosts, that the rules were read with
  std::vector<InterfaceName> closing{};  // tunnels of no site any more: nothing passes them
  /// Of both, those that are somebody else's interfaces now: what crosses these is not ours to
  /// drop.
  std::vector<InterfaceName> taken{};
};

/// A policy without mistakes, or all that is wrong in its files, in their order.
struct Loaded {
  FilterPolicy policy{};
  std::vector<Diagnostic> diagnostics{};
};

/// Whose interfaces are looked at: all that the policy drops packets of by their names alone.
std::vector<InterfaceName> names_of_tunnels(const FilterPolicy& policy);

/// Reads the rule files that a configuration names, and makes sure that they can be put in force.
/// Names of hosts in them are asked for.
Loaded load(const config::Configuration& configuration, const filter::language::Names& names);

/// The table of a policy, in which rules have the numbers that `options` give them (those of the
/// policy, or with what only the daemon knows).
filter::compiler::Compiled compile(const FilterPolicy& policy,
                                   const filter::compiler::Options& options);

/// What is wrong with the rule at a place, said like a mistake in its file.
Diagnostic about_rule(const FilterPolicy& policy, const filter::Place& place, std::string message,
                      std::string hint);

}  // namespace tunnel::policy
