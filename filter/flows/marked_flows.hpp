#pragma once

#include "filter/flows/flow.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <unordered_map>
#include <vector>

namespace tunnel::filter::flows {

/// The flows that bear a mark, which are those whose state a rule keeps: when such a state begins,
/// and when it ends. A flow may be older than its state.
///
/// The kernel's messages can be lost. Then its whole table is compared, as SessionTable does it.
class MarkedFlows {
 public:
  /// The bits of the mark that count.
  explicit MarkedFlows(std::uint32_t mask) : mask_{mask} {}

  /// New where the flow has a mark and had none before: without a time of its start where that is
  /// not when it got its mark. Ended and Deleted as the kernel says it, of marked flows. nullopt:
  /// nothing of all that.
  std::optional<FlowEvent> take(const FlowEvent& event);

  /// Those that were not known, as New. What is missing is doubtful from then on.
  std::vector<FlowEvent> compare(const std::vector<Flow>& all);
  /// What is still doubtful, as Ended, with its ends and its mark alone.
  std::vector<FlowEvent> end_doubtful();

  /// Flows that were there before us: known from now on. Those that began after `since`, as New.
  std::vector<FlowEvent> adopt(const std::vector<Flow>& all, Flow::WallTime since);

  std::size_t size() const noexcept { return known_.size(); }

 private:
  struct Known {
    std::uint32_t mark = 0;
    bool doubtful = false;
  };

  /// Whether it is marked, and was not known.
  bool begin(const Flow& flow);

  std::uint32_t mask_;
  std::unordered_map<FlowKey, Known, FlowKey::Hash> known_{};
};

}  // namespace tunnel::filter::flows
