// What a peer's packets become on their way into the tun device, those of frames of our own and
// those of RFC 1662, mixed: whatever they are, the device is given nothing that it does not take or
// that could not be cut for the link's MRU, and each packet is counted once.

#include "pppd-bridge/ppp/frame.hpp"
#include "pppd-bridge/segments/super_packet.hpp"
#include "pppd-bridge/segments/vnet_header.hpp"
#include "pppd-bridge/session/inbound.hpp"
#include "tests/fuzz/input.hpp"
#include "tests/fuzz/target.hpp"
#include "tunneld/base/check.hpp"
#include "tunneld/base/unix_socket.hpp"

#include <algorithm>
#include <utility>
#include <vector>

namespace tunnel::session {
namespace {

using segments::Gso;

constexpr int kMostFrames = 16;

tun::Features features_of(fuzz::Input& in) {
  const auto level = in.below(4);
  return {.header = level > 0, .tcp = level > 1, .udp = level > 2};
}

std::optional<SourceCheck> sources_of(fuzz::Input& in) {
  if (in.below(2) == 0) return std::nullopt;
  const std::vector networks{*Prefix::containing(Ipv4Address{0x0a010000}, 16)};
  return SourceCheck{PeerAddresses{}, networks};
}

InboundRules rules_of(fuzz::Input& in) {
  constexpr std::uint16_t kMrus[] = {68, 576, 1280, 1500, 9000, 65535};
  InboundRules rules;
  rules.largest_segment = Mru{kMrus[in.below(std::size(kMrus))]};
  if (in.below(2) == 0) rules.clamp_mss = rules.largest_segment.bytes;
  return rules;
}

std::uint64_t drops(const Counters& counted) {
  return counted.dropped_source + counted.dropped_malformed + counted.dropped_metadata +
         counted.dropped_tun;
}

/// An Inbound, and a socket in the place of its device.
class World {
 public:
  World(tun::Features features, std::optional<SourceCheck> sources, const InboundRules& rules)
      : World{pair(), features, std::move(sources), rules} {}

  /// One frame, of either kind.
  void receive(fuzz::Input& in) {
    const auto family = in.below(2) == 0 ? Family::Ipv4 : Family::Ipv6;
    const auto kind = in.below(5);
    vendor::Header header{.segment_size = in.u16()};
    const auto content = in.take(in.u16());
    std::vector<std::uint8_t> packet{content.begin(), content.end()};
    const bool standard = kind == 4;
    if (packet.empty() || (standard && packet.size() > longest_standard_packet())) return;
    if (standard) {
      inbound_.standard_packet(family, packet, rules_);
    } else {
      header.kind = vendor::Kind{static_cast<std::uint8_t>(kind)};
      header.length = static_cast<std::uint32_t>(packet.size());
      if (!vendor::is_super(header.kind)) header.segment_size = 0;
      inbound_.vendor_packet(family, header, packet, rules_, now_);
    }
    ++frames_;
    now_ += std::chrono::milliseconds{in.u8()};
  }

  void end_of_wakeup() {
    inbound_.flush();
    while (const auto written = next_written()) check(*written);
    TUNNEL_CHECK(counters_.packets_in + drops(counters_) == frames_);
    TUNNEL_CHECK(counters_.joins <= counters_.packets_in);
    inbound_.release_unused();
  }

 private:
  /// What the decoder lets through: 1500 octets whatever the MRU is (RFC 1661 §6.1), and where the
  /// header is compressed, as much more as it could have had.
  std::size_t longest_standard_packet() const {
    return std::max<std::size_t>(rules_.largest_segment.bytes, ppp::kDefaultMru) +
           ppp::kMaxFrameHeader - 1;
  }

  static constexpr std::size_t kMostOctets = 65535 + segments::kVnetHeaderSize;

  static std::pair<UniqueFd, UniqueFd> pair() {
    auto made = seqpacket_pair();
    TUNNEL_CHECK(made);
    return std::move(*made);
  }

  World(std::pair<UniqueFd, UniqueFd> ends, tun::Features features,
        std::optional<SourceCheck> sources, const InboundRules& rules)
      : device_{std::move(ends.first), features},
        kernel_{std::move(ends.second)},
        inbound_{device_, std::move(sources), counters_},
        rules_{rules} {}

  std::optional<std::vector<std::uint8_t>> next_written() const {
    Datagram datagram;
    const auto status = receive_datagram(kernel_.get(), kMostOctets, datagram);
    TUNNEL_CHECK(status);
    if (*status != ReceiveStatus::Received) return std::nullopt;
    return std::move(datagram.bytes);
  }

  /// A packet as the kernel is given it.
  void check(Bytes written) const {
    const bool header = device_.features().header;
    const auto offload = header ? segments::read_vnet_header(written) : segments::Offload{};
    const auto packet = written.subspan(header ? segments::kVnetHeaderSize : 0);
    TUNNEL_CHECK(offload && device_.takes(offload->gso));
    const bool whole = offload->gso == segments::Gso::None;
    const auto largest = whole ? longest_standard_packet() : rules_.largest_segment.bytes;
    TUNNEL_CHECK(segments::inspect(packet, *offload, largest));
    TUNNEL_CHECK(packet[0] >> 4 == 4 || packet[0] >> 4 == 6);
  }

  tun::PacketDevice device_;
  UniqueFd kernel_;
  Counters counters_;
  Inbound inbound_;
  InboundRules rules_;
  TimePoint now_{};
  std::uint64_t frames_ = 0;
};

}  // namespace
}  // namespace tunnel::session

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace tunnel::session;
  tunnel::fuzz::Input in{{data, size}};
  const auto features = features_of(in);
  auto sources = sources_of(in);
  World world{features, std::move(sources), rules_of(in)};
  for (int i = 0; i < kMostFrames && !in.empty(); ++i) {
    world.receive(in);
    if (in.below(2) == 0) world.end_of_wakeup();
  }
  world.end_of_wakeup();
  return 0;
}
