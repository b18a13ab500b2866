#pragma once

#include "filter/flows/session.hpp"
#include "filter/language/ipnat_parser.hpp"
#include "tests/filter/fake_names.hpp"

#include <gtest/gtest.h>

#include <string>

namespace tunnel::filter::flows {

inline NatLists lists_of(const std::string& text) {
  const test::FakeNames names;
  const auto parsed = language::parse_ipnat_rules({"ipnat.rules", text}, names);
  EXPECT_TRUE(parsed.mistakes.empty()) << text;
  return NatLists::of(parsed.rules);
}

inline packet::Ends ends(const char* source, std::uint16_t source_port, const char* destination,
                         std::uint16_t destination_port) {
  return {*HostAddress::parse(source), *HostAddress::parse(destination), source_port,
          destination_port};
}

/// A flow of TCP: as its first packet came, and as it left.
inline Flow flow(const packet::Ends& came, const packet::Ends& left) {
  Flow flow;
  flow.id = 1;
  flow.protocol = 6;
  flow.original = came;
  flow.reply = left.reversed();
  const bool source = came.source != left.source || came.source_port != left.source_port;
  const bool destination =
      came.destination != left.destination || came.destination_port != left.destination_port;
  if (source) flow.status |= kSourceTranslated;
  if (destination) flow.status |= kDestinationTranslated;
  return flow;
}

}  // namespace tunnel::filter::flows
