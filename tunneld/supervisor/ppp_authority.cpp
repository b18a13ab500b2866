#include "tunneld/supervisor/ppp_authority.hpp"

#include <utility>

namespace tunnel::supervisor {

PppAuthority::PppAuthority(const config::Site& site, const config::Secrets& secrets)
    : authority_{
          {site.ppp.auth.require, site.ppp.auth.accept, site.ppp.auth.name, site.ppp.auth.peer},
          [name = site.name, &secrets](std::string_view who) { return secrets.find(name, who); }} {}

ipc::ToBridge PppAuthority::answer(const ipc::ChallengeWanted& wanted) {
  return ipc::Challenge{wanted.serial, authority_.challenge()};
}

ipc::ToBridge PppAuthority::answer(const ipc::ProofReceived& proof) {
  auto made = authority_.check(proof.method, proof.id, proof.name, proof.response);
  const bool accepted = made.outcome == auth::Authority::Decision::Outcome::Accepted;
  return ipc::AuthDecision{proof.serial,
                           accepted ? ipc::AuthOutcome::Accepted : ipc::AuthOutcome::Refused,
                           std::move(made.message), std::move(made.reason)};
}

ipc::ToBridge PppAuthority::answer(const ipc::ProofWanted& wanted) {
  auto made = authority_.prove(wanted.method, wanted.id, wanted.challenge);
  if (const auto* why = std::get_if<std::string>(&made)) return ipc::NoProof{wanted.serial, *why};
  auto& proof = std::get<auth::Authority::Proof>(made);
  const auto octets = proof.response.reveal();
  return ipc::Proof{wanted.serial,
                    std::move(proof.name),
                    {octets.begin(), octets.end()},
                    std::move(proof.expected)};
}

}  // namespace tunnel::supervisor
