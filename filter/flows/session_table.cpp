#include "filter/flows/session_table.hpp"

#include <iterator>
#include <utility>

namespace tunnel::filter::flows {

namespace {

bool is_translated(const Flow& flow) noexcept {
  return flow.is(kSourceTranslated) || flow.is(kDestinationTranslated);
}

void append(std::vector<SessionEvent>& all, std::vector<SessionEvent> more) {
  all.insert(all.end(), std::make_move_iterator(more.begin()), std::make_move_iterator(more.end()));
}

std::vector<SessionEvent> events_of(const std::vector<Session>& sessions, SessionEvent like) {
  std::vector<SessionEvent> events;
  for (const auto& session : sessions) {
    like.session = session;
    events.push_back(like);
  }
  return events;
}

}  // namespace

const char* name(TcpState state) noexcept {
  switch (state) {
    case TcpState::None:
      return "NONE";
    case TcpState::SynSent:
      return "SYN_SENT";
    case TcpState::SynReceived:
      return "SYN_RECV";
    case TcpState::Established:
      return "ESTABLISHED";
    case TcpState::FinWait:
      return "FIN_WAIT";
    case TcpState::CloseWait:
      return "CLOSE_WAIT";
    case TcpState::LastAck:
      return "LAST_ACK";
    case TcpState::TimeWait:
      return "TIME_WAIT";
    case TcpState::Close:
      return "CLOSE";
    case TcpState::SynSent2:
      return "SYN_SENT2";
  }
  return "NONE";
}

void SessionTable::set_rules(const NatLists& lists, HasAddress has_address) {
  rules_ = NatRules{lists};
  has_address_ = std::move(has_address);
}

std::vector<Session> SessionTable::sessions_of(const Flow& flow) const {
  const auto found = known_.find(FlowKey::of(flow));
  return found == known_.end() ? flows::sessions_of(flow, rules_, has_address_)
                               : found->second.sessions;
}

std::vector<SessionEvent> SessionTable::begin(const Flow& flow) {
  const auto [entry, is_new] = known_.try_emplace(FlowKey::of(flow));
  entry->second.doubtful = false;
  if (!is_new) return {};
  entry->second.sessions = flows::sessions_of(flow, rules_, has_address_);
  return events_of(entry->second.sessions, {SessionEvent::Kind::New, {}, flow.start, {}, {}});
}

std::vector<SessionEvent> SessionTable::take(const FlowEvent& event) {
  using Kind = FlowEvent::Kind;
  if (event.kind == Kind::Changed || !is_translated(event.flow)) return {};
  if (event.kind == Kind::New) return begin(event.flow);
  const auto sessions = sessions_of(event.flow);
  known_.erase(FlowKey::of(event.flow));
  const auto how =
      event.kind == Kind::Deleted ? SessionEvent::Kind::Destroyed : SessionEvent::Kind::Expired;
  return events_of(sessions, {how, {}, event.flow.stop, event.flow.forward, event.flow.backward});
}

std::vector<SessionEvent> SessionTable::compare(const std::vector<Flow>& all) {
  for (auto& [key, known] : known_) known.doubtful = true;
  std::vector<SessionEvent> events;
  for (const auto& flow : all) {
    if (is_translated(flow)) append(events, begin(flow));
  }
  return events;
}

std::vector<SessionEvent> SessionTable::end_doubtful() {
  std::vector<SessionEvent> events;
  for (auto each = known_.begin(); each != known_.end();) {
    if (!each->second.doubtful) {
      ++each;
      continue;
    }
    append(events, events_of(each->second.sessions, {SessionEvent::Kind::Expired, {}, {}, {}, {}}));
    each = known_.erase(each);
  }
  return events;
}

std::vector<SessionEvent> SessionTable::adopt(const std::vector<Flow>& all,
                                              std::optional<Flow::WallTime> since) {
  std::vector<SessionEvent> events;
  for (const auto& flow : all) {
    if (!is_translated(flow)) continue;
    auto begun = begin(flow);
    if (since && flow.start && *flow.start > *since) append(events, std::move(begun));
  }
  return events;
}

}  // namespace tunnel::filter::flows
