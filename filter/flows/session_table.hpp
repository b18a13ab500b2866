#pragma once

#include "filter/flows/flow.hpp"
#include "filter/flows/session.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <unordered_map>
#include <vector>

namespace tunnel::filter::flows {

/// What a log of translations has to say.
struct SessionEvent {
  enum class Kind : std::uint8_t { New, Expired, Destroyed };

  Kind kind = Kind::New;
  Session session{};
  std::optional<Flow::WallTime> time{};  // when it happened, if the kernel says so
  std::optional<Counters> forward{};     // of those that ended, as far as they are known
  std::optional<Counters> backward{};
};

/// The translated flows that are there, by what the kernel says about flows, and the rules that
/// made them: a flow keeps the rule that it was made by, also when the rules become others.
///
/// The kernel's messages can be lost. Then the whole table of the kernel is compared:
///
///     compare(all flows)      those we did not know are new; those that are missing are doubtful,
///     take(messages ...)      for the message of their end may be on its way
///     end_doubtful()          those that are still doubtful have ended without one
class SessionTable {
 public:
  /// New flows are those of these rules from now on.
  void set_rules(const NatLists& lists, HasAddress has_address);

  std::vector<SessionEvent> take(const FlowEvent& event);
  std::vector<SessionEvent> compare(const std::vector<Flow>& all);
  std::vector<SessionEvent> end_doubtful();

  /// Flows that were there before us: known from now on, and no events. Those that began after
  /// `since` are nobody's yet, and are events.
  std::vector<SessionEvent> adopt(const std::vector<Flow>& all,
                                  std::optional<Flow::WallTime> since);

  /// The translations of a flow, by the rules that made it.
  std::vector<Session> sessions_of(const Flow& flow) const;

  /// How many flows are translated.
  std::size_t size() const noexcept { return known_.size(); }

 private:
  struct Known {
    std::vector<Session> sessions{};
    bool doubtful = false;
  };

  std::vector<SessionEvent> begin(const Flow& flow);

  NatRules rules_{};
  HasAddress has_address_{};
  std::unordered_map<FlowKey, Known, FlowKey::Hash> known_{};
};

}  // namespace tunnel::filter::flows
