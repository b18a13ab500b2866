#pragma once

#include "filter/language/names.hpp"

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace tunnel::policy {

/// Names of hosts as they are now, or, where nobody can say, as they were when the rules last came
/// into force: a gateway must come up before its resolver does.
class KnownNames final : public filter::language::Names {
 public:
  using Addresses = std::map<std::string, std::vector<Address>, std::less<>>;

  /// Both are of the hosts that rules have named.
  struct Used {
    Addresses addresses{};
    std::vector<std::string> old{};  // those of them that are from before
  };

  /// `now` must outlive it.
  KnownNames(const Names& now, Addresses before) : now_{now}, before_{std::move(before)} {}

  std::vector<Address> host(const std::string& name) const override;

  std::optional<std::uint16_t> service(const std::string& name,
                                       const std::string& protocol) const override {
    return now_.service(name, protocol);
  }

  std::optional<std::uint8_t> protocol(const std::string& name) const override {
    return now_.protocol(name);
  }

  const Used& used() const noexcept { return used_; }

 private:
  const Names& now_;
  Addresses before_;
  mutable Used used_{};
  mutable bool silent_ = false;  // a question took long, and had no answer: the rest is not asked
};

}  // namespace tunnel::policy
