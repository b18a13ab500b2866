#pragma once

#include "filter/compiler/compiler.hpp"
#include "filter/nft/commands.hpp"
#include "filter/packet/packet_text.hpp"
#include "tests/filter/compiler/policy.hpp"
#include "tests/filter/kernel/gateway_wire.hpp"

#include <gtest/gtest.h>

#include <string>
#include <variant>
#include <vector>

namespace tunnel::filter::test {

/// The namespace is made once for all tests of a program.
inline GatewayWire& wire() {
  static GatewayWire wire;
  return wire;
}

inline std::vector<std::uint8_t> octets_of(const std::string& text) {
  return std::get<packet::WrittenPacket>(packet::parse_packet_text(text)).octets;
}

/// Puts a packet in ipftest's form on the wire.
inline Seen send(const std::string& text) {
  const auto written = std::get<packet::WrittenPacket>(packet::parse_packet_text(text));
  return wire().send(written.interface.str(), written.octets);
}

inline bool passes(const std::string& text) {
  return send(text).forwarded.has_value();
}

/// A kernel under the rules of a test.
class Kernel : public testing::Test {
 protected:
  static void use(const std::string& rules, const std::string& nat = "") {
    const auto made = compiled(rules, nat);
    for (const auto& problem : made.problems) ADD_FAILURE() << problem.message;
    wire().forget_flows();
    ASSERT_EQ(wire().apply(nft::replace(made.table)), "") << rules << nat;
  }
};

}  // namespace tunnel::filter::test
