#pragma once

#include "tunneld/auth/authority.hpp"
#include "tunneld/config/configuration.hpp"
#include "tunneld/config/secrets.hpp"
#include "tunneld/ipc/messages.hpp"

namespace tunnel::supervisor {

/// Answers a bridge's questions of authentication for one site, from its profile and secrets.toml.
class PppAuthority {
 public:
  /// `secrets` are asked at every proof, and may have been read anew meanwhile.
  PppAuthority(const config::Site& site, const config::Secrets& secrets);

  ipc::ToBridge answer(const ipc::ChallengeWanted& wanted);
  ipc::ToBridge answer(const ipc::ProofReceived& proof);
  ipc::ToBridge answer(const ipc::ProofWanted& wanted);

  /// Whether the peer has proved itself to the present bridge, or need not.
  bool satisfied() const noexcept { return authority_.satisfied(); }

  /// The present bridge's peer has proved itself to an earlier daemon.
  void adopt() noexcept { authority_.adopt(); }

  /// Another bridge, or another negotiation.
  void forget() noexcept { authority_.forget(); }

 private:
  auth::Authority authority_;
};

}  // namespace tunnel::supervisor
