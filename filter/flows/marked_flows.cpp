#include "filter/flows/marked_flows.hpp"

namespace tunnel::filter::flows {

bool MarkedFlows::begin(const Flow& flow) {
  if ((flow.mark & mask_) == 0) return false;
  return known_.insert_or_assign(FlowKey::of(flow), Known{flow.mark}).second;
}

std::optional<FlowEvent> MarkedFlows::take(const FlowEvent& event) {
  using Kind = FlowEvent::Kind;
  if (event.kind == Kind::Ended || event.kind == Kind::Deleted) {
    known_.erase(FlowKey::of(event.flow));
    return (event.flow.mark & mask_) == 0 ? std::nullopt : std::optional{event};
  }
  if (!begin(event.flow)) return std::nullopt;
  auto begun = event;
  if (event.kind == Kind::Changed) begun.flow.start.reset();
  begun.kind = Kind::New;
  return begun;
}

std::vector<FlowEvent> MarkedFlows::compare(const std::vector<Flow>& all) {
  for (auto& [key, known] : known_) known.doubtful = true;
  std::vector<FlowEvent> events;
  for (const auto& flow : all) {
    if (begin(flow)) events.push_back({FlowEvent::Kind::New, flow});
  }
  return events;
}

std::vector<FlowEvent> MarkedFlows::end_doubtful() {
  std::vector<FlowEvent> events;
  for (auto each = known_.begin(); each != known_.end();) {
    const auto& [key, known] = *each;
    if (!known.doubtful) {
      ++each;
      continue;
    }
    FlowEvent ended{FlowEvent::Kind::Ended, {}};
    ended.flow.id = key.id;
    ended.flow.protocol = key.protocol;
    ended.flow.original = key.original;
    ended.flow.mark = known.mark;
    events.push_back(std::move(ended));
    each = known_.erase(each);
  }
  return events;
}

std::vector<FlowEvent> MarkedFlows::adopt(const std::vector<Flow>& all, Flow::WallTime since) {
  std::vector<FlowEvent> events;
  for (const auto& flow : all) {
    if (begin(flow) && flow.start && *flow.start > since) {
      events.push_back({FlowEvent::Kind::New, flow});
    }
  }
  return events;
}

}  // namespace tunnel::filter::flows
