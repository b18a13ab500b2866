#include "tunneld/ctl/status_text.hpp"

#include "tunneld/ctl/document.hpp"
#include "tunneld/ctl/units.hpp"

#include <array>
#include <chrono>
#include <cmath>
#include <string_view>
#include <utility>
#include <vector>

namespace tunnel::ctl {

namespace json = boost::json;

namespace {

std::string seconds_text(double seconds) {
  return human_duration(std::chrono::seconds{static_cast<long long>(seconds)});
}

/// "    LABEL        VALUE"; nothing where there is no value.
void row(std::string& out, std::string_view label, const std::string& value) {
  constexpr std::size_t kLabelWidth = 13;
  if (value.empty()) return;
  out += "    ";
  out += label;
  out.append(kLabelWidth - label.size(), ' ');
  out += value + '\n';
}

std::string link_row(const json::object& site) {
  auto out = raw_text(site, "role") == "answer" ? std::string{"answers"} : std::string{"dials"};
  if (const auto interface = text(site, "interface"); !interface.empty()) out += " on " + interface;
  if (const auto by = text(site, "transport"); !by.empty()) out += ", by " + by;
  if (const auto pid = count(site, "bridge_pid"); pid != 0) {
    out += ", bridge process " + std::to_string(pid);
  }
  return out;
}

std::string peer_row(const json::object& site) {
  auto out = text(site, "peer");
  if (const auto key = text(site, "key"); !key.empty())
    out += (out.empty() ? "key " : ", key ") + key;
  if (const auto name = text(site, "ppp_name"); !name.empty()) {
    out += (out.empty() ? "PPP name \"" : ", PPP name \"") + name + '"';
  }
  return out;
}

std::string established_row(const json::object& site) {
  const auto times = count(site, "established");
  if (times == 0) return "never yet";
  auto out = counted(times, "time");
  const auto first = local_time(text(site, "first_established"));
  const auto current = local_time(text(site, "current_established"));
  if (!first.empty()) out += ", first " + first;
  if (!current.empty()) out += ", this time " + current;
  return out;
}

std::string compression_part(const json::object& site) {
  const bool in = !text(site, "receive_compression").empty();
  const bool sent = !text(site, "transmit_compression").empty();
  if (!in && !sent) return {};
  return std::string{"; Deflate "} + (in && sent ? "both ways" : in ? "in" : "out");
}

std::string addresses_row(const json::object& site) {
  const auto local = text(site, "local");
  const auto remote = text(site, "remote");
  const auto local6 = text(site, "local6");
  std::string out;
  if (!local.empty()) {
    out = local + " here, " + (remote.empty() ? "one of a pool" : remote) + " there";
  }
  if (!local6.empty()) {
    out += (out.empty() ? "" : "; ") + local6 + " here, " + text(site, "remote6") + " there";
  }
  if (out.empty()) return {};
  const auto in = count(site, "receive_mru");
  const auto sent = count(site, "transmit_mru");
  if (in != 0 || sent != 0) {
    out += "; MRU " + std::to_string(in) + " in, " + std::to_string(sent) + " out";
  }
  return out + compression_part(site);
}

std::string round_trip_row(const json::object& site) {
  const auto time = number(site, "round_trip_us");
  if (!time) return {};
  return human_round_trip(std::chrono::microseconds{static_cast<long long>(*time)});
}

std::string traffic_row(const json::object& site, std::string_view direction) {
  const auto counter = [&](std::string_view what) {
    return count(site, std::string{what} + '_' + std::string{direction});
  };
  return counted(counter("packets"), "packet") + ", " + human_bytes(counter("bytes")) + " (" +
         human_bytes(counter("wire_bytes")) + " on the wire)";
}

std::string dropped_row(const json::object& site) {
  const auto& drops = object(site, "drops");
  using Reason = std::pair<std::string_view, std::string_view>;
  constexpr std::array<Reason, 9> kReasons{{
      {"source", "from a foreign source"},
      {"malformed", "malformed"},
      {"too_big", "too big"},
      {"down", "while down"},
      {"tun", "at the device"},
      {"control", "of PPP's own"},
      {"queue", "after waiting too long"},
      {"full", "at a full queue"},
      {"metadata", "super-packets that cannot be"},
  }};
  std::vector<std::string> parts;
  for (const auto& [key, words] : kReasons) {
    const auto number = count(drops, key);
    if (number != 0) parts.push_back(std::to_string(number) + ' ' + std::string{words});
  }
  if (const auto frames = count(site, "bad_frames"); frames != 0) {
    parts.push_back(counted(frames, "bad frame"));
  }
  return parts.empty() ? "nothing" : joined(parts);
}

/// Of the packets that wait for the transport; nothing while there is no link.
std::string queue_row(const json::object& path) {
  const auto time = [&](std::string_view key) {
    return human_round_trip(std::chrono::microseconds{count(path, key)});
  };
  if (!number(path, "queue_packets")) return {};
  return counted(count(path, "queue_packets"), "packet") + ", " +
         human_bytes(count(path, "queue_bytes")) + "; " + time("queue_delay_us") + " on average, " +
         time("queue_delay_max_us") + " at most";
}

/// "43% of packets in"; nothing where there were none.
std::string super_packets_part(const json::object& site, const json::object& path,
                               const std::string& direction) {
  const auto all = number(site, "packets_" + direction);
  const auto whole = number(path, "super_packets_" + direction);
  if (!all || !whole || *all < 1) return {};
  return std::to_string(std::lround(100 * *whole / *all)) + "% of packets " + direction;
}

std::string fast_path_row(const json::object& site, const json::object& path) {
  std::vector<std::string> parts;
  const auto in = super_packets_part(site, path, "in");
  const auto out = super_packets_part(site, path, "out");
  if (!in.empty() || !out.empty()) {
    const auto* between = in.empty() || out.empty() ? "" : " and ";
    parts.push_back(in + between + out + " are super-packets");
  }
  if (const auto splits = count(path, "splits"); splits != 0) {
    parts.push_back(std::to_string(splits) + " cut into " +
                    counted(count(path, "segments"), "segment"));
  }
  const auto add = [&](std::string_view key, std::string_view words) {
    if (const auto number = count(path, key); number != 0) {
      parts.push_back(std::to_string(number) + ' ' + std::string{words});
    }
  };
  add("joins", "segments joined");
  add("mss_clamped", "with a lower MSS");
  add("ecn_marked", "marked by ECN");
  return joined(parts);
}

std::string error_row(const json::object& site) {
  auto out = text(site, "last_error");
  if (out.empty()) return out;
  if (const auto when = text(site, "last_error_at"); !when.empty()) {
    out = local_time(when) + ": " + out;
  }
  if (const auto failures = count(site, "failures"); failures > 1) {
    out += " (" + std::to_string(failures) + " failures in a row)";
  }
  return out;
}

std::string paragraph(const json::object& site, Detail detail) {
  auto out = headline(site) + '\n';
  row(out, "link", link_row(site));
  row(out, "peer", peer_row(site));
  row(out, "established", established_row(site));
  row(out, "addresses", addresses_row(site));
  row(out, "name servers", joined(texts(site, "dns")));
  row(out, "networks", joined(texts(site, "networks")));
  row(out, "round trip", round_trip_row(site));
  row(out, "in", traffic_row(site, "in"));
  row(out, "out", traffic_row(site, "out"));
  row(out, "dropped", dropped_row(site));
  if (detail == Detail::OneSite) {
    const auto& path = object(site, "fast_path");
    row(out, "queue", queue_row(path));
    row(out, "fast path", fast_path_row(site, path));
  }
  row(out, "last error", error_row(site));
  return out;
}

}  // namespace

std::string headline(const json::object& site) {
  auto out = text(site, "site");
  if (const auto description = text(site, "description"); !description.empty()) {
    out += " (" + description + ')';
  }
  const auto state = text(site, "state");
  out += ": " + state;
  if (const auto time = number(site, "state_seconds")) out += " for " + seconds_text(*time);
  if (const auto since = text(site, "since"); !since.empty()) out += ", since " + local_time(since);
  if (const auto next = number(site, "next_attempt_seconds")) {
    out += ", next attempt in " + seconds_text(*next);
  }
  if (state == "down" && !flag(site, "wanted")) {
    out += "; to bring it up: tunnelctl up " + text(site, "site");
  } else if (const auto reason = text(site, "reason"); state != "up" && !reason.empty()) {
    out += ": " + reason;
  }
  return out;
}

std::string status_text(const json::object& status, Detail detail) {
  auto out = text(status, "gateway") + ": tunneld " + text(status, "version") + ", process " +
             std::to_string(count(status, "pid"));
  if (const auto started = text(status, "started"); !started.empty()) {
    out += ", since " + local_time(started);
  }
  out += '\n';
  for (const auto& conflict : texts(status, "conflicts")) out += "conflict: " + conflict + '\n';
  if (const auto lost = count(status, "lost_log_lines"); lost != 0) {
    out += counted(lost, "log line") + " lost: is there room in " + text(status, "log_dir") + "?\n";
  }
  if (const auto lost = count(status, "lost_packet_records"); lost != 0) {
    out += counted(lost, "record") + " of packets lost: rules log more than can be written\n";
  }
  const auto sites = objects(status, "sites");
  if (sites.empty()) {
    out += "no sites: write a profile into " + text(status, "config") +
           "/sites and run \"tunnelctl reload\"\n";
  }
  for (const auto* site : sites) out += '\n' + paragraph(*site, detail);
  return out;
}

std::string change_text(const json::object& change) {
  auto out = text(change, "site") + ": " + text(change, "from") + " -> " + text(change, "to");
  if (const auto pause = number(change, "pause_seconds")) out += " for " + seconds_text(*pause);
  if (const auto reason = text(change, "reason"); !reason.empty()) out += " (" + reason + ')';
  return out;
}

}  // namespace tunnel::ctl
