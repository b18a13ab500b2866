#pragma once

#include "pppd-bridge/ppp/control_protocol.hpp"
#include "pppd-bridge/ppp/deflate.hpp"
#include "tunneld/base/ppp_terms.hpp"

#include <cstdint>
#include <optional>
#include <string>

namespace tunnel::ppp {

/// The types of RFC 1962 §4 that mean Deflate: RFC 1979's, and the one of its drafts, which older
/// pppds know.
enum class DeflateType : std::uint8_t { Rfc1979 = 26, Draft = 24 };

/// nullopt: another option, or one of another method, check or length than RFC 1979 §3 has.
std::optional<DeflateWindow> parse_deflate_option(const RawOption& option) noexcept;

/// " DEFLATE[4] window 15", also for options that are known by name only.
std::string describe_ccp_option(const RawOption& option);

/// The Compression Control Protocol (RFC 1962) for Deflate and nothing else. Each direction is
/// agreed by itself: our request says what we can decompress.
class Ccp final : public ControlProtocol {
 public:
  Ccp(Policy policy, const AutomatonLimits& limits, EngineOutput& out, PacketLog& log);

  /// The longest packet that may come out of the decompressor, once LCP knows it.
  void set_receive_limit(std::size_t octets) noexcept { receive_limit_ = octets; }

  bool compresses() const noexcept { return opened() && deflater_ != nullptr; }

  bool decompresses() const noexcept { return opened() && inflater_ != nullptr; }

  /// As Deflater::compress(); only while compresses().
  std::optional<Bytes> compress(Protocol protocol, Bytes packet) {
    return deflater_->compress(protocol, packet);
  }

  /// As Inflater::decompress(), and asks the peer to begin anew where that fails; only while
  /// decompresses().
  std::optional<Bytes> decompress(Bytes information, TimePoint now);
  /// As Inflater::note_uncompressed(); only while decompresses().
  void note_uncompressed(Protocol protocol, Bytes packet, TimePoint now);

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

  void ask_reset(TimePoint now);
  void receive_reset_ack(const ControlPacket& packet);

  struct Wish {
    DeflateType type = DeflateType::Rfc1979;
    DeflateWindow window;
  };

  const Policy policy_;
  std::size_t receive_limit_;
  std::optional<Wish> request_;            // nullopt: the peer has Rejected both types
  std::optional<DeflateWindow> reviewed_;  // what the peer can decompress
  std::unique_ptr<Deflater> deflater_;
  std::unique_ptr<Inflater> inflater_;
  std::optional<std::uint8_t> reset_id_;  // a Reset-Ack of this is waited for
  unsigned failures_ = 0;                 // of the decompressor, since a packet was readable
  RateLimiter resets_{5, 2};              // asked for
  RateLimiter resets_granted_{5, 2};      // a history costs more than a packet
};

}  // namespace tunnel::ppp
