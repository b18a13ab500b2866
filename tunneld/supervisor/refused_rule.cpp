#include "tunneld/supervisor/refused_rule.hpp"

#include "filter/compiler/refusal.hpp"
#include "filter/nft/commands.hpp"

#include <chrono>

namespace tunnel::supervisor {

namespace {

/// Less than systemd's watchdog has.
constexpr std::chrono::seconds kPatience{4};

}  // namespace

Diagnostic why_refused(filter::kernel::Nftables& nftables, const policy::FilterPolicy& policy,
                       const Error& error) {
  const auto deadline = std::chrono::steady_clock::now() + kPatience;
  bool late = false;
  const auto accepts = [&](const filter::nft::Table& table) {
    late = late || std::chrono::steady_clock::now() > deadline;
    return late || nftables.accepts(filter::nft::replace(table));
  };
  const auto place = filter::compiler::find_refused(policy.rules.rule_lists, policy.rules.nat_lists,
                                                    policy.options, accepts);
  if (!place || late) {
    return {.message = "the kernel refuses the packet filter: " + error.message()};
  }
  return about_rule(policy, *place, "the kernel refuses this rule: " + error.message(),
                    "the kernel's modules for nftables may be missing or older than the program");
}

}  // namespace tunnel::supervisor
