#pragma once

#include "pppd-bridge/ppp/control_packet.hpp"
#include "tunneld/base/bytes.hpp"
#include "tunneld/base/ppp_terms.hpp"

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace tunnel::ppp {

/// The LCP Configuration Options with a number for a value, or none at all, that this end
/// negotiates (RFC 1661 §6, RFC 1662 §7, RFC 1570 §2.1).
enum class LcpOptionType : std::uint8_t {
  Mru = 1,
  Accm = 2,
  MagicNumber = 5,
  ProtocolFieldCompression = 7,
  AddressControlCompression = 8,
  FcsAlternatives = 9,
};

/// The two others. Every further one is Configure-Rejected.
inline constexpr std::uint8_t kVendorSpecific = 0;          // RFC 2153 §2.2
inline constexpr std::uint8_t kAuthenticationProtocol = 3;  // RFC 1661 §6.2

/// Who we are in a Vendor-Specific option: an OUI of the locally administered kind (RFC 2153 asks
/// for one of the IEEE's, which this project has none of), and the one Kind there is.
inline constexpr std::array<std::uint8_t, 3> kOui{0x56, 0x54, 0x44};
inline constexpr std::uint8_t kVendorKind = 1;

/// An option this end knows, with its value; those that are mere switches have none.
struct LcpOption {
  LcpOptionType type{};
  std::uint32_t value = 0;
};

/// How an option's value is written in the log.
enum class ValueStyle : std::uint8_t { None, Decimal, Hexadecimal };

struct LcpOptionFacts {
  LcpOptionType type{};
  std::uint8_t width = 0;  // octets of the value
  ValueStyle style = ValueStyle::None;
  std::string_view name;  // as FreeBSD's ppp writes it
};

/// The options this end negotiates: one line each.
inline constexpr std::array kLcpOptions{
    LcpOptionFacts{LcpOptionType::Mru, 2, ValueStyle::Decimal, "MRU"},
    LcpOptionFacts{LcpOptionType::Accm, 4, ValueStyle::Hexadecimal, "ACCMAP"},
    LcpOptionFacts{LcpOptionType::MagicNumber, 4, ValueStyle::Hexadecimal, "MAGICNUM"},
    LcpOptionFacts{LcpOptionType::ProtocolFieldCompression, 0, ValueStyle::None, "PROTOCOMP"},
    LcpOptionFacts{LcpOptionType::AddressControlCompression, 0, ValueStyle::None, "ACFCOMP"},
    LcpOptionFacts{LcpOptionType::FcsAlternatives, 1, ValueStyle::Decimal, "FCS-ALTERNATIVES"},
};

/// nullopt: not one of them. (A pointer would do, were it constexpr under g++ 12's sanitizers.)
constexpr std::optional<LcpOptionFacts> find_lcp_option(std::uint8_t type) noexcept {
  for (const auto& facts : kLcpOptions) {
    if (static_cast<std::uint8_t>(facts.type) == type) return facts;
  }
  return std::nullopt;
}

/// nullopt: unknown, or not as long as the RFC says.
constexpr std::optional<LcpOption> parse_lcp_option(const RawOption& option) noexcept {
  const auto facts = find_lcp_option(option.type);
  if (!facts || option.data.size() != facts->width) return std::nullopt;
  LcpOption parsed{facts->type, 0};
  for (const auto octet : option.data) parsed.value = parsed.value << 8 | octet;
  return parsed;
}

/// The bit of an FCS-Alternatives option (RFC 1570 §2.1) that names it.
constexpr std::uint32_t fcs_bit(Fcs fcs) noexcept {
  return 1U << static_cast<unsigned>(fcs);
}

static_assert(fcs_bit(Fcs::None) == 1 && fcs_bit(Fcs::Ccitt16) == 2 && fcs_bit(Fcs::Ccitt32) == 4);

void write_lcp_option(ByteWriter& out, const LcpOption& option);

/// An option of any type with `data` behind its Length field.
void write_option(ByteWriter& out, std::uint8_t type, Bytes data);

/// RFC 2153 §2.2: by which two ends of ours know each other. Each flag is something beyond the
/// standards that whoever sends the option can receive.
struct VendorExtensions {
  /// Packets in vendor frames (pppd-bridge/vendor), among RFC 1662's, and super-packets in them.
  static constexpr std::uint16_t kFrames = 0x0001;

  std::uint16_t flags = kFrames;

  constexpr bool frames() const noexcept { return (flags & kFrames) != 0; }
};

void write_vendor_option(ByteWriter& out, const VendorExtensions& extensions);
/// nullopt: another vendor's, or not as long as ours is.
std::optional<VendorExtensions> parse_vendor_option(const RawOption& option) noexcept;

/// " NAME[LENGTH] HEXADECIMAL": an option whose value means nothing to this end. Without a name it
/// is "OPTION 23".
std::string describe_option_data(std::string_view name, const RawOption& option);

/// " MRU[4] 1500", also for options that are known by name only.
std::string describe_lcp_option(const RawOption& option);

}  // namespace tunnel::ppp
