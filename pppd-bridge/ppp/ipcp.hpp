#pragma once

#include "pppd-bridge/ppp/control_protocol.hpp"
#include "tunneld/base/address.hpp"
#include "tunneld/base/ppp_terms.hpp"

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace tunnel::ppp {

inline constexpr std::uint8_t kIpAddress = 3;  // RFC 1332 §3.3
inline constexpr std::size_t kIpAddressWidth = 4;

/// The options of RFC 1877 §1.1 to §1.4, which all carry an address.
enum class NameServer : std::uint8_t {
  PrimaryDns = 129,
  PrimaryNbns = 130,
  SecondaryDns = 131,
  SecondaryNbns = 132,
};
inline constexpr std::array kNameServers{NameServer::PrimaryDns, NameServer::PrimaryNbns,
                                         NameServer::SecondaryDns, NameServer::SecondaryNbns};

/// The address in an IP-Address or a name server option. nullopt: another option, or not as long
/// as the RFC says.
constexpr std::optional<Ipv4Address> parse_address_option(const RawOption& option) noexcept {
  bool carries_one = option.type == kIpAddress;
  for (const auto server : kNameServers) carries_one |= NameServer{option.type} == server;
  if (!carries_one || option.data.size() != kIpAddressWidth) return std::nullopt;
  Ipv4Address address;
  for (const auto octet : option.data) address.value = address.value << 8 | octet;
  return address;
}

/// " IPADDR[6] 10.224.1.1", also for options that are known by name only.
std::string describe_ipcp_option(const RawOption& option);

struct IpcpWishes {
  AddressWish local;
  AddressWish remote;
  Policy policy = Policy::Request;     // of the protocol as a whole
  std::vector<Ipv4Address> dns{};      // told to a peer that asks, at most two
  std::vector<Ipv4Address> nbns{};     // likewise
  Policy dns_policy = Policy::Accept;  // whether they are told, and the peer's asked for
  Policy nbns_policy = Policy::Accept;
};

/// The Internet Protocol Control Protocol (RFC 1332, RFC 1877). Our address is asked for; the peer
/// is told its own, unless it asks for one that the profile allows. Header compression (RFC 1144)
/// and all else is Configure-Rejected.
class Ipcp final : public ControlProtocol {
 public:
  Ipcp(IpcpWishes wishes, const AutomatonLimits& limits, EngineOutput& out, PacketLog& log);

  /// While opened().
  const AgreedIpv4& agreed() const noexcept { return agreed_; }

 private:
  void reset_wishes() override;
  void write_request(ByteWriter& out) const override;
  void begin_review() override;
  Verdict review(const RawOption& option) override;
  void append_missing(ByteWriter& naks) override;
  void refused(Refusal refusal, const RawOption& option) override;
  void when_up(TimePoint now) override;
  std::string describe(const RawOption& option) const override;

  Verdict review_address(Ipv4Address address);
  Verdict review_name_server(NameServer which, Ipv4Address address);
  void address_refused(Refusal refusal, const RawOption& option);
  void name_server_refused(Refusal refusal, const RawOption& option);
  void fail_address(std::string text);
  void fail_server(const char* kind);

  const IpcpWishes wishes_;
  std::optional<Ipv4Address> asked_;    // nullopt: the peer has Rejected the option
  std::optional<Ipv4Address> granted_;  // to the peer, in the request under review
  bool told_address_ = false;           // the address was Nak'd to a peer that asked for none
  /// What is asked for each of kNameServers; nullopt: nothing is, or the peer has Rejected it.
  std::array<std::optional<Ipv4Address>, kNameServers.size()> servers_;
  AgreedIpv4 agreed_;
};

}  // namespace tunnel::ppp
