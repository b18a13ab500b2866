#pragma once

#include "pppd-bridge/ppp/auth_method.hpp"
#include "pppd-bridge/ppp/automaton.hpp"
#include "pppd-bridge/ppp/ipcp.hpp"
#include "pppd-bridge/ppp/ipv6cp.hpp"
#include "pppd-bridge/ppp/lcp.hpp"
#include "tunneld/base/ppp_terms.hpp"
#include "tunneld/base/time.hpp"

#include <chrono>
#include <cstdint>

namespace tunnel::ppp {

/// Whether others can read what crosses the connection below.
enum class Channel : std::uint8_t { Encrypted, Plain };

/// What a profile says about the PPP of one site.
struct LinkOptions {
  LcpWishes lcp;
  AuthOptions auth;
  IpcpWishes ipv4;
  Ipv6cpWishes ipv6;
  Policy deflate = Policy::Deny;                     // CCP as a whole
  Channel channel = Channel::Encrypted;              // a plain one has no PAP (RFC 1334 §2)
  Duration echo_interval = std::chrono::seconds{1};  // zero: no echoes
  unsigned echo_failures = 3;
  AutomatonLimits limits;
};

}  // namespace tunnel::ppp
