#pragma once

#include "tests/support/sites.hpp"
#include "tunneld/base/unique_fd.hpp"

#include <string>

namespace tunnel::test {

/// A line between HOME and Labs' gateways, beside their own wires, that loses and delays as it is
/// told (tests/support/link_emulator). Its interfaces are called far; it ends with this object.
class EmulatedLine {
 public:
  static constexpr const char* kNear = "192.0.2.1";  // HOME's address on it
  static constexpr const char* kFar = "192.0.2.2";   // Labs'

  explicit EmulatedLine(const World& world);

  /// The answer to a command of link_emulator: "both delay=20ms", "statistics".
  std::string say(const std::string& command);

  /// A command that must be understood.
  void set(const std::string& command);

 private:
  struct Pipe {
    Pipe();
    UniqueFd read{};
    UniqueFd write{};
  };

  Pipe commands_;
  Process emulator_;
};

}  // namespace tunnel::test
