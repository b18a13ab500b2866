#include "routes/reconcile.hpp"

#include "routes/change.hpp"
#include "routes/plan.hpp"

#include <variant>

namespace tunnel::routes {

namespace {

bool makes_guard(const Change& change) {
  const auto is_guard = [](const Route& route) { return route.type == RouteType::Unreachable; };
  if (const auto* add = std::get_if<AddRoute>(&change)) return is_guard(add->route);
  if (const auto* replace = std::get_if<ReplaceRoute>(&change)) return is_guard(replace->route);
  return false;
}

std::string interface_of(const Change& change) {
  return std::visit(
      [](const auto& each) -> std::string {
        if constexpr (requires { each.device.name; }) return each.device.name;
        return {};
      },
      change);
}

}  // namespace

Result<Outcome> reconcile(Kernel& kernel, const Wanted& wanted) {
  const auto actual = kernel.read(wanted);
  if (!actual.has_value()) return actual.error();
  Outcome outcome;
  outcome.conflicts = conflicts(wanted, *actual);
  outcome.missing = missing(wanted, *actual);
  for (const auto& change : plan(wanted, *actual)) {
    const auto applied = kernel.apply(change);
    if (applied.has_value()) {
      outcome.done.push_back(describe(change));
      continue;
    }
    outcome.failed.push_back({interface_of(change), applied.error()});
    if (makes_guard(change)) break;
  }
  return outcome;
}

}  // namespace tunnel::routes
