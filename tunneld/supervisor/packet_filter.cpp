#include "tunneld/supervisor/packet_filter.hpp"

#include "filter/nft/commands.hpp"
#include "routes/conflicts.hpp"
#include "tunneld/supervisor/boot_filter.hpp"
#include "tunneld/supervisor/refused_rule.hpp"

#include <fmt/format.h>

#include <fcntl.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>
#include <utility>

namespace tunnel::supervisor {

namespace {

using namespace std::chrono_literals;

/// What stands in the saved commands besides them.
constexpr auto kKernel = "kernel";

constexpr int kMoreAttempts = 2;
/// Between two repairs, so that a program which does not give up costs little.
constexpr auto kRepairPause = 100ms;
/// After one that failed.
constexpr auto kRetryPause = 500ms;
/// Between two lines about the same.
constexpr auto kQuiet = 10s;

std::string offender_of(const filter::kernel::Touch& touch) {
  if (touch.pid == 0) return "somebody";
  return fmt::format("{} (pid {})", touch.program, touch.pid);
}

/// A state of the kernel's rules, also over boots and network namespaces; empty: it cannot be
/// known.
std::string kernel_state(std::uint32_t generation) {
  std::string boot;
  std::ifstream{"/proc/sys/kernel/random/boot_id"} >> boot;
  std::error_code error;
  const auto network = std::filesystem::read_symlink("/proc/self/ns/net", error);
  if (generation == 0 || boot.empty() || error) return {};
  return fmt::format("{} {} {}", boot, network.native(), generation);
}

std::set<std::uint32_t> numbers_of(const filter::compiler::Compiled& compiled) {
  std::set<std::uint32_t> numbers;
  for (const auto& rule : compiled.rules) numbers.insert(rule.number);
  return numbers;
}

RuleChanges changes_between(const std::optional<filter::compiler::Compiled>& before,
                            const filter::compiler::Compiled& after) {
  const auto old = before ? numbers_of(*before) : std::set<std::uint32_t>{};
  const auto now = numbers_of(after);
  std::vector<std::uint32_t> stay;
  std::set_intersection(old.begin(), old.end(), now.begin(), now.end(), std::back_inserter(stay));
  return {now.size() - stay.size(), old.size() - stay.size(), now.size()};
}

}  // namespace

Result<std::unique_ptr<PacketFilter>> PacketFilter::open(boost::asio::io_context& context,
                                                         audit::Audit& audit,
                                                         const std::filesystem::path& state_dir) {
  auto watch = filter::kernel::TableWatch::open(table_name());
  if (!watch) return watch.error();
  std::unique_ptr<PacketFilter> filter{
      new PacketFilter{context, audit, state_dir, std::move(*watch)}};
  if (const auto read = filter->numbers_.load(); !read) {
    filter->say(audit::Priority::Warning, read.error().message());
  }
  filter->watch();
  return filter;
}

PacketFilter::PacketFilter(boost::asio::io_context& context, audit::Audit& audit,
                           const std::filesystem::path& state_dir, filter::kernel::TableWatch watch)
    : watch_{std::move(watch)},
      notifications_{context, ::fcntl(watch_.fd(), F_DUPFD_CLOEXEC, 0)},
      pause_{context},
      quiet_{context},
      audit_{audit},
      numbers_{state_dir / "rules.json"},
      names_{state_dir},
      saved_{saved_filter(state_dir)} {}

const std::string& PacketFilter::table_name() {
  static const std::string name = filter::compiler::Options{}.table;
  return name;
}

void PacketFilter::say(audit::Priority priority, std::string text) {
  audit::Record record;
  record.priority = priority;
  record.text = "layer=filter " + std::move(text);
  audit_.write(std::move(record));
}

/// Whether an earlier daemon has left just this in the kernel, and nobody has touched any rules
/// since. Then counters, and what packets have put into sets, go on.
bool PacketFilter::find(const boost::json::object& commands) {
  auto left = saved_.read();
  const auto generation = filter::kernel::generation();
  const auto now = kernel_state(generation ? *generation : 0);
  if (!left || now.empty()) return false;
  const auto* then = left->if_contains(kKernel);
  if (then == nullptr || *then != boost::json::value(now)) return false;
  auto whole = *left;
  left->erase(kKernel);
  if (*left != commands) return false;
  generation_ = *generation;
  written_ = std::move(whole);
  return true;
}

/// For the next boot, and for the next daemon.
void PacketFilter::save() {
  auto commands = filter::nft::replace(in_force_->table);
  commands[kKernel] = kernel_state(generation_);
  if (commands == written_) return;
  if (const auto kept = saved_.write(commands); !kept) {
    return say(audit::Priority::Warning, kept.error().message());
  }
  written_ = std::move(commands);
}

/// As a change of what the kernel has, or as a whole where that cannot be.
Result<void> PacketFilter::hand_over(const filter::compiler::Compiled& compiled) {
  if (!in_force_ && find(filter::nft::replace(compiled.table))) return {};
  if (in_force_ && !flushed_ && !in_doubt_) {
    const auto commands = filter::nft::change(in_force_->table, compiled.table);
    if (filter::nft::empty(commands) || nftables_.run(commands)) return {};
  }
  // Somebody else's change at the same moment is a refusal, too.
  auto done = nftables_.run(filter::nft::replace(compiled.table));
  for (int again = 0; !done && again < kMoreAttempts; ++again) {
    done = nftables_.run(filter::nft::replace(compiled.table));
  }
  return done;
}

std::vector<Diagnostic> PacketFilter::put(policy::FilterPolicy policy) {
  auto options = policy.options;
  numbers_.begin(policy.rules.rule_lists, options.mark_mask);
  options.number = [this](const filter::RuleList&, const filter::RuleId&,
                          const filter::Rule& rule) { return numbers_.number(rule); };
  options.retired = numbers_.retired();
  auto compiled = policy::compile(policy, options);
  std::vector<Diagnostic> wrong;
  for (auto& problem : compiled.problems) {
    wrong.push_back(about_rule(policy, problem.place, problem.message, problem.hint));
  }
  if (!wrong.empty()) return wrong;
  if (const auto done = hand_over(compiled); !done) {
    settle();
    return {why_refused(nftables_, policy, done.error())};
  }
  if (const auto kept = numbers_.commit(); !kept) {
    say(audit::Priority::Warning, kept.error().message());
  }
  keep_names(policy.names);
  flushed_ = false;
  const auto before = std::exchange(policy_, std::move(policy));
  tell_taken(before.taken);
  changes_ = changes_between(in_force_, compiled);
  changes_.nat = policy_.rules.nat.size();
  in_force_ = std::move(compiled);
  in_doubt_ = false;
  settle();
  save();
  if (on_policy_) {
    auto known = options.retired;
    known.insert(known.end(), in_force_->rules.begin(), in_force_->rules.end());
    on_policy_(policy_, known);
  }
  return {};
}

void PacketFilter::keep_names(const policy::KnownNames::Used& names) {
  for (const auto& name : names.old) {
    say(audit::Priority::Warning,
        fmt::format("{} in the rules could not be looked up: it has the address that it had before",
                    name));
  }
  if (names.addresses == policy_.names.addresses) return;
  if (const auto kept = names_.save(names.addresses); !kept) {
    say(audit::Priority::Warning, kept.error().message());
  }
}

Result<void> PacketFilter::spare(std::vector<InterfaceName> taken) {
  if (taken == policy_.taken) return {};
  if (flushed_) {
    policy_.taken = std::move(taken);
    return {};
  }
  auto policy = policy_;
  policy.taken = std::move(taken);
  const auto wrong = put(std::move(policy));
  if (wrong.empty()) return {};
  return make_error(std::errc::io_error, "the packet filter: " + wrong.front().message);
}

void PacketFilter::tell_taken(const std::vector<InterfaceName>& before) {
  const auto& now = policy_.taken;
  const auto in = [](const auto& all, const InterfaceName& name) {
    return std::find(all.begin(), all.end(), name) != all.end();
  };
  for (const auto& name : now) {
    if (in(before, name)) continue;
    say(audit::Priority::Error, routes::taken_text(name) + ": what comes from it is not checked");
  }
  for (const auto& name : before) {
    if (in(now, name) || !in(policy_.tunnels, name)) continue;
    say(audit::Priority::Notice,
        fmt::format("\"{}\" is nobody else's any more: what comes from it is checked", name.str()));
  }
}

Result<void> PacketFilter::flush() {
  const auto done = nftables_.run(filter::nft::remove(table_name()));
  if (!done) return done;
  flushed_ = true;
  settle();
  say(audit::Priority::Warning,
      "the packet filter, NAPT and the tunnels' source checks were flushed: everything passes "
      "until the next reload");
  return {};
}

void PacketFilter::watch() {
  notifications_.async_wait(boost::asio::posix::stream_descriptor::wait_read,
                            [this](const boost::system::error_code& error) {
                              if (error) return;
                              settle();
                              watch();
                            });
}

/// Takes what the kernel has told: which of it was ours, and whether somebody else was at it as
/// well.
void PacketFilter::settle() {
  for (const auto& touch : watch_.read()) {
    if (nftables_.made(touch.generation)) {
      generation_ = touch.generation;
      continue;
    }
    generation_ = 0;
    suspect(offender_of(touch));
  }
}

void PacketFilter::suspect(std::string offender) {
  if (!in_force_ || flushed_) return;
  in_doubt_ = true;
  offender_ = std::move(offender);
  if (!pausing_) put_back();
}

/// Until it is as it should be: what fails is tried again.
void PacketFilter::put_back() {
  pausing_ = true;
  const auto done = nftables_.run(filter::nft::replace(in_force_->table));
  const auto offender = offender_;
  in_doubt_ = !done;
  settle();
  if (done) {
    ++repairs_;
    save();
  }
  report(offender, done);
  pause_.expires_after(done ? kRepairPause : kRetryPause);
  pause_.async_wait([this](const boost::system::error_code& error) {
    if (error) return;
    pausing_ = false;
    if (in_doubt_ && !flushed_) put_back();
  });
}

/// A line for the first of a row, and then one now and again.
void PacketFilter::report(const std::string& offender, const Result<void>& done) {
  const auto now = std::chrono::steady_clock::now();
  if (now < quiet_until_) {
    if (unsaid_++ > 0) return;
    quiet_.expires_at(quiet_until_);
    quiet_.async_wait([this, offender](const boost::system::error_code& error) {
      const auto more = std::exchange(unsaid_, 0U);
      if (error || more == 0) return;
      say(audit::Priority::Warning,
          fmt::format("{} has changed the table inet {} again: it was put back ({} {})", offender,
                      table_name(), more, more == 1 ? "time" : "times"));
    });
    return;
  }
  quiet_until_ = now + kQuiet;
  if (done) {
    say(audit::Priority::Warning,
        fmt::format("{} has changed the table inet {}: it was put back", offender, table_name()));
  } else {
    say(audit::Priority::Error,
        fmt::format("{} has changed the table inet {}, and it cannot be put back, which is tried "
                    "again: {}",
                    offender, table_name(), done.error().message()));
  }
}

}  // namespace tunnel::supervisor
