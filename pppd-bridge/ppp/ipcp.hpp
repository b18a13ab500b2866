#pragma once

#include "pppd-bridge/ppp/control_protocol.hpp"
#include "tunneld/base/address.hpp"

#include <cstdint>
#include <optional>
#include <string>

namespace tunnel::ppp {

inline constexpr std::uint8_t kIpAddress = 3;  // RFC 1332 §3.3
inline constexpr std::size_t kIpAddressWidth = 4;

/// nullopt: another option, or not as long as the RFC says.
constexpr std::optional<Ipv4Address> parse_ip_address_option(const RawOption& option) noexcept {
  if (option.type != kIpAddress || option.data.size() != kIpAddressWidth) return std::nullopt;
  Ipv4Address address;
  for (const auto octet : option.data) address.value = address.value << 8 | octet;
  return address;
}

/// The addresses of the two ends, as the profile fixes them.
struct IpcpWishes {
  Ipv4Address local;
  Ipv4Address remote;
};

/// The Internet Protocol Control Protocol (RFC 1332) for two fixed addresses: ours is asked for and
/// not bargained about; the peer is told its own, and must take it. All options but IP-Address are
/// Configure-Rejected.
class Ipcp final : public ControlProtocol {
 public:
  Ipcp(IpcpWishes wishes, const AutomatonLimits& limits, EngineOutput& out, PacketLog& log);

  const IpcpWishes& wishes() const noexcept { return wishes_; }

  /// The peer's MRU, once LCP knows it.
  void set_transmit_limit(std::size_t octets) noexcept { transmit_limit_ = octets; }

 private:
  void reset_wishes() override;
  void write_request(ByteWriter& out) const override;
  void begin_review() override;
  Verdict review(const RawOption& option) override;
  void append_missing(ByteWriter& naks) override;
  void refused(Refusal refusal, const RawOption& option) override;
  bool receive_other(const ControlPacket& packet, TimePoint now) override;
  void when_up(TimePoint now) override;
  void when_down(TimePoint now) override;
  std::string describe(const RawOption& option) const override;

  std::size_t transmit_limit() const noexcept override { return transmit_limit_; }

  const IpcpWishes wishes_;
  std::size_t transmit_limit_;
  bool ask_address_ = true;    // until the peer Rejects the option
  bool peer_asked_ = false;    // the request under review has an IP-Address
  bool told_address_ = false;  // the address was Nak'd to a peer that asked for none
};

}  // namespace tunnel::ppp
