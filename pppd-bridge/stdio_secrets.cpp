#include "pppd-bridge/stdio_secrets.hpp"

#include "tunneld/base/unique_fd.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <utility>
#include <vector>

namespace tunnel::bridge {

namespace {

constexpr std::size_t kMaxSecret = 255;

/// The first line of a file; an empty path is an empty secret.
Result<Secret> read_secret(const std::string& path) {
  if (path.empty()) return Secret{};
  const UniqueFd file{::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY)};
  if (!file) return errno_error("open " + path);

  struct stat there {};

  if (::fstat(file.get(), &there) < 0) return errno_error("look at " + path);
  if ((there.st_mode & 077) != 0) {
    return make_error(std::errc::permission_denied, path + " may be read by others: chmod 0600 it");
  }
  std::vector<std::uint8_t> line(kMaxSecret + 1);
  const auto got = ::read(file.get(), line.data(), line.size());
  Secret whole{std::move(line)};
  if (got < 0) return errno_error("read " + path);
  const auto octets = whole.reveal().first(static_cast<std::size_t>(got));
  std::size_t size = 0;
  while (size < octets.size() && octets[size] != '\n') ++size;
  if (size == 0 || size > kMaxSecret) {
    return make_error(std::errc::invalid_argument,
                      path + ": the first line must be a secret of 1 to 255 octets");
  }
  return Secret{{octets.begin(), octets.begin() + static_cast<std::ptrdiff_t>(size)}};
}

}  // namespace

Result<std::unique_ptr<StdioSecrets>> StdioSecrets::open(const StdioOptions& options) {
  auto ours = read_secret(options.secret_file);
  if (!ours) return ours.error();
  auto peers = read_secret(options.peer_secret_file);
  if (!peers) return peers.error();
  std::unique_ptr<StdioSecrets> secrets{
      new StdioSecrets{options, std::move(*ours), std::move(*peers)}};
  secrets->authority_.prepare();
  return secrets;
}

StdioSecrets::StdioSecrets(const StdioOptions& options, Secret ours, Secret peers)
    : ours_{std::move(ours)},
      peers_{std::move(peers)},
      authority_{{options.ppp.auth.require, options.ppp.auth.accept, options.ppp.auth.name,
                  options.peer_name},
                 [this, peer = options.peer_name](std::string_view name) {
                   return name == peer ? &peers_ : &ours_;
                 }} {}

ppp::AuthAnswer StdioSecrets::answer(const ppp::AuthQuestion& question) {
  if (std::holds_alternative<ppp::ChallengeWanted>(question)) {
    return ppp::Challenge{authority_.challenge()};
  }
  if (const auto* proof = std::get_if<ppp::ProofReceived>(&question)) {
    auto made = authority_.check(proof->method, proof->id, proof->name, proof->response.reveal());
    using Theirs = ppp::AuthDecision::Outcome;
    const auto outcome = made.outcome == auth::Authority::Decision::Outcome::Accepted
                             ? Theirs::Accepted
                             : Theirs::Refused;
    return ppp::AuthDecision{outcome, std::move(made.message), std::move(made.reason)};
  }
  const auto& wanted = std::get<ppp::ProofWanted>(question);
  auto made = authority_.prove(wanted.method, wanted.id, wanted.challenge);
  if (const auto* why = std::get_if<std::string>(&made)) return ppp::NoProof{*why};
  auto& proof = std::get<auth::Authority::Proof>(made);
  return ppp::Proof{std::move(proof.name), std::move(proof.response), std::move(proof.expected)};
}

}  // namespace tunnel::bridge
