#pragma once

#include "pppd-bridge/transport/tcp.hpp"
#include "pppd-bridge/transport/transport.hpp"
#include "tunneld/base/unique_fd.hpp"

#include <boost/system/result.hpp>

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace tunnel::transport {

/// Which SSH implementation carries the stream.
enum class Client : std::uint8_t {
  Libssh2,  // inside this process
  Openssh,  // the system's `ssh`, as a child
};

struct DialSettings {
  std::string host;  // a name, or an address of either family
  std::uint16_t port = 22;
  std::string user;
  /// Pinned: "ssh-ed25519 AAAA…", as in known_hosts without the host. At least one.
  std::vector<std::string> host_keys;
  /// What signs for us: an SSH agent with our key and no other. Libssh2: a socket connected to it.
  /// Openssh: one to connect to, whose path in /proc is told to `ssh`.
  UniqueFd agent;
  /// Openssh only, without an agent: the text of a FIDO key's file. Both may be missing with an
  /// ssh_config that names an agent or a key.
  std::vector<std::uint8_t> security_key;
  Client client = Client::Libssh2;
  /// Openssh only: a file for `ssh -F`; empty means that no configuration file is read.
  std::string ssh_config;
  Segments segments = Segments::Usual;  // of the TCP connection; libssh2 only
  /// What to ask sshd to run. The account's forced command decides; empty asks for "ppp".
  std::string command;
  std::chrono::milliseconds connect_timeout{10'000};    // for each address (Openssh: for each too)
  std::chrono::milliseconds handshake_timeout{15'000};  // from connected to the open channel
};

/// The steps of a dial, in order.
enum class Stage : std::uint8_t { Resolve, Connect, HostKey, Auth, Channel };

/// "resolve", "connect", "host-key", "auth", "channel".
const char* stage_name(Stage stage) noexcept;

/// Told what happens while dial() blocks. Implementations must not call back.
class DialObserver {
 public:
  /// A stage begins; `detail` is for the log: "192.0.2.1 port 22".
  virtual void stage(Stage stage, std::string detail) = 0;
  /// One line that sshd or the far side's program printed, escaped.
  virtual void remote_text(std::string line) = 0;

 protected:
  ~DialObserver() = default;
};

/// Whether trying again, with nothing changed by a human, can help.
enum class Permanence : std::uint8_t { Transient, Permanent };

struct DialError {
  Stage stage = Stage::Resolve;
  Permanence permanence = Permanence::Transient;
  std::string text;  // a sentence for the log, escaped
};

class [[nodiscard]] DialResult
    : public boost::system::result<std::unique_ptr<Transport>, DialError> {
  using boost::system::result<std::unique_ptr<Transport>, DialError>::result;
};

/// Resolves the name, tries every address in getaddrinfo's order, checks the host key against the
/// pinned ones, authenticates and opens the channel; the agent is closed on return. No byte of the
/// stream is sent before the host key was found right. Blocks, with deadlines (getaddrinfo has its
/// own, from resolv.conf), so it runs before the epoll loop; the process may be killed meanwhile.
/// Ignores SIGPIPE in this process from now on.
DialResult dial(DialSettings settings, DialObserver& observer);

}  // namespace tunnel::transport
