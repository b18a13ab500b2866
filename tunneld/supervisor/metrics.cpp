#include "tunneld/supervisor/metrics.hpp"

#include "tunneld/supervisor/exposition.hpp"

#include <array>
#include <chrono>
#include <functional>
#include <string_view>
#include <utility>

namespace tunnel::supervisor {

namespace {

using Kind = Exposition::Kind;
using Labels = Exposition::Labels;
using S = ipc::Statistics;

/// A counter of each site. Those of one family differ by one label, and stand together.
struct Counter {
  std::string_view family;
  std::string_view help;
  std::uint64_t S::*value;
  Exposition::Label label{};  // without a name: the site's alone
};

constexpr Counter by_direction(std::string_view family, std::string_view help,
                               std::uint64_t S::*value, std::string_view direction) {
  return {family, help, value, {"direction", direction}};
}

constexpr Counter drop(std::string_view reason, std::uint64_t S::*value) {
  return {"tunneld_site_drops_total",
          "Packets dropped, by reason (tunnelctl(8) has what each means).",
          value,
          {"reason", reason}};
}

constexpr std::string_view kPackets = "tunneld_site_packets_total";
constexpr std::string_view kPacketsHelp = "Packets delivered from (in) and sent to (out) the peer.";
constexpr std::string_view kBytes = "tunneld_site_bytes_total";
constexpr std::string_view kBytesHelp = "Bytes of these packets.";
constexpr std::string_view kWire = "tunneld_site_wire_bytes_total";
constexpr std::string_view kWireHelp = "Bytes that they came to on the transport, framing and all.";
constexpr std::string_view kSuper = "tunneld_site_super_packets_total";
constexpr std::string_view kSuperHelp = "Packets larger than the MRU that were carried whole.";

constexpr std::array kCounters{
    by_direction(kPackets, kPacketsHelp, &S::packets_in, "in"),
    by_direction(kPackets, kPacketsHelp, &S::packets_out, "out"),
    by_direction(kBytes, kBytesHelp, &S::bytes_in, "in"),
    by_direction(kBytes, kBytesHelp, &S::bytes_out, "out"),
    by_direction(kWire, kWireHelp, &S::wire_bytes_in, "in"),
    by_direction(kWire, kWireHelp, &S::wire_bytes_out, "out"),
    drop("source", &S::dropped_source),
    drop("malformed", &S::dropped_malformed),
    drop("too_big", &S::dropped_too_big),
    drop("down", &S::dropped_down),
    drop("tun", &S::dropped_tun),
    drop("control", &S::dropped_control),
    drop("queue", &S::dropped_queue),
    drop("full", &S::dropped_full),
    drop("metadata", &S::dropped_metadata),
    Counter{"tunneld_site_bad_frames_total", "Frames with a wrong check sequence or length.",
            &S::bad_frames},
    by_direction(kSuper, kSuperHelp, &S::super_packets_in, "in"),
    by_direction(kSuper, kSuperHelp, &S::super_packets_out, "out"),
    Counter{"tunneld_site_splits_total", "Packets larger than the MRU that were cut into segments.",
            &S::splits},
    Counter{"tunneld_site_segments_total", "Segments that came of cutting them.", &S::segments},
    Counter{"tunneld_site_joins_total", "Segments that were joined into a larger packet.",
            &S::joins},
    Counter{"tunneld_site_mss_clamped_total", "TCP SYNs whose Maximum Segment Size was lowered.",
            &S::mss_clamped},
    Counter{"tunneld_site_ecn_marked_total", "Packets told of congestion by an ECN mark.",
            &S::ecn_marked},
};

double seconds(audit::WallTime time) {
  return std::chrono::duration<double>(time.time_since_epoch()).count();
}

double seconds(std::uint32_t microseconds) {
  return static_cast<double>(microseconds) / 1e6;
}

using Sites = std::vector<SiteMetrics>;

void add_counters(Exposition& out, const Sites& sites) {
  std::string_view family;
  for (const auto& counter : kCounters) {
    if (std::exchange(family, counter.family) != counter.family) {
      out.family(counter.family, Kind::Counter, counter.help);
    }
    for (const auto& site : sites) {
      const auto value = site.total.*counter.value;
      if (counter.label.name.empty()) {
        out.sample({{"site", site.site}}, value);
      } else {
        out.sample({{"site", site.site}, counter.label}, value);
      }
    }
  }
}

using Gauge = std::optional<double> (*)(const SiteMetrics& site);

/// What has a value for a site, or at the moment none.
void add_gauge(Exposition& out, const Sites& sites, std::string_view name, std::string_view help,
               Gauge value) {
  out.family(name, Kind::Gauge, help);
  for (const auto& site : sites) {
    if (const auto known = value(site)) out.sample({{"site", site.site}}, *known);
  }
}

void add_states(Exposition& out, const Sites& sites) {
  out.family("tunneld_site_info", Kind::Gauge, "The site's interface and role; always 1.");
  for (const auto& site : sites) {
    const auto role = site.role == ipc::Role::Dial ? "dial" : "answer";
    out.sample({{"site", site.site}, {"interface", site.interface}, {"role", role}},
               std::uint64_t{1});
  }
  add_gauge(out, sites, "tunneld_site_up", "Whether the link is up.",
            [](const SiteMetrics& s) -> std::optional<double> { return s.state == State::Up; });
  add_gauge(out, sites, "tunneld_site_wanted", "Whether the link is wanted up.",
            [](const SiteMetrics& s) -> std::optional<double> { return s.wanted; });
  out.family("tunneld_site_state", Kind::Gauge, "1 for the state that the site is in, else 0.");
  for (const auto& site : sites) {
    for (std::size_t i = 0; i < kStates; ++i) {
      const auto state = static_cast<State>(i);
      out.sample({{"site", site.site}, {"state", name(state)}},
                 std::uint64_t{site.state == state ? 1U : 0U});
    }
  }
}

void add_history(Exposition& out, const Sites& sites) {
  out.family("tunneld_site_established_total", Kind::Counter,
             "How often the link was established, also under earlier daemons.");
  for (const auto& site : sites) {
    out.sample({{"site", site.site}}, std::uint64_t{site.established});
  }
  add_gauge(out, sites, "tunneld_site_last_established_timestamp_seconds",
            "When the link was established last, in seconds since 1970.",
            [](const SiteMetrics& s) -> std::optional<double> {
              if (!s.last_established) return std::nullopt;
              return seconds(*s.last_established);
            });
  add_gauge(out, sites, "tunneld_site_failures", "Attempts that have failed in a row.",
            [](const SiteMetrics& s) -> std::optional<double> { return s.failures; });
}

/// Only while there is a link.
template <std::uint32_t S::*kValue>
std::optional<double> now(const SiteMetrics& site) {
  if (!site.has_link) return std::nullopt;
  return site.total.*kValue;
}

template <std::uint32_t S::*kMicroseconds>
std::optional<double> delay(const SiteMetrics& site) {
  if (!site.has_link) return std::nullopt;
  return seconds(site.total.*kMicroseconds);
}

std::optional<double> round_trip(const SiteMetrics& site) {
  return site.total.round_trip_us == 0 ? std::nullopt : delay<&S::round_trip_us>(site);
}

void add_link(Exposition& out, const Sites& sites) {
  add_gauge(out, sites, "tunneld_site_round_trip_seconds",
            "Of the last LCP Echo, while the link is up.", round_trip);
  add_gauge(out, sites, "tunneld_site_queue_packets", "Packets waiting for the transport.",
            now<&S::queue_packets>);
  add_gauge(out, sites, "tunneld_site_queue_bytes", "Bytes waiting for the transport.",
            now<&S::queue_bytes>);
  add_gauge(out, sites, "tunneld_site_queue_delay_seconds",
            "How long the packets of the last second waited, on average.",
            delay<&S::queue_delay_us>);
  add_gauge(out, sites, "tunneld_site_queue_delay_max_seconds", "The longest of these waits.",
            delay<&S::queue_delay_max_us>);
}

void add_one(Exposition& out, std::string_view name, Kind kind, std::string_view help,
             std::uint64_t value) {
  out.family(name, kind, help);
  out.sample({}, value);
}

void add_gateway(Exposition& out, const GatewayMetrics& gateway) {
  out.family("tunneld_build_info", Kind::Gauge, "The release that runs; always 1.");
  out.sample({{"version", gateway.version}}, std::uint64_t{1});
  out.family("tunneld_start_time_seconds", Kind::Gauge,
             "When tunneld started, in seconds since 1970.");
  out.sample({}, seconds(gateway.started));
  add_one(out, "tunneld_lost_log_lines_total", Kind::Counter,
          "Lines that could not be written to a log.", gateway.lost_log_lines);
  add_one(out, "tunneld_lost_packet_records_total", Kind::Counter,
          "Records of logged packets that the kernel dropped.", gateway.lost_packet_records);
  add_one(out, "tunneld_lost_flow_events_total", Kind::Counter,
          "Events of translations and states that the kernel dropped.", gateway.lost_flow_events);
  add_one(out, "tunneld_filter_repairs_total", Kind::Counter,
          "Times that the packet filter was put back after another program changed it.",
          gateway.filter_repairs);
  add_one(out, "tunneld_conflicts", Kind::Gauge,
          "What is in the way of the configuration (tunnelctl status has the words).",
          gateway.conflicts);
}

}  // namespace

std::string metrics_text(const GatewayMetrics& gateway) {
  Exposition out;
  add_gateway(out, gateway);
  if (!gateway.sites.empty()) {
    add_states(out, gateway.sites);
    add_history(out, gateway.sites);
    add_counters(out, gateway.sites);
    add_link(out, gateway.sites);
  }
  return std::move(out).take();
}

}  // namespace tunnel::supervisor
