#pragma once

#include "filter/compiler/compiler.hpp"

#include <functional>
#include <optional>

namespace tunnel::filter::compiler {

/// Whether the kernel takes a table, as by `nft --check`.
using Accepts = std::function<bool(const nft::Table&)>;

/// The rule for which the kernel refuses a policy: with those before it the policy is taken, and
/// with it no more. Asks for a table some twenty times at most. nullopt: the whole is taken, or the
/// kernel refuses it without a single rule.
std::optional<Place> find_refused(const RuleLists& rules, const NatLists& nat,
                                  const Options& options, const Accepts& accepts);

}  // namespace tunnel::filter::compiler
