#pragma once

#include "tunneld/auth/peer.hpp"

#include <array>
#include <cstdint>

namespace tunnel::auth {

/// The Value of a Response (RFC 1994 §4.1) is an MD5 digest.
using ChapMd5Response = std::array<std::uint8_t, 16>;

/// MD5(Identifier || secret || challenge): what a peer that has the secret answers. Never asked
/// with an empty secret or challenge.
ChapMd5Response chap_md5_response(std::uint8_t identifier, const Secret& secret, Bytes challenge);

/// Whether the Response to our Challenge of this Identifier proves the peer's name.
Verdict verify_chap_md5(const Peer& peer, Bytes claimed, std::uint8_t identifier, Bytes challenge,
                        Bytes response);

}  // namespace tunnel::auth
