#include "pppd-bridge/transport/agent_client.hpp"
#include "pppd-bridge/transport/clients.hpp"
#include "pppd-bridge/transport/deadline.hpp"
#include "pppd-bridge/transport/ssh2_transport.hpp"
#include "pppd-bridge/transport/tcp.hpp"
#include "tunneld/base/escape.hpp"

#include <algorithm>
#include <array>
#include <limits>
#include <optional>
#include <string_view>
#include <utility>

namespace tunnel::transport {

namespace {

/// Calls `step` until it is no longer Again; Again means that `deadline` is past.
template <typename Step>
Ssh2Step complete(OuterSocket& outer, const Deadline& deadline, Step step) {
  while (true) {
    outer.allow_input(std::numeric_limits<std::size_t>::max());
    const auto result = step();
    outer.flush();
    if (result != Ssh2Step::Again || !outer.wait(deadline)) return result;
  }
}

/// Our key: whoever has it signs for us.
struct OurKey {
  AgentClient agent;
  std::vector<std::uint8_t> blob;
};

/// Whom to ask is nobody far away.
constexpr std::chrono::seconds kAgentTimeout{5};

/// Asks for the key before anything is connected, so that one that libssh2 cannot use is told of
/// soonest.
boost::system::result<OurKey, DialError> find_key(UniqueFd socket) {
  constexpr std::array<std::string_view, 4> kUsable{"ssh-ed25519", "ecdsa-sha2-nistp256",
                                                    "ecdsa-sha2-nistp384", "ecdsa-sha2-nistp521"};
  OurKey key{AgentClient{std::move(socket)}, {}};
  auto blob = key.agent.key(Deadline{kAgentTimeout});
  if (!blob) return DialError{Stage::Auth, Permanence::Transient, blob.error().message()};
  const auto type = key_type(*blob).value_or("?");
  if (std::find(kUsable.begin(), kUsable.end(), type) == kUsable.end()) {
    return DialError{Stage::Auth, Permanence::Permanent,
                     "libssh2 cannot use a key of type " + escape_text(type) +
                         "; make an ed25519 key, or set client = \"openssh\""};
  }
  key.blob = std::move(*blob);
  return key;
}

/// One attempt at one address.
class Attempt {
 public:
  Attempt(DialSettings& settings, std::span<const HostKey> pinned, OurKey& key,
          DialObserver& observer, const TcpAddress& address)
      : settings_{settings}, pinned_{pinned}, key_{key}, observer_{observer}, address_{address} {}

  DialResult run() {
    observer_.stage(Stage::Connect, address_.text);
    auto socket = connect_tcp(address_, Deadline{settings_.connect_timeout}, settings_.segments);
    if (!socket) return transient(Stage::Connect, socket.error().message());
    session_ = std::make_unique<Ssh2Session>(std::move(*socket));
    const Deadline deadline{settings_.handshake_timeout};
    if (auto error = check_host(deadline)) return std::move(*error);
    if (auto error = authenticate(deadline)) return std::move(*error);
    if (auto error = open_channel(deadline)) return std::move(*error);
    return std::unique_ptr<Transport>{
        std::make_unique<Ssh2Transport>(std::move(session_), window_, address_.text)};
  }

 private:
  std::optional<DialError> check_host(const Deadline& deadline) {
    observer_.stage(Stage::HostKey, fingerprints(pinned_));
    const auto algorithms = host_key_algorithms(pinned_);
    const auto step =
        complete(session_->outer(), deadline, [&] { return session_->handshake(algorithms); });
    if (step != Ssh2Step::Done) return handshake_error(step);
    const auto received = session_->host_key();
    const bool known = std::any_of(pinned_.begin(), pinned_.end(),
                                   [&](const HostKey& key) { return key.blob == received; });
    if (known) return std::nullopt;
    const auto type = key_type(received).value_or("?");
    return permanent(
        Stage::HostKey,
        wrong_host_key_text(address_.text, type + ' ' + fingerprint(received), pinned_));
  }

  DialError handshake_error(Ssh2Step step) const {
    if (session_->fault() == Ssh2Fault::Negotiation) {
      std::string types;
      for (const auto& name : host_key_algorithms(pinned_)) types += ' ' + name;
      return permanent(Stage::HostKey,
                       address_.text +
                           " and libssh2 have no algorithm in common: " + session_->fault_text() +
                           "; has the server a host key for one of" + types + "?");
    }
    return transient(Stage::HostKey, failure(step, "no SSH key exchange"));
  }

  std::optional<DialError> authenticate(const Deadline& deadline) {
    observer_.stage(Stage::Auth, settings_.user);
    std::optional<Error> unsigned_because;
    const auto sign = [&](Bytes data) -> std::optional<std::vector<std::uint8_t>> {
      auto signature = key_.agent.sign(key_.blob, data, deadline);
      if (signature) return std::move(*signature);
      unsigned_because = signature.error();
      return std::nullopt;
    };
    const auto step = complete(session_->outer(), deadline, [&] {
      return session_->authenticate(settings_.user, key_.blob, sign);
    });
    if (step == Ssh2Step::Done) return std::nullopt;
    switch (session_->fault()) {
      case Ssh2Fault::KeyRefused:
        return permanent(Stage::Auth, refused_key_text(settings_));
      case Ssh2Fault::NotSigned:
        return not_signed(unsigned_because.value_or(Error{}));
      case Ssh2Fault::None:
      case Ssh2Fault::Connection:
      case Ssh2Fault::Negotiation:
      case Ssh2Fault::Denied:
      case Ssh2Fault::Protocol:
        break;
    }
    return transient(Stage::Auth, failure(step, "no answer to our key"));
  }

  static DialError not_signed(const Error& why) {
    const auto text = "our login is not signed: " + why.message();
    return why.code == std::errc::timed_out ? transient(Stage::Auth, text)
                                            : permanent(Stage::Auth, text);
  }

  std::optional<DialError> open_channel(const Deadline& deadline) {
    const auto command = wanted_command(settings_);
    observer_.stage(Stage::Channel, escape_text(command));
    auto& outer = session_->outer();
    window_ = Ssh2Transport::window_for(round_trip_of(outer.fd()));
    auto step = complete(outer, deadline, [&] { return session_->open_channel(window_); });
    if (step == Ssh2Step::Done) {
      step = complete(outer, deadline, [&] { return session_->request_command(command); });
    }
    if (step == Ssh2Step::Done) return std::nullopt;
    return transient(Stage::Channel, failure(step, "no channel"));
  }

  std::string failure(Ssh2Step step, const char* missing) const {
    if (step == Ssh2Step::Failed) return address_.text + ": " + session_->fault_text();
    return address_.text + ": " + missing + " within " + seconds_text(settings_.handshake_timeout);
  }

  static DialError transient(Stage stage, std::string text) {
    return {stage, Permanence::Transient, std::move(text)};
  }

  static DialError permanent(Stage stage, std::string text) {
    return {stage, Permanence::Permanent, std::move(text)};
  }

  DialSettings& settings_;
  std::span<const HostKey> pinned_;
  OurKey& key_;
  DialObserver& observer_;
  const TcpAddress& address_;
  std::unique_ptr<Ssh2Session> session_;
  std::uint32_t window_ = 0;  // of the channel
};

/// A failure that another address of the same name may not have.
bool worth_another_address(const DialError& error) {
  return error.permanence == Permanence::Transient && error.stage <= Stage::HostKey;
}

}  // namespace

DialResult dial_libssh2(DialSettings& settings, std::span<const HostKey> pinned,
                        DialObserver& observer) {
  auto key = find_key(std::move(settings.agent));
  if (!key) return key.error();
  observer.stage(Stage::Resolve, settings.host);
  const auto addresses = resolve(settings.host, settings.port);
  if (!addresses) {
    return DialError{Stage::Resolve, Permanence::Transient, addresses.error().message()};
  }
  DialError failed{Stage::Resolve, Permanence::Transient, settings.host + " has no address"};
  std::string texts;
  for (const auto& address : *addresses) {
    auto result = Attempt{settings, pinned, *key, observer, address}.run();
    if (result || !worth_another_address(result.error())) return result;
    if (!texts.empty()) texts += "; ";
    texts += result.error().text;
    failed = DialError{std::max(failed.stage, result.error().stage), Permanence::Transient, texts};
  }
  return failed;
}

}  // namespace tunnel::transport
