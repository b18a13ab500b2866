#pragma once

#include "filter/packet/packet.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>

namespace tunnel::filter::flows {

/// What has gone one way.
struct Counters {
  std::uint64_t packets = 0;
  std::uint64_t bytes = 0;
  bool operator==(const Counters&) const = default;
};

/// Bits of a flow's status (enum ip_conntrack_status of linux/netfilter/nf_conntrack_common.h).
enum FlowStatus : std::uint32_t {
  kSeenReply = 1U << 1,
  kAssured = 1U << 2,
  kSourceTranslated = 1U << 4,
  kDestinationTranslated = 1U << 5,
};

/// States of a TCP connection, by their numbers in linux/netfilter/nf_conntrack_tcp.h.
enum class TcpState : std::uint8_t {
  None,
  SynSent,
  SynReceived,
  Established,
  FinWait,
  CloseWait,
  LastAck,
  TimeWait,
  Close,
  SynSent2,
};

/// "ESTABLISHED", as ss(8) and conntrack(8) have them.
const char* name(TcpState state) noexcept;

/// A flow as the kernel's conntrack knows it.
struct Flow {
  using WallTime = std::chrono::system_clock::time_point;

  std::uint32_t id = 0;  // of the kernel: not used again soon
  std::uint16_t zone = 0;
  std::uint8_t protocol = 0;
  packet::Ends
      original{};        // as the first packet came in; the number of an ICMP query as both ports
  packet::Ends reply{};  // as answers come in
  std::uint32_t status = 0;  // of FlowStatus
  std::uint32_t mark = 0;
  std::optional<TcpState> tcp_state{};
  std::chrono::seconds timeout{};     // until it is forgotten
  std::optional<Counters> forward{};  // nullopt: the kernel does not count (nf_conntrack_acct)
  std::optional<Counters> backward{};
  std::optional<WallTime> start{};  // nullopt: the kernel does not note it (nf_conntrack_timestamp)
  std::optional<WallTime> stop{};

  bool is(FlowStatus bit) const noexcept { return (status & bit) != 0; }

  bool operator==(const Flow&) const = default;
};

/// Which flow it is, as long as the kernel has it.
struct FlowKey {
  std::uint32_t id = 0;
  std::uint8_t protocol = 0;
  packet::Ends original{};

  static FlowKey of(const Flow& flow) { return {flow.id, flow.protocol, flow.original}; }

  bool operator==(const FlowKey&) const = default;

  struct Hash {
    std::size_t operator()(const FlowKey& key) const noexcept {
      return key.original.source.hash() ^ key.original.destination.hash() * 31 ^ key.id;
    }
  };
};

/// What the kernel has to say about a flow.
struct FlowEvent {
  enum class Kind : std::uint8_t {
    New,
    Changed,  // its status, the state of its protocol, its mark
    Ended,    // by itself: its time was over, or the connection closed
    Deleted,  // by somebody: conntrack(8), `tunnelctl filter flush`
  };

  Kind kind = Kind::New;
  Flow flow{};
};

}  // namespace tunnel::filter::flows
