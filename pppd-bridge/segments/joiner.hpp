#pragma once

#include "pppd-bridge/segments/candidate.hpp"
#include "pppd-bridge/segments/offload.hpp"
#include "tunneld/base/bytes.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>

namespace tunnel::segments {

/// Where packets go. Must not call back.
class PacketSink {
 public:
  /// `packet` is gone afterwards.
  virtual void packet(Bytes packet, const Offload& offload) = 0;

 protected:
  ~PacketSink() = default;
};

/// What a Joiner has done so far.
struct JoinerCounters {
  std::uint64_t super_packets = 0;
  std::uint64_t segments = 0;  // that went into them
};

/// Whether datagrams are joined, too: only for a kernel that takes Gso::Udp.
enum class JoinUdp : std::uint8_t { No, Yes };

/// Puts the packets of one wakeup together into super-packets, as the kernel's generic receive
/// offload does: TCP segments of one flow that follow each other, and datagrams of one flow and
/// size. A Splitter makes of each super-packet the packets that it was made of, octet by octet;
/// whatever would come out otherwise is not joined:
///
/// - headers are plain and differ in nothing but lengths, checksums, sequence number and
///   identification, which count up (or, with "don't fragment", stay zero);
/// - checksums are right, and written as everybody writes them: a damaged segment is passed on as
///   it is, and the far host sees the damage;
/// - all segments but the last are of one size; CWR is on the first one only, FIN or PSH on the
///   last one only; SYN, RST, URG and bare acknowledgements pass.
///
/// Packets of one flow stay in order: one that cannot join what is held makes that go first.
/// Between flows the order may change.
///
/// A few flows are held at a time, the others' packets being sent on when there are more; each has
/// its memory when it is first held, until release().
class Joiner {
 public:
  static constexpr std::size_t kFlows = 8;
  static constexpr std::size_t kMostOctets = 65535;
  static constexpr std::size_t kMostSegments = 64;

  explicit Joiner(JoinUdp udp) noexcept : udp_{udp} {}

  /// A packet with a complete checksum. It is copied if it is held.
  void add(Bytes packet, PacketSink& sink) noexcept;

  /// The end of a wakeup: sends what is held, the longest held first.
  void flush(PacketSink& sink) noexcept;

  /// Gives the memory back, for an idle link; nothing may be held.
  void release() noexcept;

  const JoinerCounters& counters() const noexcept { return counters_; }

 private:
  /// A flow's packets as far as they are joined; none with no segments.
  struct Held {
    MutableBytes contents() const noexcept { return {memory.get(), size}; }

    bool is_free() const noexcept { return segments == 0; }

    std::unique_ptr<std::uint8_t[]> memory{};
    std::size_t size = 0;
    std::size_t segments = 0;
    FlowKey flow{};
    Candidate first{};  // its payload is not looked at again
    std::uint8_t last_flags = 0;
    std::uint64_t since = 0;
    std::uint64_t used = 0;
  };

  Held* find(const FlowKey& flow) noexcept;
  Held& free_one(PacketSink& sink) noexcept;
  void hold(Bytes packet, const FlowKey& flow, const Candidate& first, PacketSink& sink) noexcept;
  void append(Held& held, Bytes packet, const Candidate& next, PacketSink& sink) noexcept;
  void send(Held& held, PacketSink& sink) noexcept;
  static bool continues(const Held& held, Bytes packet, const Candidate& next) noexcept;
  static Offload finish_super_packet(const Held& held) noexcept;

  JoinUdp udp_;
  std::array<Held, kFlows> held_{};
  std::uint64_t now_ = 0;  // counts packets
  JoinerCounters counters_{};
};

}  // namespace tunnel::segments
