#pragma once

#include "pppd-bridge/transport/outer_socket.hpp"
#include "tunneld/base/bytes.hpp"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace tunnel::transport {

/// How far one non-blocking call came. Again: call it once more, with the same arguments, when
/// something was received.
enum class Ssh2Step : std::uint8_t { Done, Again, Failed };

enum class Ssh2Fault : std::uint8_t {
  None,
  Connection,   // the connection ended, or sshd ended it with a message
  Negotiation,  // no algorithm in common
  NotSigned,    // whoever has our key does not sign
  KeyRefused,   // sshd does not take our key for this user
  Denied,       // sshd refuses the channel or the command
  Protocol,     // anything else libssh2 complains of
};

enum class Ssh2Stream : std::uint8_t { Standard = 0, Error = 1 };

/// One SSH session with one channel: libssh2 as far as it is needed here, with none of its types.
/// Every call is non-blocking; what they send waits in outer().
class Ssh2Session {
 public:
  explicit Ssh2Session(UniqueFd socket);
  ~Ssh2Session();  // tells sshd, if it can without waiting

  OuterSocket& outer() noexcept;
  const OuterSocket& outer() const noexcept;

  /// Greets, exchanges keys, and lets the server prove that it has host_key(). Whether that is the
  /// right key is for the caller to say. `host_key_algorithms`: the only ones acceptable.
  Ssh2Step handshake(std::span<const std::string> host_key_algorithms);

  /// The server's key, as in RFC 4253 §6.6.
  std::vector<std::uint8_t> host_key() const;

  /// The signature blob (RFC 4253 §6.6) of what a login must sign; nothing: there is none.
  using Signer = std::function<std::optional<std::vector<std::uint8_t>>(Bytes data)>;

  /// Logs in by a key, of which this is the public half; `sign` is called at most once, and may
  /// take its time.
  Ssh2Step authenticate(const std::string& user, Bytes key_blob, const Signer& sign);
  Ssh2Step open_channel(std::uint32_t window);
  Ssh2Step request_command(const std::string& command);

  struct Count {
    Ssh2Step step = Ssh2Step::Again;
    std::size_t bytes = 0;
  };

  /// Bytes of one stream; Again when none are there. As many as outer() is allowed are decrypted.
  Count read(Ssh2Stream stream, MutableBytes into);

  /// Makes at most one packet of `from`. After Again with send_window() above 0 a packet is being
  /// held back: the next call must bring the same bytes.
  Count write(Bytes from);

  std::size_t queued() const;  // decrypted and not read yet, both streams
  std::uint32_t send_window() const;
  std::uint32_t receive_window() const;

  /// Again: call it with the same number until it is Done, and do not read() before.
  Ssh2Step widen_receive_window(std::uint32_t by);

  /// Whether the far side's command is over and all it said was read.
  bool finished();
  /// "the far side's command exited with status 3".
  std::string exit_text() const;

  /// "aes128-ctr hmac-sha2-256".
  std::string ciphers() const;

  Ssh2Fault fault() const noexcept;
  /// Words for the log after Failed. Escaped.
  const std::string& fault_text() const noexcept;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace tunnel::transport
