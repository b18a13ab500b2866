#pragma once

#include "tests/support/process.hpp"
#include "tunneld/base/unique_fd.hpp"

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

namespace tunnel::test {

/// A small virtual machine with Linux' own PPP and Debian's pppd (make-guest.sh). It has a serial
/// line, where pppd is to talk to us, and a console, where commands are given and answers and logs
/// are read; no network, no disk. Nothing is left of it with this object. Failures throw, with the
/// console's text.
class Guest {
 public:
  /// Returns when it is up, after two or three seconds.
  Guest();
  Guest(const Guest&) = delete;
  Guest& operator=(const Guest&) = delete;
  ~Guest();

  /// The far end of the serial line: a Unix socket that listens, for every user, to one connection
  /// at a time.
  const std::filesystem::path& serial_line() const noexcept { return serial_line_; }

  /// Connects to the far end. What the guest has sent while nobody was connected is lost.
  UniqueFd connect() const;

  /// A line of shell in the guest.
  Finished exec(const std::string& line, Limit limit = kPatience);
  /// What it prints; throws if it fails.
  std::string shell(const std::string& line, Limit limit = kPatience);
  /// Starts one that stays in the background and prints on the console; at its end there is
  /// "NAME ended with STATUS".
  void start(const std::string& name, const std::string& line);
  /// A new file or a new text in an old one, for root only, as pppd wants its secrets.
  void write(const std::string& path, std::string_view text);

  /// "/dev/ttyS1 LOCAL:REMOTE OPTIONS" and what every case has; returns when it has the line.
  void start_pppd(const std::string& addresses, const std::string& options);

  /// Waits for the `count`-th line on the console, since the guest was started, with this text.
  std::string wait_for(std::string_view text, std::size_t count = 1, Limit limit = kPatience) {
    return machine_.wait_for_nth(text, count, limit);
  }

  /// Whether the guest gets answers from the address, to packets with so many bytes of data.
  bool reaches(const std::string& address, unsigned size = 56);

  /// All there was on the console until now.
  std::string console() { return machine_.printed(); }

 private:
  struct Keyboard {
    Keyboard();
    UniqueFd ours{};
    UniqueFd guests{};
  };

  std::filesystem::path folder_;
  std::filesystem::path serial_line_;
  Keyboard keyboard_;
  Process machine_;
  std::uint64_t commands_ = 0;
  std::size_t pppds_ = 0;
};

}  // namespace tunnel::test
