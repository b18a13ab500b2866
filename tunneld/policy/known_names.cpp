#include "tunneld/policy/known_names.hpp"

#include <algorithm>
#include <chrono>

namespace tunnel::policy {

namespace {

/// A resolver that is there says sooner that there is no such name.
constexpr std::chrono::milliseconds kPatience{500};

}  // namespace

std::vector<filter::language::Names::Address> KnownNames::host(const std::string& name) const {
  if (const auto known = used_.addresses.find(name); known != used_.addresses.end()) {
    return known->second;
  }
  const auto before = before_.find(name);
  const bool ask = !silent_ || before == before_.end();
  const auto start = std::chrono::steady_clock::now();
  auto addresses = ask ? now_.host(name) : std::vector<Address>{};
  if (addresses.empty()) {
    silent_ = silent_ || std::chrono::steady_clock::now() - start > kPatience;
    if (before == before_.end()) return {};
    addresses = before->second;
    used_.old.push_back(name);
  }
  used_.addresses.emplace(name, addresses);
  return addresses;
}

}  // namespace tunnel::policy
