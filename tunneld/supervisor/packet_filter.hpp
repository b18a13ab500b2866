#pragma once

#include "filter/kernel/nftables.hpp"
#include "filter/kernel/table_watch.hpp"
#include "tunneld/audit/audit.hpp"
#include "tunneld/base/diagnostic.hpp"
#include "tunneld/base/result.hpp"
#include "tunneld/policy/policy.hpp"
#include "tunneld/supervisor/name_store.hpp"
#include "tunneld/supervisor/rule_numbers.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>

#include <chrono>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace tunnel::supervisor {

/// What a policy has made of the one before.
struct RuleChanges {
  std::size_t added = 0;
  std::size_t removed = 0;
  std::size_t all = 0;
  std::size_t nat = 0;  // rules of translation
};

/// The gateway's rules in the kernel: one table of nftables, which stays when tunneld ends. What
/// others do to it is undone at once.
class PacketFilter {
 public:
  /// Called with the rules of a policy that has just come into force, and with those of earlier
  /// ones that flows may still bear the numbers of.
  using OnPolicy = std::function<void(const policy::FilterPolicy& policy,
                                      const std::vector<filter::compiler::NumberedRule>& rules)>;

  static Result<std::unique_ptr<PacketFilter>> open(boost::asio::io_context& context,
                                                    audit::Audit& audit,
                                                    const std::filesystem::path& state_dir);

  void on_policy(OnPolicy handler) { on_policy_ = std::move(handler); }

  /// Puts a policy in force, all of it at one moment: connections that the present one has let in
  /// stay, and rules that say the same keep their counters. Anything returned: why it could not be,
  /// and the present policy stays.
  std::vector<Diagnostic> put(policy::FilterPolicy policy);

  /// Checks tunnels again, but for these, which are somebody else's interfaces. While the table is
  /// away, that is for the next put().
  Result<void> spare(std::vector<InterfaceName> taken);

  /// Takes the table away, until the next put(): from then on everything passes.
  Result<void> flush();

  bool flushed() const noexcept { return flushed_; }

  /// How often the table was put back since tunneld has begun.
  std::uint64_t repairs() const noexcept { return repairs_; }

  const policy::FilterPolicy& policy() const noexcept { return policy_; }

  /// The rules in force, with their numbers, and the table that the kernel has of them.
  const std::optional<filter::compiler::Compiled>& in_force() const noexcept { return in_force_; }

  /// Of the last put().
  const RuleChanges& changes() const noexcept { return changes_; }

  /// The table as the kernel has it now, counters and all.
  Result<boost::json::value> table() { return nftables_.list(table_name()); }

 private:
  PacketFilter(boost::asio::io_context& context, audit::Audit& audit,
               const std::filesystem::path& state_dir, filter::kernel::TableWatch watch);

  static const std::string& table_name();
  Result<void> hand_over(const filter::compiler::Compiled& compiled);
  bool find(const boost::json::object& commands);
  void save();
  void settle();
  void keep_names(const policy::KnownNames::Used& names);
  void tell_taken(const std::vector<InterfaceName>& before);
  void watch();
  void suspect(std::string offender);
  void put_back();
  void report(const std::string& offender, const Result<void>& done);
  void say(audit::Priority priority, std::string text);

  filter::kernel::Nftables nftables_;
  filter::kernel::TableWatch watch_;
  boost::asio::posix::stream_descriptor notifications_;
  boost::asio::steady_timer pause_;
  boost::asio::steady_timer quiet_;
  audit::Audit& audit_;
  RuleNumbers numbers_;
  NameStore names_;
  StateFile saved_;                // for the next boot
  boost::json::object written_{};  // into it
  OnPolicy on_policy_;
  policy::FilterPolicy policy_;
  std::optional<filter::compiler::Compiled> in_force_;
  RuleChanges changes_;
  std::string offender_;  // who has changed the table since it was last put in its place
  std::chrono::steady_clock::time_point quiet_until_{};
  unsigned unsaid_ = 0;  // times that the table was put back without a word
  /// Of our last change, as long as nobody else's was heard of; 0: there is none.
  std::uint32_t generation_ = 0;
  std::uint64_t repairs_ = 0;
  bool in_doubt_ = false;  // the kernel may have something else than in_force_
  bool pausing_ = false;
  bool flushed_ = false;
};

}  // namespace tunnel::supervisor
