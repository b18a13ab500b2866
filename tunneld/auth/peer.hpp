#pragma once

#include "tunneld/auth/verdict.hpp"
#include "tunneld/base/bytes.hpp"
#include "tunneld/base/secret.hpp"

#include <optional>
#include <string_view>

namespace tunnel::auth {

/// The peer as this end knows it: the name that it must prove, and the secret to prove it with;
/// nullptr where none is known.
struct Peer {
  std::string_view name;
  const Secret* secret;
};

/// Why a peer that says it is `claimed` cannot be who it must be, before any proof is looked at;
/// nullopt when it may. An empty name or secret is always refused, whatever it is compared to.
std::optional<Verdict> refuse(const Peer& peer, Bytes claimed) noexcept;

}  // namespace tunnel::auth
