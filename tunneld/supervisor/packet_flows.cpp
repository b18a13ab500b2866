// The events of flows: translations become lines of nat.log, and states lines of filter.log.

#include "filter/ipmon/session_lines.hpp"
#include "tunneld/supervisor/clock.hpp"
#include "tunneld/supervisor/packet_log.hpp"

#include <chrono>
#include <iterator>
#include <utility>

namespace tunnel::supervisor {

using boost::asio::posix::stream_descriptor;
using filter::flows::FlowEvent;
using filter::flows::SessionEvent;
using filter::kernel::FlowEvents;

namespace {

using namespace std::chrono_literals;

/// Between two looks at the whole table, which may be large.
constexpr auto kComparePause = 1s;

/// After a look at the table: more than the kernel keeps for us, and not for ever.
constexpr int kMostReads = 256;

template <typename Event>
void append(std::vector<Event>& all, std::vector<Event> more) {
  all.insert(all.end(), std::make_move_iterator(more.begin()), std::make_move_iterator(more.end()));
}

}  // namespace

/// Sessions that an earlier daemon has logged are known; those that began since its last line are
/// logged now.
void PacketLog::adopt_sessions() {
  const auto since = last_time(audit::LogType::Nat);
  notice(audit::LogType::Nat, audit::Priority::Notice,
         since ? "tunneld starts: translations that began and ended since the line before are lost"
               : "tunneld starts");
  const auto all = filter::kernel::list_flows();
  if (!all) return say(audit::Priority::Warning, all.error().message());
  write({sessions_.adopt(*all, since), {}});
}

void PacketLog::log_states(States wanted) {
  const auto since = std::exchange(unlogged_since_, std::nullopt).value_or(wall_now());
  const bool logged = wanted == States::Logged;
  if (!flows_ || logged == marked_.has_value()) return;
  // A flow may get its state later than with its first packet.
  const auto told =
      flows_->set_changes(logged ? FlowEvents::Changes::Told : FlowEvents::Changes::Untold);
  if (!told) say(audit::Priority::Warning, told.error().message());
  notice(audit::LogType::Filter, audit::Priority::Notice,
         logged ? "states are logged from now on" : "states are not logged any more");
  if (!logged) return marked_.reset();
  marked_.emplace(settings_.mark_mask);
  const auto all = filter::kernel::list_flows();
  if (!all) return say(audit::Priority::Warning, all.error().message());
  write({{}, marked_->adopt(*all, since)});
}

void PacketLog::watch_flows() {
  flow_events_.async_wait(stream_descriptor::wait_read,
                          [this](const boost::system::error_code& error) {
                            if (!error) read_flows();
                          });
}

Result<FlowEvents::Rest> PacketLog::take_flows(Known& known) {
  return flows_->read([&](const FlowEvent& event) {
    append(known.sessions, sessions_.take(event));
    if (!marked_) return;
    if (auto state = marked_->take(event)) known.states.push_back(std::move(*state));
  });
}

void PacketLog::read_flows() {
  Known known;
  const auto read = take_flows(known);
  write(known);
  if (!read) {
    return say(audit::Priority::Error,
               "translations and states are not logged any more: " + read.error().message());
  }
  if (lost_events() != compared_ && !std::exchange(comparing_, true)) {
    compare_timer_.expires_after(kComparePause);
    compare_timer_.async_wait([this](const boost::system::error_code& error) {
      comparing_ = false;
      if (!error) compare();
    });
  }
  watch_flows();
}

/// Events that are on their way were about flows of before the list, or are in it.
void PacketLog::compare() {
  const auto overruns = lost_events();
  const auto all = filter::kernel::list_flows();
  if (!all) return say(audit::Priority::Warning, all.error().message());
  compared_ = overruns;
  Known known{sessions_.compare(*all), {}};
  if (marked_) known.states = marked_->compare(*all);
  auto rest = FlowEvents::Rest::Yes;
  for (int i = 0; i < kMostReads && rest == FlowEvents::Rest::Yes; ++i) {
    const auto read = take_flows(known);
    rest = read ? *read : FlowEvents::Rest::No;
  }
  append(known.sessions, sessions_.end_doubtful());
  if (marked_) append(known.states, marked_->end_doubtful());
  const std::string lost{"the kernel could not hand over all events of flows: "};
  const auto text = lost + "translations that began and ended in between are lost";
  notice(audit::LogType::Nat, audit::Priority::Warning, text);
  if (marked_) {
    notice(audit::LogType::Filter, audit::Priority::Warning,
           lost + "states that began and ended in between are lost");
  }
  say(audit::Priority::Warning, text);
  write(known);
}

void PacketLog::write(const Known& known) {
  audit_.write_traffic(records_of(known.sessions));
  audit_.write_traffic(records_of(known.states));
}

// Of a flow that begins, the kernel tells no time: its end must not seem to have been before.

std::vector<audit::Record> PacketLog::records_of(const std::vector<SessionEvent>& events) {
  std::vector<audit::Record> records;
  const auto now = wall_now();
  for (auto event : events) {
    if (event.kind != SessionEvent::Kind::New) event.time = now;
    auto record = log_record(event, now);
    record.site = site_of({}, {event.session.inside, event.session.peer});
    records.push_back(std::move(record));
  }
  return records;
}

std::vector<audit::Record> PacketLog::records_of(const std::vector<FlowEvent>& states) {
  std::vector<audit::Record> records;
  const auto now = wall_now();
  for (auto event : states) {
    event.flow.stop = now;
    const auto& flow = event.flow;
    auto record = log_record(event, rules_.find(flow.mark & settings_.mark_mask), now);
    record.site = site_of({}, {flow.original.source, flow.original.destination});
    records.push_back(std::move(record));
  }
  return records;
}

}  // namespace tunnel::supervisor
