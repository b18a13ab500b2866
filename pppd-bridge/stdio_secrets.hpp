#pragma once

#include "pppd-bridge/options.hpp"
#include "pppd-bridge/ppp/auth_dialogue.hpp"
#include "tunneld/auth/authority.hpp"
#include "tunneld/base/result.hpp"

#include <memory>
#include <optional>

namespace tunnel::bridge {

/// What tunneld is to other bridges, for one that runs without it: answers the engine's questions
/// of authentication from two files, each the secret of one end.
class StdioSecrets {
 public:
  /// Fails for a file that others may read, or that holds no secret. No file is opened later.
  static Result<std::unique_ptr<StdioSecrets>> open(const StdioOptions& options);

  ppp::AuthAnswer answer(const ppp::AuthQuestion& question);

 private:
  StdioSecrets(const StdioOptions& options, Secret ours, Secret peers);

  Secret ours_;
  Secret peers_;
  auth::Authority authority_;
};

}  // namespace tunnel::bridge
