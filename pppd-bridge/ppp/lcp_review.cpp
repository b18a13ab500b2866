// What LCP thinks of the options of the peer's Configure-Request.

#include "pppd-bridge/ppp/lcp.hpp"

#include <algorithm>
#include <utility>

namespace tunnel::ppp {

namespace {

Verdict nak(const LcpOption& acceptable) {
  ByteWriter out;
  write_lcp_option(out, acceptable);
  return Verdict::nak(std::move(out).finish());
}

/// The alternative among `alternatives` (RFC 1570 §2.1) that this end would use: the best check
/// there is, since a peer that could do without one has said so by naming that alone.
std::optional<Fcs> best_fcs(std::uint32_t alternatives) noexcept {
  for (const auto fcs : {Fcs::Ccitt32, Fcs::Ccitt16, Fcs::None}) {
    if ((alternatives & fcs_bit(fcs)) != 0) return fcs;
  }
  return std::nullopt;
}

}  // namespace

void Lcp::begin_review() {
  reviewed_ = {};
}

Verdict Lcp::review(const RawOption& option) {
  if (option.type == kAuthenticationProtocol) return review_auth(option);
  if (option.type == kVendorSpecific) return review_vendor(option);
  const auto parsed = parse_lcp_option(option);
  if (!parsed || !grants(policy_of(parsed->type))) return Verdict::reject();
  return review_known(*parsed);
}

Verdict Lcp::review_known(const LcpOption& option) {
  switch (option.type) {
    case LcpOptionType::Mru:
      reviewed_.mru = static_cast<std::uint16_t>(option.value);
      if (reviewed_.mru >= kMinMru) return Verdict::ack();
      return nak({LcpOptionType::Mru, kDefaultMru});
    case LcpOptionType::Accm:
      reviewed_.accm = option.value;
      return Verdict::ack();
    case LcpOptionType::MagicNumber:
      reviewed_.magic = option.value;
      return review_magic(option.value);
    case LcpOptionType::ProtocolFieldCompression:
      reviewed_.protocol_field = Compress::Yes;
      return Verdict::ack();
    case LcpOptionType::AddressControlCompression:
      reviewed_.address_control = Compress::Yes;
      return Verdict::ack();
    case LcpOptionType::FcsAlternatives:
      return review_fcs(option.value);
  }
  return Verdict::reject();
}

/// RFC 1661 §6.4: our own number coming back means a loop, or once in four thousand million a
/// chance. A Nak with another number tells the two apart: over a loop the new one comes back, too.
Verdict Lcp::review_magic(std::uint32_t magic) {
  if (!is_own_magic(magic)) {
    own_magics_ = 0;
    return magic != 0 ? Verdict::ack() : nak({LcpOptionType::MagicNumber, new_magic()});
  }
  if (++own_magics_ >= limits().max_failure) fail_looped_back();
  return nak({LcpOptionType::MagicNumber, new_magic()});
}

void Lcp::fail_looped_back() {
  fail({DownReason::Kind::Loopback, DownReason::Permanence::Transient,
        "looped back (our own magic number came back)"});
}

/// One alternative alone is taken; of several, which would stand behind each other in every frame
/// (RFC 1570 §2.1), one is proposed.
Verdict Lcp::review_fcs(std::uint32_t alternatives) {
  const auto best = best_fcs(alternatives);
  if (!best) return Verdict::reject();
  reviewed_.fcs = *best;
  const auto value = fcs_bit(*best);
  return value == alternatives ? Verdict::ack() : nak({LcpOptionType::FcsAlternatives, value});
}

Verdict Lcp::review_auth(const RawOption& option) {
  const auto& ours = auth_.accept;
  const auto method = parse_auth_option(option);
  if (method && std::find(ours.begin(), ours.end(), *method) != ours.end()) {
    reviewed_.auth = method;
    unmet_demand_.reset();  // it was content with another method
    return Verdict::ack();
  }
  unmet_demand_ = "peer requires " + describe_auth_option(option);
  if (method) unmet_demand_->append(", which the profile does not allow");
  if (ours.empty()) return Verdict::reject();
  ByteWriter suggestion;
  write_option(suggestion, kAuthenticationProtocol, auth_option_data(ours.front()));
  return Verdict::nak(std::move(suggestion).finish());
}

Verdict Lcp::review_vendor(const RawOption& option) {
  const auto extensions = parse_vendor_option(option);
  if (!extensions || !grants(wishes_.policy.vendor)) return Verdict::reject();
  reviewed_.vendor = extensions;
  return Verdict::ack();
}

std::optional<DownReason> Lcp::insisted_on() const {
  if (!unmet_demand_) return std::nullopt;
  return DownReason{DownReason::Kind::AuthRefused, DownReason::Permanence::Permanent,
                    *unmet_demand_};
}

}  // namespace tunnel::ppp
