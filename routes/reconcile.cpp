#include "routes/reconcile.hpp"

#include "routes/change.hpp"
#include "routes/plan.hpp"

#include <algorithm>
#include <utility>
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

bool is_link_local(const Address& address) {
  static const auto kLinkLocal = *Prefix::parse("fe80::/10");
  return address.family() == Family::Ipv6 &&
         kLinkLocal.contains(host(address.local).address_bytes());
}

}  // namespace

std::vector<Address> outside_of(const Wanted& wanted, const Actual& actual) {
  const auto is_ours = [&](const Address& address) {
    const auto* link = actual.link(address.device);
    if (link == nullptr) return true;  // about to go
    return link->ours() ||
           std::any_of(wanted.interfaces.begin(), wanted.interfaces.end(),
                       [&](const auto& each) { return each.name.str() == link->name; });
  };
  auto outside = actual.addresses;
  std::erase_if(outside, [&](const auto& each) { return is_ours(each) || is_link_local(each); });
  std::sort(outside.begin(), outside.end(), [](const Address& a, const Address& b) {
    return std::pair{a.device, text(a.local)} < std::pair{b.device, text(b.local)};
  });
  return outside;
}

Result<Outcome> reconcile(Kernel& kernel, const Wanted& wanted, const Admit& admit,
                          const Prepare& prepare) {
  const auto actual = kernel.read(wanted);
  if (!actual.has_value()) return actual.error();
  Outcome outcome;
  outcome.conflicts = conflicts(wanted, *actual);
  outcome.missing = missing(wanted, *actual);
  outcome.outside = outside_of(wanted, *actual);
  const auto prepared = prepare ? prepare(*actual) : Result<void>{};
  if (!prepared.has_value()) outcome.failed.push_back({{}, prepared.error()});
  for (const auto& change : plan(wanted, *actual)) {
    if (!prepared.has_value() && !makes_guard(change)) continue;
    if (admit && !makes_guard(change) && !admit(change)) continue;
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
