#pragma once

#include <cstdint>
#include <string_view>

namespace tunnel::transport {

/// What one line of `ssh -o LogLevel=DEBUG1` tells.
enum class SshLog : std::uint8_t {
  Noise,          // of no interest to us
  Text,           // anything else: for the log
  Connecting,     // detail: "192.0.2.1 port 22", or "a proxy"
  Connected,      // the server's version was read, or TCP stands
  HostKey,        // detail: "ssh-ed25519 SHA256:…"
  HostKeyRight,   // it is one of those in known_hosts
  HostKeyWrong,   // it is none of those in known_hosts
  NothingCommon,  // no algorithm in common
  Cipher,         // detail: "aes128-gcm@openssh.com"
  KeyRefused,     // sshd took none of our keys
  Authenticated,  //
  Session,        // the channel is requested
  BadSettings,    // the configuration file cannot be used
};

struct SshLogLine {
  SshLog kind = SshLog::Noise;
  std::string_view detail;  // part of the line; the whole of it for Text
};

/// Reads one line of OpenSSH 8 and later, without its end.
SshLogLine classify_ssh_log(std::string_view line);

/// The same for a line that came after Session, when the far side's program writes among ours:
/// Noise or Text.
SshLogLine classify_session_log(std::string_view line);

}  // namespace tunnel::transport
