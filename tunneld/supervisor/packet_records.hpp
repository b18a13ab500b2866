#pragma once

#include "filter/compiler/compiler.hpp"
#include "filter/flows/flow.hpp"
#include "filter/flows/session_table.hpp"
#include "filter/ipmon/line.hpp"
#include "filter/ipmon/merger.hpp"
#include "filter/kernel/log_message.hpp"
#include "tunneld/audit/log_line.hpp"
#include "tunneld/base/identifiers.hpp"

#include <cstdint>
#include <functional>
#include <optional>
#include <unordered_map>
#include <vector>

namespace tunnel::supervisor {

/// Rules by the numbers under which the kernel knows them. A number stays known when its rule is
/// gone: flows that it has let in live on, and bear it.
class RuleBook {
 public:
  void learn(const std::vector<filter::compiler::NumberedRule>& rules);

  /// nullptr: there has never been one.
  const filter::compiler::NumberedRule* find(std::uint32_t number) const;

 private:
  std::unordered_map<std::uint32_t, filter::compiler::NumberedRule> known_{};
};

/// Makes ipmon's records of what the kernel has logged.
class PacketRecords {
 public:
  /// The name of an interface, by its index.
  using NameOf = std::function<InterfaceName(unsigned index)>;

  PacketRecords(const RuleBook& rules, NameOf name_of)
      : rules_{rules}, name_of_{std::move(name_of)} {}

  /// nullopt: there is no packet in it. The kernel does not say when a packet left: then it was
  /// with the one before, or now.
  std::optional<filter::ipmon::Record> record_of(const filter::kernel::LoggedPacket& logged,
                                                 audit::WallTime now);

 private:
  audit::WallTime time_of(const filter::kernel::LoggedPacket& logged, audit::WallTime now);

  const RuleBook& rules_;
  NameOf name_of_;
  audit::WallTime last_{};
};

/// The record for filter.log, and for the journal.
audit::Record log_record(const filter::ipmon::Written& written);

/// The record for nat.log, and for the journal.
audit::Record log_record(const filter::flows::SessionEvent& event, audit::WallTime now);

/// The record of a state for filter.log, and for the journal, which alone has the rule that keeps
/// it; nullptr: it is not known.
audit::Record log_record(const filter::flows::FlowEvent& event,
                         const filter::compiler::NumberedRule* rule, audit::WallTime now);

}  // namespace tunnel::supervisor
