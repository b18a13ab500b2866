#pragma once

#include "tunneld/auth/peer.hpp"

namespace tunnel::auth {

/// The Authenticate-Request of PAP (RFC 1334 §2.2.1): Peer-ID and password as they came.
Verdict verify_pap(const Peer& peer, Bytes claimed, Bytes password) noexcept;

}  // namespace tunnel::auth
