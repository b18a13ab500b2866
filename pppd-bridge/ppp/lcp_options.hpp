#pragma once

#include "pppd-bridge/ppp/control_packet.hpp"
#include "tunneld/base/bytes.hpp"

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace tunnel::ppp {

/// The LCP Configuration Options this end negotiates (RFC 1661 §6, RFC 1662 §7). Every other one is
/// Configure-Rejected.
enum class LcpOptionType : std::uint8_t {
  Mru = 1,
  Accm = 2,
  MagicNumber = 5,
  ProtocolFieldCompression = 7,
  AddressControlCompression = 8,
};

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

void write_lcp_option(ByteWriter& out, const LcpOption& option);

/// " NAME[LENGTH] HEXADECIMAL": an option whose value means nothing to this end. Without a name it
/// is "OPTION 23".
std::string describe_option_data(std::string_view name, const RawOption& option);

/// " MRU[4] 1500", also for options that are known by name only.
std::string describe_lcp_option(const RawOption& option);

}  // namespace tunnel::ppp
