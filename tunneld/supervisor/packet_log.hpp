#pragma once

#include "filter/compiler/compiler.hpp"
#include "filter/flows/marked_flows.hpp"
#include "filter/flows/session_table.hpp"
#include "filter/ipmon/merger.hpp"
#include "filter/kernel/conntrack.hpp"
#include "filter/kernel/log_socket.hpp"
#include "filter/model/nat_lists.hpp"
#include "tunneld/audit/audit.hpp"
#include "tunneld/base/result.hpp"
#include "tunneld/supervisor/interfaces.hpp"
#include "tunneld/supervisor/packet_records.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/json/array.hpp>

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace tunnel::supervisor {

/// The audit trail of the packet filter. Packets that rules log come from the kernel by NFLOG and
/// are written to filter.log as ipmon(8) writes them; translations come as events of conntrack and
/// are written to nat.log; so do the states that rules keep, which are written to filter.log where
/// somebody wants them. All go to the journal as well (audit::Audit::write_traffic).
///
/// What the kernel had to drop, because it came faster than we read, is counted: the records of
/// packets by their numbers, of which filter.log and console.log say how many are missing. Of
/// flows the kernel does not count them: then its whole table is compared, and nat.log has all
/// sessions again but those that began and ended in between; and so has filter.log all states.
class PacketLog {
 public:
  /// The site that an interface, or one of the addresses, belongs to; empty: none.
  using SiteOf = std::function<std::string(const std::string& interface,
                                           const std::vector<filter::HostAddress>& addresses)>;

  struct Settings {
    unsigned group = 5;                     // of NFLOG
    std::uint32_t mark_mask = 0x00ff'ffff;  // the bits of the conntrack mark that are a rule's
    /// Between two attempts to get the group, while somebody else has it.
    std::chrono::milliseconds retry{5000};
  };

  /// Switches on what conntrack is to count and to tell. Where that or the group cannot be had,
  /// console.log says what is missing.
  static std::unique_ptr<PacketLog> open(boost::asio::io_context& context, audit::Audit& audit,
                                         Settings settings);

  PacketLog(const PacketLog&) = delete;
  PacketLog& operator=(const PacketLog&) = delete;
  /// Writes what is kept back, and says in both logs that they end here.
  ~PacketLog();

  /// The rules that packets and flows bear the numbers of: those in force, and earlier ones.
  /// Numbers that are not among them keep their meaning.
  void set_policy(const std::vector<filter::compiler::NumberedRule>& rules,
                  const filter::NatLists& nat);

  enum class States : std::uint8_t { Unlogged, Logged };

  /// Whether states are to be written, from now on. At the first call from when the log was opened,
  /// and those that began while nobody logged, and are still there.
  void log_states(States wanted);

  /// For journal fields and for the tables of flows.
  void set_sites(SiteOf site_of) { site_of_ = std::move(site_of); }

  /// Records of packets that the kernel could not hand over.
  std::uint64_t lost_packets() const noexcept { return log_ ? log_->lost() : 0; }

  /// Times that it could not hand over events of flows.
  std::uint64_t lost_events() const noexcept { return flows_ ? flows_->overruns() : 0; }

  /// A table of flows: the first kMostRows of them, and how many there are.
  struct Table {
    boost::json::array rows{};
    std::size_t total = 0;
  };

  static constexpr std::size_t kMostRows = 10'000;

  /// Flows whose state a rule keeps.
  Result<Table> states();
  /// Translations that are there.
  Result<Table> sessions();

 private:
  /// What events of flows have made known.
  struct Known {
    std::vector<filter::flows::SessionEvent> sessions{};
    std::vector<filter::flows::FlowEvent> states{};
  };

  PacketLog(boost::asio::io_context& context, audit::Audit& audit, Settings settings,
            std::optional<filter::kernel::FlowEvents> flows);

  void begin();
  void open_packets();
  void watch_packets();
  void read_packets();
  void put(std::optional<filter::ipmon::Written> done);
  void write_packets();
  void arm_merger();
  void note_losses();
  void say_losses();

  void watch_flows();
  void read_flows();
  void adopt_sessions();
  void compare();
  Result<filter::kernel::FlowEvents::Rest> take_flows(Known& known);
  void write(const Known& known);
  std::vector<audit::Record> records_of(const std::vector<filter::flows::SessionEvent>& events);
  std::vector<audit::Record> records_of(const std::vector<filter::flows::FlowEvent>& states);

  std::string site_of(const std::string& interface,
                      const std::vector<filter::HostAddress>& addresses) const;

  std::uint64_t overruns() const noexcept { return log_ ? log_->overruns() : 0; }

  std::optional<audit::WallTime> last_time(audit::LogType type) const;
  void say(audit::Priority priority, std::string text);
  void notice(audit::LogType type, audit::Priority priority, const std::string& text);

  Settings settings_;
  audit::Audit& audit_;
  SiteOf site_of_;
  Interfaces interfaces_;
  RuleBook rules_;
  PacketRecords records_;
  std::optional<filter::kernel::LogSocket> log_;  // nothing: the group cannot be had
  boost::asio::posix::stream_descriptor packets_;
  boost::asio::steady_timer retry_timer_;
  bool said_closed_ = false;
  filter::ipmon::Merger merger_;
  boost::asio::steady_timer merger_timer_;
  std::vector<audit::Record> waiting_;  // for filter.log

  boost::asio::steady_timer loss_timer_;
  bool loss_noted_ = false;
  std::uint64_t said_packets_ = 0;   // of lost_packets()
  std::uint64_t said_overruns_ = 0;  // of the log's

  std::optional<filter::kernel::FlowEvents> flows_;  // nothing: the kernel tells none
  boost::asio::posix::stream_descriptor flow_events_;
  filter::flows::SessionTable sessions_;
  std::optional<filter::flows::MarkedFlows> marked_;  // while states are logged
  std::optional<audit::WallTime> unlogged_since_;     // until somebody says whether they are
  boost::asio::steady_timer compare_timer_;
  bool adopted_ = false;  // the sessions of before
  bool comparing_ = false;
  std::uint64_t compared_ = 0;  // of lost_events()
};

}  // namespace tunnel::supervisor
