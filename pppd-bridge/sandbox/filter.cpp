#include "pppd-bridge/sandbox/filter.hpp"

#include "tunneld/base/freed.hpp"

#include <fmt/format.h>

#include <seccomp.h>
#include <unistd.h>

#include <algorithm>
#include <memory>
#include <string>
#include <system_error>
#include <type_traits>
#include <vector>

namespace tunnel::sandbox {

namespace {

using Filter = std::unique_ptr<std::remove_pointer_t<scmp_filter_ctx>, Freed<seccomp_release>>;

/// libseccomp returns errno, negative.
Error filter_error(int result, std::string_view doing) {
  return Error{std::error_code{-result, std::generic_category()},
               fmt::format("sandbox: {}", doing)};
}

std::uint64_t value_of(const Condition& condition, pid_t child) {
  const auto pid = [](pid_t id) {
    return static_cast<std::uint64_t>(static_cast<std::uint32_t>(id));
  };
  switch (condition.whose) {
    case Whose::Literal:
      return condition.value;
    case Whose::OurPid:
      return pid(::getpid());
    case Whose::ChildPid:
      return pid(child);
    case Whose::ChildGroup:
      return pid(-child);
  }
  return condition.value;
}

Result<void> add_row(const Filter& filter, const Call& call, pid_t child) {
  const int number = seccomp_syscall_resolve_name(std::string{call.name}.c_str());
  if (number == __NR_SCMP_ERROR) return filter_error(-EINVAL, call.name);
  if (number < 0) return {};  // this machine has it not
  std::vector<scmp_arg_cmp> conditions;
  for (const auto& condition : call.when) {
    if (condition.mask == 0) continue;
    conditions.push_back(
        {condition.argument, SCMP_CMP_MASKED_EQ, condition.mask, value_of(condition, child)});
  }
  const int added =
      seccomp_rule_add_array(filter.get(), SCMP_ACT_ALLOW, number,
                             static_cast<unsigned>(conditions.size()), conditions.data());
  if (added < 0) return filter_error(added, call.name);
  return {};
}

/// The first rows are the ones that are called for every packet.
void put_first(const Filter& filter, const Call& call, std::size_t row) {
  const int number = seccomp_syscall_resolve_name(std::string{call.name}.c_str());
  const auto priority = static_cast<std::uint8_t>(255 - std::min<std::size_t>(row, 255));
  if (number >= 0) seccomp_syscall_priority(filter.get(), number, priority);
}

Result<void> load(const Filter& filter) {
  if (const int loaded = seccomp_load(filter.get()); loaded < 0) {
    return filter_error(loaded, "the kernel does not take the seccomp filter");
  }
  return {};
}

}  // namespace

Result<void> refuse_calls_never_made() {
  const Filter filter{seccomp_init(SCMP_ACT_ALLOW)};
  if (!filter) return filter_error(-ENOMEM, "make a seccomp filter");
  seccomp_attr_set(filter.get(), SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS);
  for (const auto name : kNeverCalled) {
    const int number = seccomp_syscall_resolve_name(std::string{name}.c_str());
    if (number < 0) continue;  // this machine has it not
    const int added = seccomp_rule_add(filter.get(), SCMP_ACT_ERRNO(EPERM), number, 0);
    if (added < 0) return filter_error(added, name);
  }
  return load(filter);
}

Result<void> refuse_other_calls(Profile profile, pid_t child) {
  // A trap, not a kill: the call is refused as well, and violation.cpp says which it was.
  const Filter filter{seccomp_init(SCMP_ACT_TRAP)};
  if (!filter) return filter_error(-ENOMEM, "make a seccomp filter");
  seccomp_attr_set(filter.get(), SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS);
  seccomp_attr_set(filter.get(), SCMP_FLTATR_CTL_LOG, 1);  // where the kernel knows how
  for (std::size_t row = 0; row < kCalls.size(); ++row) {
    const auto& call = kCalls[row];
    if ((call.where & only(profile)) == 0) continue;
    if (auto added = add_row(filter, call, child); !added) return added;
    put_first(filter, call, row);
  }
  return load(filter);
}

}  // namespace tunnel::sandbox
