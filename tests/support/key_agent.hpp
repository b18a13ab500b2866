#pragma once

#include "tunneld/base/unique_fd.hpp"

#include <cstdint>
#include <memory>
#include <string>

namespace tunnel::test {

/// Whether an agent signs at all.
enum class Willing : std::uint8_t { No, Yes };

/// An SSH agent with one key, on threads of its own: it signs whatever it is asked to, for anybody.
class KeyAgent {
 public:
  /// `key`: the text of a private key's file, which must be a good one.
  explicit KeyAgent(const std::string& key, Willing willing = Willing::Yes);
  KeyAgent(const KeyAgent&) = delete;
  KeyAgent& operator=(const KeyAgent&) = delete;
  ~KeyAgent();

  /// A socket that is connected to it.
  UniqueFd connect();
  /// One to connect to by its path in /proc; O_PATH.
  UniqueFd handle();

  /// Until all its clients have hung up.
  void wait_until_idle();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace tunnel::test
