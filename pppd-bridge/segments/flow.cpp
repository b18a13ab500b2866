#include "pppd-bridge/segments/flow.hpp"

#include "pppd-bridge/segments/fields.hpp"
#include "pppd-bridge/segments/packet_view.hpp"

#include <bit>

namespace tunnel::segments {

namespace {

/// SipHash-1-3 over whole words.
class SipHash {
 public:
  explicit SipHash(std::uint64_t seed) noexcept {
    // The key is twice as long as the seed; what is not known is as much as the seed has.
    const auto other = std::rotl(seed * 0x9e37'79b9'7f4a'7c15U, 32) + seed;
    v0_ = seed ^ 0x736f'6d65'7073'6575U;
    v1_ = other ^ 0x646f'7261'6e64'6f6dU;
    v2_ = seed ^ 0x6c79'6765'6e65'7261U;
    v3_ = other ^ 0x7465'6462'7974'6573U;
  }

  void add(std::uint64_t word) noexcept {
    v3_ ^= word;
    round();
    v0_ ^= word;
    length_ += sizeof(word);
  }

  std::uint64_t finish() noexcept {
    add(length_ << 56);
    v2_ ^= 0xff;
    for (int i = 0; i < 3; ++i) round();
    return v0_ ^ v1_ ^ v2_ ^ v3_;
  }

 private:
  void round() noexcept {
    v0_ += v1_;
    v2_ += v3_;
    v1_ = std::rotl(v1_, 13) ^ v0_;
    v3_ = std::rotl(v3_, 16) ^ v2_;
    v0_ = std::rotl(v0_, 32);
    v2_ += v1_;
    v0_ += v3_;
    v1_ = std::rotl(v1_, 17) ^ v2_;
    v3_ = std::rotl(v3_, 21) ^ v0_;
    v2_ = std::rotl(v2_, 32);
  }

  std::uint64_t v0_ = 0;
  std::uint64_t v1_ = 0;
  std::uint64_t v2_ = 0;
  std::uint64_t v3_ = 0;
  std::uint64_t length_ = 0;
};

/// The ports of a whole TCP or UDP packet, else 0.
std::uint32_t ports_of(Bytes packet, const PacketView& view) noexcept {
  if (view.fragment != Fragment::Whole) return 0;
  if (view.protocol != kTcp && view.protocol != kUdp) return 0;
  const auto ports = Fields<4>::at(packet.first(view.total_length), view.transport_offset);
  return ports ? ports->u32<0>() : 0;
}

void add_addresses(SipHash& hash, Bytes packet, const PacketView& view) noexcept {
  if (view.family == Family::Ipv4) {
    if (const auto ip = Fields<ipv4::kHeader>::at(packet, 0)) hash.add(ip->u64<ipv4::kSource>());
  } else if (const auto ip = Fields<ipv6::kHeader>::at(packet, 0)) {
    hash.add(ip->u64<ipv6::kSource>());
    hash.add(ip->u64<ipv6::kSource + 8>());
    hash.add(ip->u64<ipv6::kDestination>());
    hash.add(ip->u64<ipv6::kDestination + 8>());
  }
}

}  // namespace

std::uint32_t flow_hash(Bytes packet, std::uint64_t seed) noexcept {
  SipHash hash{seed};
  if (const auto view = parse_packet(packet)) {
    add_addresses(hash, packet, *view);
    hash.add(std::uint64_t{view->protocol} << 32 | ports_of(packet, *view));
  }
  const auto value = hash.finish();
  return static_cast<std::uint32_t>(value ^ value >> 32);
}

}  // namespace tunnel::segments
