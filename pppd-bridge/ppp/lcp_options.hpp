#pragma once

#include "pppd-bridge/ppp/control_packet.hpp"
#include "tunneld/base/bytes.hpp"

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

/// nullopt: unknown, or not as long as the RFC says.
std::optional<LcpOption> parse_lcp_option(const RawOption& option) noexcept;
void write_lcp_option(ByteWriter& out, const LcpOption& option);

/// " NAME[LENGTH] HEXADECIMAL": an option whose value means nothing to this end. Without a name it
/// is "OPTION 23".
std::string describe_option_data(std::string_view name, const RawOption& option);

/// " MRU[4] 1500", also for options that are known by name only.
std::string describe_lcp_option(const RawOption& option);

}  // namespace tunnel::ppp
