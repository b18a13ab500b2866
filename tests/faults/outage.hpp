#pragma once

#include "tests/support/numbered_stream.hpp"
#include "tests/support/sites.hpp"
#include "tests/support/wire.hpp"

namespace tunnel::test {

/// A firewall in the middle that swallows SSH without a word.
class Outage {
 public:
  explicit Outage(const World& world);

  void begin() const;

  /// Waits until so many SYNs of HOME were swallowed.
  void wait_for_attempts(int count, NumberedStream& clock);

  void end() const;

 private:
  const World& world_;
  Capture wire_;  // between HOME and the firewall
};

}  // namespace tunnel::test
