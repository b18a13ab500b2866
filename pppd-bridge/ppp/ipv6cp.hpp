#pragma once

#include "pppd-bridge/ppp/control_protocol.hpp"
#include "pppd-bridge/ppp/random.hpp"
#include "tunneld/base/interface_id.hpp"
#include "tunneld/base/ppp_terms.hpp"

#include <cstdint>
#include <optional>
#include <string>

namespace tunnel::ppp {

inline constexpr std::uint8_t kInterfaceIdentifier = 1;      // RFC 5072 §4.1
inline constexpr std::uint8_t kIpv6CompressionProtocol = 2;  // RFC 5172 §2, Rejected

/// nullopt: another option, or not as long as the RFC says.
std::optional<InterfaceId> parse_interface_identifier(const RawOption& option) noexcept;

/// " INTFID[10] fe80::ae0:101", also for options that are known by name only.
std::string describe_ipv6cp_option(const RawOption& option);

struct Ipv6cpWishes {
  std::optional<InterfaceId> id;  // nullopt: one at random
  Policy policy = Policy::Deny;   // of the protocol as a whole
};

/// The IPv6 Control Protocol (RFC 5072): two interface identifiers that differ.
class Ipv6cp final : public ControlProtocol {
 public:
  Ipv6cp(Ipv6cpWishes wishes, const AutomatonLimits& limits, EngineOutput& out, PacketLog& log,
         Random& random);

  /// While opened().
  const AgreedIpv6& agreed() const noexcept { return agreed_; }

 private:
  void reset_wishes() override;
  void write_request(ByteWriter& out) const override;
  void begin_review() override;
  Verdict review(const RawOption& option) override;
  void append_missing(ByteWriter& naks) override;
  void refused(Refusal refusal, const RawOption& option) override;
  void when_up(TimePoint now) override;
  std::string describe(const RawOption& option) const override;

  InterfaceId another();

  const Ipv6cpWishes wishes_;
  Random& random_;
  InterfaceId ours_;                 // asked for
  bool ask_ = true;                  // until the peer Rejects the option
  std::optional<InterfaceId> peer_;  // in the request under review
  bool told_ = false;                // an identifier was Nak'd to a peer that asked for none
  AgreedIpv6 agreed_;
};

}  // namespace tunnel::ppp
