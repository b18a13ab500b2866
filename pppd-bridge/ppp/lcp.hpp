#pragma once

#include "pppd-bridge/ppp/auth_method.hpp"
#include "pppd-bridge/ppp/control_protocol.hpp"
#include "pppd-bridge/ppp/frame.hpp"
#include "pppd-bridge/ppp/lcp_options.hpp"
#include "pppd-bridge/ppp/random.hpp"
#include "tunneld/base/identifiers.hpp"
#include "tunneld/base/ppp_terms.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace tunnel::ppp {

/// Less than this and no interface carries IPv4 (RFC 791 §3.1: 68 octets without fragmentation).
inline constexpr std::uint16_t kMinMru = 68;

/// What a profile says about each option of LCP.
struct LcpPolicies {
  Policy mru = Policy::Request;
  Policy accm = Policy::Request;
  Policy magic = Policy::Request;
  Policy protocol_field = Policy::Request;   // PFC
  Policy address_control = Policy::Request;  // ACFC
  Policy fcs = Policy::Accept;
  Policy vendor = Policy::Request;
};

/// What this end wants of its peer. ACCM 0: an SSH channel is transparent for all octets.
struct LcpWishes {
  Mru mru{kDefaultMru};
  std::uint32_t accm = 0;
  Fcs fcs = Fcs::Ccitt16;  // asked for where the policy says so
  std::string ident;       // RFC 1570 §1.1, sent once when LCP opens; empty: none
  LcpPolicies policy;
};

/// The options of one direction, as the receiver of it has asked and the sender has granted. What
/// was not asked has the RFC's default.
struct LcpSettings {
  std::uint16_t mru = kDefaultMru;
  std::uint32_t accm = 0xffff'ffff;
  std::uint32_t magic = 0;
  Compress protocol_field = Compress::No;
  Compress address_control = Compress::No;
  Fcs fcs = Fcs::Ccitt16;
  std::optional<AuthMethod> auth;          // by which the sender proves itself
  std::optional<VendorExtensions> vendor;  // the sender is one of us
};

/// An answer to an Echo-Request of ours.
struct EchoReply {
  std::uint8_t id = 0;
  TimePoint when{};
};

/// The Link Control Protocol (RFC 1661 §5, §6; RFC 1570; RFC 2153) as a value: no descriptors, no
/// clock.
class Lcp final : public ControlProtocol {
 public:
  Lcp(LcpWishes wishes, AuthOptions auth, const AutomatonLimits& limits, EngineOutput& out,
      PacketLog& log, Random& random);

  /// What the peer may send; the defaults while LCP is not opened.
  const LcpSettings& local() const noexcept { return local_; }

  /// What we may send.
  const LcpSettings& remote() const noexcept { return remote_; }

  /// Sends an Echo-Request and returns its identifier; only while opened().
  std::uint8_t send_echo_request();
  /// The last Echo-Reply since this was called before.
  std::optional<EchoReply> take_echo_reply() noexcept;
  /// Whether an Echo-Request was answered since this was called before.
  bool take_echo_request() noexcept;
  /// Answers a packet of an unknown protocol (RFC 1661 §5.7), at a bounded rate; only while opened.
  void reject_protocol(Protocol protocol, Bytes packet, TimePoint now);
  /// The protocol that the peer has rejected since this was called before.
  std::optional<Protocol> take_rejected_protocol() noexcept;

  /// What the peer has asked of us since the layer below came up and will not get, in words: "peer
  /// requires EAP". It may go on without, open LCP, and hang up then.
  const std::optional<std::string>& unmet_demand() const noexcept { return unmet_demand_; }

  /// The peer's Identification, escaped; empty: none came.
  const std::string& peer_ident() const noexcept { return peer_ident_; }

 private:
  void reset_wishes() override;
  void write_request(ByteWriter& out) const override;
  void begin_review() override;
  Verdict review(const RawOption& option) override;
  void refused(Refusal refusal, const RawOption& option) override;
  bool receive_other(const ControlPacket& packet, TimePoint now) override;
  void when_up(TimePoint now) override;
  void when_down(TimePoint now) override;
  std::string describe(const RawOption& option) const override;
  std::optional<DownReason> insisted_on() const override;

  std::size_t transmit_limit() const noexcept override { return remote_.mru; }

  Verdict review_known(const LcpOption& option);
  Verdict review_magic(std::uint32_t magic);
  Verdict review_fcs(std::uint32_t alternatives);
  Verdict review_auth(const RawOption& option);
  Verdict review_vendor(const RawOption& option);
  Policy policy_of(LcpOptionType type) const noexcept;
  void take_nak(const LcpOption& option, const RawOption& wire);
  void lose(const RawOption& option);
  void take_auth_refusal(Refusal refusal, const RawOption& option);
  void forget_wish(LcpOptionType type);
  void fail_refused(const RawOption& option);
  void receive_echo_request(const ControlPacket& packet, TimePoint now);
  void receive_echo_reply(const ControlPacket& packet, TimePoint now);
  void receive_protocol_reject(const ControlPacket& packet, TimePoint now);
  void receive_identification(const ControlPacket& packet, TimePoint now);
  void receive_time_remaining(const ControlPacket& packet);
  bool receive_vendor_specific(const ControlPacket& packet);
  void send_identification();
  bool is_own_magic(std::uint32_t magic) const noexcept;
  void fail_looped_back();
  std::uint32_t new_magic();

  /// Options of ours; nullopt where the peer has refused them.
  struct Request {
    std::optional<std::uint16_t> mru;
    std::optional<std::uint32_t> accm;
    std::optional<std::uint32_t> magic;
    Compress protocol_field = Compress::No;
    Compress address_control = Compress::No;
    std::optional<Fcs> fcs;
    std::optional<AuthMethod> auth;
    bool vendor = false;
  };

  const LcpWishes wishes_;
  const AuthOptions auth_;
  Random& random_;
  Request request_;
  LcpSettings reviewed_;  // of the peer's request under review
  LcpSettings local_;
  LcpSettings remote_;
  unsigned own_magics_ = 0;  // requests in a row that carried our own magic number
  std::optional<EchoReply> echo_reply_;
  bool echo_requested_ = false;
  std::optional<Protocol> rejected_protocol_;
  std::vector<AuthMethod> methods_refused_;  // of those we require, by the peer
  std::optional<std::string> unmet_demand_;
  std::string peer_ident_;
  RateLimiter protocol_rejects_{10, 10};
  RateLimiter echoes_{100, 100};
  RateLimiter texts_{10, 10};  // Identifications, each of which is escaped and kept
};

}  // namespace tunnel::ppp
