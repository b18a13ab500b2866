#pragma once

#include "pppd-bridge/transport/dial.hpp"
#include "tests/support/key_agent.hpp"

#include <sys/types.h>

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

namespace tunnel::transport {

/// A real sshd on 127.0.0.1, with keys of its own, for as long as the object lives.
class Sshd {
 public:
  static constexpr std::uint16_t kPort = 2222;

  struct Options {
    std::string command = "cat";         // what every session runs
    std::vector<std::string> lines{};    // more of sshd_config
    std::string client_key = "ed25519";  // ssh-keygen -t
    std::string host_key = "ed25519";
  };

  explicit Sshd(const Options& options);
  Sshd(const Sshd&) = delete;
  Sshd& operator=(const Sshd&) = delete;
  ~Sshd();

  /// Settings that are right for this server.
  DialSettings settings(Client client) const;

  /// "ssh-ed25519 AAAA…".
  std::string host_key_line() const;
  std::string client_key_text() const;

  /// An agent with a key that this server has never seen, and the public half of that.
  UniqueFd stranger_agent(Client client) const;
  std::string stranger_public_line() const;

  /// A socket to an agent that has the client's key and signs nothing.
  UniqueFd unwilling_agent() const;

  /// Until nobody is connected to an agent of this object's.
  void wait_for_agents() const;

  /// The sshd processes that serve a session now.
  std::vector<pid_t> sessions() const;

  std::filesystem::path directory() const { return directory_; }

  pid_t pid() const { return pid_; }

  std::string log() const;

 private:
  void make_key(const std::string& name, const std::string& type) const;
  void write_config(const Options& options) const;
  void start();

  std::filesystem::path directory_;
  std::unique_ptr<test::KeyAgent> agent_;
  std::unique_ptr<test::KeyAgent> stranger_;
  std::unique_ptr<test::KeyAgent> unwilling_;
  pid_t pid_ = -1;
};

/// The direct children of a process.
std::vector<pid_t> children_of(pid_t pid);

}  // namespace tunnel::transport
