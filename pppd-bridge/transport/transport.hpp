#pragma once

#include "pppd-bridge/transport/io.hpp"
#include "tunneld/base/bytes.hpp"
#include "tunneld/base/time.hpp"

#include <sys/types.h>

#include <string>
#include <vector>

namespace tunnel::transport {

/// The byte stream that PPP runs over, open and non-blocking. It is driven by a level-triggered
/// epoll loop outside:
///
///   - wait for what watches() names now (the list changes from call to call; a descriptor that
///     leaves it may have been closed);
///   - on any event, on whichever of the descriptors, call flush(), then read(), then write() what
///     waits: room to write may come from bytes that arrive, such as an SSH window;
///   - while pending_input() is true, call read() again instead of waiting;
///   - a caller with no room for input leaves Readable out of what it waits for.
///
/// SIGPIPE must be ignored; the functions that make a Transport see to it.
class Transport {
 public:
  Transport() = default;
  Transport(const Transport&) = delete;
  Transport& operator=(const Transport&) = delete;
  virtual ~Transport() = default;

  /// Takes as much as is there, up to into.size().
  virtual Io read(MutableBytes into) noexcept = 0;

  /// Takes what fits; less than all is normal, and not an error. Hand it many frames at once
  /// (16 to 256 KiB): each call costs at least one packet of the stream below, and sshd's buffers
  /// take quadratic time when many small ones wait in them.
  virtual Io write(Bytes from) noexcept = 0;

  /// Pushes bytes that write() took, and that wait in this process, towards the kernel. Done when
  /// none are left.
  virtual Io flush() noexcept = 0;

  /// What to wait for, right now. Readable always; Writable only while something waits to be
  /// written.
  virtual WatchList watches() const noexcept = 0;

  /// Whether read() has something that epoll will not announce, such as decrypted bytes.
  virtual bool pending_input() const noexcept { return false; }

  /// Complete lines of text that the far side, or the SSH client, had for a human: escaped, bounded
  /// in length and number, at most a few a second (the rest are counted, and the count is a line).
  virtual std::vector<std::string> take_remote_text(TimePoint now) {
    static_cast<void>(now);
    return {};
  }

  /// The process that carries the stream, a child of ours; 0: there is none.
  virtual pid_t child() const noexcept { return 0; }

  /// Words for the log once Closed or Failed: "sshd closed the connection". Escaped.
  virtual std::string close_reason() const = 0;

  /// "libssh2 aes128-ctr hmac-sha2-256 to 192.0.2.1 port 22".
  virtual std::string describe() const = 0;
};

}  // namespace tunnel::transport
