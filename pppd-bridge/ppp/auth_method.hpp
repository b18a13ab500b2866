#pragma once

#include "pppd-bridge/ppp/control_packet.hpp"
#include "pppd-bridge/ppp/protocol.hpp"
#include "tunneld/base/bytes.hpp"
#include "tunneld/base/ppp_terms.hpp"
#include "tunneld/base/time.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tunnel::ppp {

/// "PAP", "CHAP-MD5", "MS-CHAPv2".
std::string_view auth_method_name(AuthMethod method) noexcept;

/// The protocol whose packets carry it.
constexpr Protocol auth_protocol(AuthMethod method) noexcept {
  return method == AuthMethod::Pap ? Protocol::Pap : Protocol::Chap;
}

/// The data of an Authentication-Protocol option (RFC 1661 §6.2): a protocol, and for CHAP an
/// algorithm (RFC 1994 §3).
std::vector<std::uint8_t> auth_option_data(AuthMethod method);

/// nullopt: a method this end does not have.
std::optional<AuthMethod> parse_auth_option(const RawOption& option) noexcept;

/// What the option names, for people: "PAP", "EAP", "CHAP algorithm 0x80", "protocol 0xc027".
std::string describe_auth_option(const RawOption& option);

/// [ppp.auth] of a profile, as far as the engine is concerned: the names and secrets of both ends
/// stay with tunneld.
struct AuthOptions {
  std::vector<AuthMethod> require;  // how the peer must prove itself, best first; empty: not at all
  std::vector<AuthMethod> accept;   // how this end may be asked to, best first; empty: refused
  std::string name;                 // what a CHAP challenge of ours says who asks
  Duration rechallenge{0};          // CHAP again at this interval; zero: never
};

}  // namespace tunnel::ppp
