#include "pppd-bridge/ppp/auth_method.hpp"

#include "tunneld/base/hex.hpp"

#include <array>

namespace tunnel::ppp {

namespace {

constexpr std::uint16_t kEap = 0xc227;  // RFC 3748 §3.1

struct MethodFacts {
  AuthMethod method{};
  std::string_view name;
  std::optional<std::uint8_t> algorithm;  // RFC 1994 §3; none behind PAP
};

constexpr std::array kMethods{
    MethodFacts{AuthMethod::Pap, "PAP", std::nullopt},
    MethodFacts{AuthMethod::ChapMd5, "CHAP-MD5", std::uint8_t{0x05}},
    MethodFacts{AuthMethod::MsChapV2, "MS-CHAPv2", std::uint8_t{0x81}},
};
static_assert(kMethods[static_cast<std::size_t>(AuthMethod::MsChapV2)].name == "MS-CHAPv2");

constexpr const MethodFacts& facts_of(AuthMethod method) noexcept {
  return kMethods[static_cast<std::size_t>(method)];
}

}  // namespace

std::string_view auth_method_name(AuthMethod method) noexcept {
  return facts_of(method).name;
}

std::vector<std::uint8_t> auth_option_data(AuthMethod method) {
  ByteWriter out;
  out.u16(static_cast<std::uint16_t>(auth_protocol(method)));
  if (const auto algorithm = facts_of(method).algorithm) out.u8(*algorithm);
  return std::move(out).finish();
}

std::optional<AuthMethod> parse_auth_option(const RawOption& option) noexcept {
  ByteReader in{option.data};
  const auto protocol = in.u16();
  if (!protocol) return std::nullopt;
  const auto algorithm = in.u8();
  if (!in.empty()) return std::nullopt;
  for (const auto& facts : kMethods) {
    if (Protocol{*protocol} == auth_protocol(facts.method) && algorithm == facts.algorithm) {
      return facts.method;
    }
  }
  return std::nullopt;
}

std::string describe_auth_option(const RawOption& option) {
  if (const auto method = parse_auth_option(option)) return std::string{auth_method_name(*method)};
  ByteReader in{option.data};
  const auto protocol = in.u16();
  if (!protocol) return "an authentication without a protocol";
  if (*protocol == kEap) return "EAP";
  const auto algorithm = in.u8();
  if (Protocol{*protocol} == Protocol::Chap && algorithm) {
    return "CHAP algorithm 0x" + to_hex(*algorithm, 2);
  }
  return "authentication protocol 0x" + to_hex(*protocol, 4);
}

}  // namespace tunnel::ppp
