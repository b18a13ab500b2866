#pragma once

#include "tunneld/agent/login.hpp"
#include "tunneld/agent/protocol.hpp"
#include "tunneld/base/bytes.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace tunnel::agent {

/// What an agent does about a message of its client.
struct Answer {
  std::vector<std::uint8_t> message;
  std::string refused;  // what is refused by it, in words for the log; mostly empty
};

/// The login may be signed; the spans of the request lie in the message.
struct Sign {
  SignRequest request;
  std::string algorithm;
};

/// The client is not worth listening to any more.
struct HangUp {
  std::string_view reason;
};

using Reaction = std::variant<Answer, Sign, HangUp>;

/// An agent for one login, without its key: it knows what may be signed and how often. No client
/// can make it do or keep anything else, whatever it sends.
class Conversation {
 public:
  /// A login takes one signature; ssh tries again where a server takes no RSA with SHA-512.
  static constexpr unsigned kMostSignatures = 3;
  static constexpr unsigned kMostRequests = 16;

  explicit Conversation(Login login) : login_{std::move(login)} {}

  /// `message`: whole, without its length.
  Reaction take(Bytes message);

  const Login& login() const noexcept { return login_; }

 private:
  Reaction on(const IdentitiesRequest& request) const;
  Reaction on(const SignRequest& request);
  Reaction on(const ExtensionRequest& request) const;
  Reaction on(const OtherRequest& request) const;

  Login login_;
  unsigned requests_ = 0;
  unsigned signatures_ = 0;
};

}  // namespace tunnel::agent
