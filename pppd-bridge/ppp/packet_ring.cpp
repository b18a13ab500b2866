#include "pppd-bridge/ppp/packet_ring.hpp"

#include "pppd-bridge/ppp/auth_packets.hpp"
#include "pppd-bridge/ppp/packet_text.hpp"

#include <algorithm>
#include <chrono>
#include <cstdio>

namespace tunnel::ppp {

namespace {

/// "-1.250 s Send LCP ConfigReq(1) …"
std::string moment(Duration ago) {
  const auto ms = std::chrono::duration_cast<std::chrono::milliseconds>(ago).count();
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), "-%lld.%03lld s", static_cast<long long>(ms / 1000),
                static_cast<long long>(ms % 1000));
  return text.data();
}

}  // namespace

void PacketRing::note(Direction direction, Protocol protocol, Bytes packet, TimePoint now) {
  auto& entry = entries_[next_];
  next_ = (next_ + 1) % kPackets;
  size_ = std::min(size_ + 1, kPackets);
  entry = {now, direction, protocol, static_cast<std::uint8_t>(std::min(packet.size(), kKept)), {}};
  const auto kept = packet.first(entry.size);
  std::copy(kept.begin(), kept.end(), entry.octets.begin());
  if (packet.size() > kKept) {  // what is kept says so itself, to be read as a whole packet
    entry.octets[2] = 0;
    entry.octets[3] = kKept;
  }
  const auto shown = without_secrets(protocol, Bytes{entry.octets}.first(entry.size));
  std::copy(shown.begin(), shown.end(), entry.octets.begin());
}

void PacketRing::write_to(PacketLog& log, TimePoint now) {
  if (size_ == 0) return;
  log.event(Layer::Link, "the last " + std::to_string(size_) + " control packets:");
  for (std::size_t i = 0; i < size_; ++i) {
    const auto& entry = entries_[(next_ + kPackets - size_ + i) % kPackets];
    const auto octets = Bytes{entry.octets}.first(entry.size);
    log.event(Layer::Link, " " + moment(now - entry.when) +
                               (entry.direction == Direction::Sent ? " Send " : " Recv ") +
                               describe_packet(entry.protocol, octets));
  }
  clear();
}

}  // namespace tunnel::ppp
