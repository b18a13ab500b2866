#include "pppd-bridge/ppp/lcp_options.hpp"

#include "pppd-bridge/ppp/auth_method.hpp"
#include "tunneld/base/hex.hpp"

#include <algorithm>

namespace tunnel::ppp {

namespace {

/// Names of options that are Rejected, for the log only.
constexpr std::string_view rejected_name(std::uint8_t type) noexcept {
  switch (type) {
    case kVendorSpecific:
      return "VENDOR";
    case kAuthenticationProtocol:
      return "AUTHPROTO";
    case 4:
      return "QUALPROTO";
    case 10:
      return "SDP";
    case 13:
      return "CALLBACK";
    case 17:
      return "MRRU";
    case 18:
      return "SHORTSEQ";
    case 19:
      return "ENDDISC";
    default:
      return {};
  }
}

std::string format_value(const LcpOption& option, ValueStyle style) {
  switch (style) {
    case ValueStyle::None:
      return {};
    case ValueStyle::Decimal:
      return " " + std::to_string(option.value);
    case ValueStyle::Hexadecimal:
      return " 0x" + to_hex(option.value, 8);
  }
  return {};
}

}  // namespace

void write_lcp_option(ByteWriter& out, const LcpOption& option) {
  const auto type = static_cast<std::uint8_t>(option.type);
  const auto width = find_lcp_option(type)->width;
  out.u8(type);
  out.u8(static_cast<std::uint8_t>(kOptionHeader + width));
  if (width == 1) out.u8(static_cast<std::uint8_t>(option.value));
  if (width == 2) out.u16(static_cast<std::uint16_t>(option.value));
  if (width == 4) out.u32(option.value);
}

void write_option(ByteWriter& out, std::uint8_t type, Bytes data) {
  out.u8(type);
  out.u8(static_cast<std::uint8_t>(kOptionHeader + data.size()));
  out.bytes(data);
}

void write_vendor_option(ByteWriter& out, const VendorExtensions& extensions) {
  ByteWriter data;
  data.bytes(kOui);
  data.u8(kVendorKind);
  data.u16(extensions.flags);
  write_option(out, kVendorSpecific, data.view());
}

std::optional<VendorExtensions> parse_vendor_option(const RawOption& option) noexcept {
  ByteReader in{option.data};
  const auto oui = in.take(kOui.size());
  const auto kind = in.u8();
  const auto flags = in.u16();
  if (option.type != kVendorSpecific || !flags || !in.empty()) return std::nullopt;
  if (!std::equal(oui->begin(), oui->end(), kOui.begin()) || *kind != kVendorKind) {
    return std::nullopt;
  }
  return VendorExtensions{*flags};
}

std::string describe_option_data(std::string_view name, const RawOption& option) {
  constexpr std::size_t kShown = 16;
  std::string text = " ";
  text += name.empty() ? "OPTION " + std::to_string(option.type) : std::string{name};
  text.append("[").append(std::to_string(option.wire.size())).append("]");
  if (!option.data.empty()) text += ' ';
  const auto shown = option.data.first(std::min(option.data.size(), kShown));
  text += to_hex(shown);
  if (shown.size() < option.data.size()) text += "…";
  return text;
}

std::string describe_lcp_option(const RawOption& option) {
  if (const auto parsed = parse_lcp_option(option)) {
    const auto facts = find_lcp_option(option.type);
    return " " + std::string{facts->name} + "[" + std::to_string(option.wire.size()) + "]" +
           format_value(*parsed, facts->style);
  }
  if (option.type == kAuthenticationProtocol) {
    return " AUTHPROTO[" + std::to_string(option.wire.size()) + "] " + describe_auth_option(option);
  }
  const auto facts = find_lcp_option(option.type);
  return describe_option_data(facts ? facts->name : rejected_name(option.type), option);
}

}  // namespace tunnel::ppp
