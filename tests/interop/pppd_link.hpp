#pragma once

#include "tests/interop/guest.hpp"
#include "tests/interop/own_network.hpp"

#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <vector>

namespace tunnel::test {

/// A guest's pppd at one end of a serial line, and `pppd-bridge stdio` at the other. A failed case
/// prints what both have said.
class PppdLink : public testing::Test {
 protected:
  static constexpr auto kOurs = "10.99.0.2";
  static constexpr auto kPppds = "10.99.0.1";
  /// As pppd takes them: its own, then ours.
  static constexpr auto kAddresses = "10.99.0.1:10.99.0.2";

  void TearDown() override;

  /// On a line where its first words wait for the bridge, as they would in a pipe.
  void start_pppd(const std::string& options, const std::string& addresses = kAddresses);
  /// With --local, --remote and --debug; the one before must have ended.
  Process& start_bridge(const std::vector<std::string>& options = {});
  /// Both, and waits until they are up.
  void join(const std::string& pppd_options, const std::vector<std::string>& bridge_options = {});
  /// Both ends say so, once more than before.
  void wait_until_up();
  /// Each end has answers from the other to small packets, to the largest that fit into a frame,
  /// and to larger ones, which the kernels cut.
  void expect_pings_cross();
  /// And a TCP connection's worth of packets crosses both ways, whose bytes are compared.
  void expect_packets_cross();

  unsigned our_mtu() const;
  unsigned pppds_mtu();

  Guest& guest() { return guest_; }

  Process& bridge() { return *bridge_; }

 private:
  OwnNetwork network_;
  Guest guest_;
  UniqueFd line_;  // to the guest, until a bridge has it
  std::optional<Process> bridge_;
  std::size_t times_up_ = 0;
};

}  // namespace tunnel::test
