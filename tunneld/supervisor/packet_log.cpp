// The records of packets become lines here. packet_flows.cpp has the flows that begin and end,
// packet_tables.cpp the tables of those that are there.

#include "tunneld/supervisor/packet_log.hpp"

#include "filter/ipmon/line_parser.hpp"
#include "routes/sysctl.hpp"
#include "tunneld/supervisor/clock.hpp"

#include <fmt/format.h>

#include <fcntl.h>

#include <array>
#include <chrono>
#include <utility>

namespace tunnel::supervisor {

namespace ipmon = filter::ipmon;
using boost::asio::posix::stream_descriptor;

namespace {

using namespace std::chrono_literals;

/// Losses come in bursts: one line for each.
constexpr auto kLossPause = 1s;
/// 128 octets, sixteen in each.
constexpr std::size_t kDumpLines = 8;

/// What a setting of conntrack is for, in the words of the line that says it cannot be had.
struct Setting {
  const char* name;
  const char* without;
};

constexpr std::array<Setting, 3> kSettings{
    {{"nf_conntrack_acct", "packets and bytes of flows are not counted"},
     {"nf_conntrack_timestamp", "the age of flows is not known"},
     {"nf_conntrack_events", "the end of flows that began before tunneld is not logged"}}};

/// A descriptor for Asio to wait on; the reader keeps its own.
int waiting_fd(int fd) {
  return ::fcntl(fd, F_DUPFD_CLOEXEC, 0);
}

int waiting_fd(const std::optional<filter::kernel::FlowEvents>& flows) {
  return flows ? waiting_fd(flows->fd()) : -1;
}

std::string counted(std::uint64_t number, const char* one, const char* more) {
  return fmt::format("{} {}", number, number == 1 ? one : more);
}

}  // namespace

std::unique_ptr<PacketLog> PacketLog::open(boost::asio::io_context& context, audit::Audit& audit,
                                           Settings settings) {
  auto flows = filter::kernel::FlowEvents::open();
  const auto why = flows ? std::string{} : flows.error().message();
  std::unique_ptr<PacketLog> opened{new PacketLog{
      context, audit, settings, flows ? std::optional{std::move(*flows)} : std::nullopt}};
  if (!why.empty()) {
    opened->say(audit::Priority::Error,
                "nat.log stays empty, and filter.log has no states: " + why);
  }
  opened->begin();
  return opened;
}

PacketLog::PacketLog(boost::asio::io_context& context, audit::Audit& audit, Settings settings,
                     std::optional<filter::kernel::FlowEvents> flows)
    : settings_{settings},
      audit_{audit},
      records_{rules_, [this](unsigned index) { return interfaces_.name(index, steady_now()); }},
      packets_{context},
      retry_timer_{context},
      merger_timer_{context},
      loss_timer_{context},
      flows_{std::move(flows)},
      flow_events_{context},
      compare_timer_{context} {
  if (const int fd = waiting_fd(flows_); fd >= 0) flow_events_.assign(fd);
}

PacketLog::~PacketLog() {
  put(merger_.flush());
  write_packets();
  say_losses();
  notice(audit::LogType::Filter, audit::Priority::Notice,
         "tunneld ends: packets are not logged until it starts again");
  if (!flows_) return;
  notice(audit::LogType::Nat, audit::Priority::Notice,
         "tunneld ends: translations are not logged until it starts again");
}

void PacketLog::begin() {
  for (const auto& setting : kSettings) {
    const auto path = fmt::format("net/netfilter/{}", setting.name);
    const auto present = routes::read_sysctl(path);
    if (present && *present == 1) continue;
    if (const auto done = routes::write_sysctl(path, 1); !done) {
      say(audit::Priority::Warning, fmt::format("{}: {}", setting.without, done.error().message()));
    }
  }
  const auto earlier = last_time(audit::LogType::Filter);
  unlogged_since_ = earlier.value_or(wall_now());
  notice(audit::LogType::Filter, audit::Priority::Notice,
         earlier ? "tunneld starts: packets that rules have logged since the line before are lost"
                 : "tunneld starts");
  open_packets();
  if (flows_) watch_flows();
}

/// A group has one reader, and the one before may still be there.
void PacketLog::open_packets() {
  auto opened = filter::kernel::LogSocket::open(settings_.group);
  if (!opened) {
    retry_timer_.expires_after(settings_.retry);
    retry_timer_.async_wait([this](const boost::system::error_code& error) {
      if (!error) open_packets();
    });
    if (std::exchange(said_closed_, true)) return;
    notice(audit::LogType::Filter, audit::Priority::Error, "packets are not logged");
    return say(audit::Priority::Error,
               "packets are not logged, and another program may be reading what rules log: " +
                   opened.error().message() + "; it is tried again every few seconds");
  }
  log_ = std::move(*opened);
  packets_.assign(waiting_fd(log_->fd()));
  watch_packets();
  if (!said_closed_) return;
  constexpr auto kOpen = "packets are logged from now on";
  notice(audit::LogType::Filter, audit::Priority::Notice, kOpen);
  say(audit::Priority::Notice, kOpen);
}

void PacketLog::set_policy(const std::vector<filter::compiler::NumberedRule>& rules,
                           const filter::NatLists& nat) {
  rules_.learn(rules);
  sessions_.set_rules(nat, [this](const InterfaceName& interface, Ipv4Address address) {
    return interfaces_.has_address(interface, address, steady_now());
  });
  if (flows_ && !std::exchange(adopted_, true)) adopt_sessions();
}

/// Of the last line that has one, which those of a dump have not.
std::optional<audit::WallTime> PacketLog::last_time(audit::LogType type) const {
  std::optional<audit::WallTime> time;
  for (const auto& line : audit_.tail(type, kDumpLines + 1)) {
    if (const auto last = ipmon::parse_line(line)) time = last->time;
  }
  return time;
}

void PacketLog::say(audit::Priority priority, std::string text) {
  audit::Record record;
  record.priority = priority;
  record.text = "layer=filter " + std::move(text);
  audit_.write(std::move(record));
}

void PacketLog::notice(audit::LogType type, audit::Priority priority, const std::string& text) {
  audit::Record record;
  record.time = wall_now();
  record.type = type;
  record.priority = priority;
  record.text = ipmon::line_of(record.time, 1, text);
  audit_.write_traffic({record});
}

std::string PacketLog::site_of(const std::string& interface,
                               const std::vector<filter::HostAddress>& addresses) const {
  return site_of_ ? site_of_(interface, addresses) : std::string{};
}

void PacketLog::watch_packets() {
  packets_.async_wait(stream_descriptor::wait_read, [this](const boost::system::error_code& error) {
    if (!error) read_packets();
  });
}

void PacketLog::read_packets() {
  const auto now = wall_now();
  const auto steady = steady_now();
  const auto read = log_->read([&](const filter::kernel::LoggedPacket& logged) {
    if (auto record = records_.record_of(logged, now)) put(merger_.add(std::move(*record), steady));
  });
  write_packets();
  arm_merger();
  note_losses();
  if (!read) {
    return say(audit::Priority::Error,
               "packets are not logged any more: " + read.error().message());
  }
  watch_packets();
}

void PacketLog::put(std::optional<ipmon::Written> done) {
  if (!done) return;
  auto record = log_record(*done);
  const auto& ends = done->record.packet.ends;
  record.site = site_of(record.interface, {ends.source, ends.destination});
  waiting_.push_back(std::move(record));
}

void PacketLog::write_packets() {
  audit_.write_traffic(waiting_);
  waiting_.clear();
}

void PacketLog::arm_merger() {
  const auto deadline = merger_.deadline();
  if (!deadline) return;
  merger_timer_.expires_at(*deadline);
  merger_timer_.async_wait([this](const boost::system::error_code& error) {
    if (error) return;
    put(merger_.flush());
    write_packets();
  });
}

void PacketLog::note_losses() {
  const bool none = lost_packets() == said_packets_ && overruns() == said_overruns_;
  if (none || std::exchange(loss_noted_, true)) return;
  loss_timer_.expires_after(kLossPause);
  loss_timer_.async_wait([this](const boost::system::error_code& error) {
    loss_noted_ = false;
    if (!error) say_losses();
  });
}

/// How many are missing, the next record tells; that some are, the kernel says before.
void PacketLog::say_losses() {
  const auto lost = lost_packets() - std::exchange(said_packets_, lost_packets());
  const bool overrun = std::exchange(said_overruns_, overruns()) != overruns();
  if (lost == 0 && !overrun) return;
  const auto text = lost > 0 ? counted(lost, "record of a packet was", "records of packets were") +
                                   " lost: there were more than could be read"
                             : std::string{
                                   "records of packets were lost: how many, the next "
                                   "packet that is logged will tell"};
  notice(audit::LogType::Filter, audit::Priority::Warning, text);
  say(audit::Priority::Warning, text);
}

}  // namespace tunnel::supervisor
