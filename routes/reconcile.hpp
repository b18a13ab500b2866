#pragma once

#include "routes/change.hpp"
#include "routes/conflicts.hpp"
#include "routes/kernel.hpp"
#include "routes/model.hpp"
#include "tunneld/base/identifiers.hpp"
#include "tunneld/base/result.hpp"

#include <functional>
#include <string>
#include <vector>

namespace tunnel::routes {

/// A change that could not be made.
struct Failure {
  std::string interface;  ///< the wanted interface it was for; empty: a guard, or the gateway
  Error error;
};

/// What one reconciliation did and found.
struct Outcome {
  std::vector<std::string> done{};       ///< one line per change made
  std::vector<Failure> failed{};         ///< changes that could not be made
  std::vector<Conflict> conflicts{};     ///< as of before the changes
  std::vector<InterfaceName> missing{};  ///< wanted interfaces without a device
  /// This gateway's addresses on interfaces that are not ours, but for link-local ones; sorted.
  std::vector<Address> outside{};
};

/// Whether a change may be made now. Guards are not asked for.
using Admit = std::function<bool(const Change&)>;

/// Told what the kernel has, before anything is changed. Its error counts as that of a guard.
using Prepare = std::function<Result<void>(const Actual&)>;

/// Reads, plans and applies. A failed change does not keep the others from being made (one site's
/// trouble is not another's), but where a guard cannot be put in place nothing else is done: better
/// no route than a leak. Fails only where the kernel cannot be read.
Result<Outcome> reconcile(Kernel& kernel, const Wanted& wanted, const Admit& admit = {},
                          const Prepare& prepare = {});

/// Outcome::outside of what the kernel has.
std::vector<Address> outside_of(const Wanted& wanted, const Actual& actual);

}  // namespace tunnel::routes
