#pragma once

namespace tunnel::ctl {

/// What a daemon says of a site that is up, with every member.
inline constexpr const char* kUpSite = R"({
  "site": "labs", "description": "Labs Network", "role": "dial", "interface": "tun0",
  "wanted": true, "state": "up", "since": "2005-04-13T13:02:11Z", "state_seconds": 7385,
  "reason": "", "next_attempt_seconds": null, "established": 3,
  "first_established": "2005-04-12T09:12:44Z", "current_established": "2005-04-13T13:02:11Z",
  "failures": 0, "last_error": "connection refused", "last_error_at": "2005-04-13T13:02:09Z",
  "peer": "198.51.100.7 port 22", "transport": "libssh2", "key": "SHA256:abc",
  "ppp_name": "labs gateway",
  "local": "10.224.1.1", "remote": "10.224.1.2", "receive_mru": 1500, "transmit_mru": 1400,
  "receive_compression": null, "transmit_compression": "deflate",
  "networks": ["192.168.253.0/24", "172.16.1.0/24"], "round_trip_us": 840,
  "packets_in": 12345, "bytes_in": 14680064, "packets_out": 1, "bytes_out": 512,
  "drops": {"source": 2, "malformed": 0, "too_big": 1, "down": 0, "tun": 0,
            "control": 0, "queue": 7, "full": 8, "metadata": 9}, "bad_frames": 4,
  "wire_bytes_in": 15728640, "wire_bytes_out": 1024,
  "fast_path": {"super_packets_in": 5308, "super_packets_out": 0, "splits": 12, "segments": 400,
                "joins": 200, "mss_clamped": 3, "ecn_marked": 5, "queue_packets": 1,
                "queue_bytes": 4300, "queue_delay_us": 310, "queue_delay_max_us": 12100},
  "bridge_pid": 4711})";

/// A site that waits between two attempts, with the members that have no value yet null.
inline constexpr const char* kWaitingSite = R"({
  "site": "attic", "description": "", "role": "dial", "interface": "tun1", "wanted": true,
  "state": "waiting", "since": "2005-04-13T13:02:11Z", "state_seconds": 3.2,
  "reason": "attic.example: connection refused", "next_attempt_seconds": 12.5,
  "established": 0, "first_established": null, "current_established": null, "failures": 7,
  "last_error": "attic.example: connection refused", "last_error_at": "2005-04-13T13:02:11Z",
  "peer": "", "transport": "", "key": "", "local": "10.224.2.1", "remote": "10.224.2.2",
  "receive_mru": 0, "transmit_mru": 0, "networks": ["192.168.9.0/24"], "round_trip_us": null,
  "packets_in": 0, "bytes_in": 0, "packets_out": 0, "bytes_out": 0,
  "drops": {"source": 0, "malformed": 0, "too_big": 0, "down": 0, "tun": 0}, "bad_frames": 0,
  "wire_bytes_in": 0, "wire_bytes_out": 0,
  "fast_path": {"super_packets_in": 0, "super_packets_out": 0, "splits": 0, "segments": 0,
                "joins": 0, "mss_clamped": 0, "ecn_marked": 0, "queue_packets": null,
                "queue_bytes": null, "queue_delay_us": null, "queue_delay_max_us": null},
  "bridge_pid": null})";

}  // namespace tunnel::ctl
