#include "filter/compiler/ages.hpp"

#include "filter/model/protocols.hpp"

#include <algorithm>
#include <string>
#include <utility>

namespace tunnel::filter::compiler {

namespace {

using nft::Expressions;
using nft::Value;

/// A named policy for conntrack. Of TCP, what opens and what is open: a connection that ends has
/// the kernel's ages.
std::string policy(const std::string& protocol, const Ages& ages, nft::Table& table) {
  const auto forward = ages.forward.count();
  const auto backward = ages.backward.count();
  auto name = "age_" + protocol + "_" + std::to_string(forward) + "_" + std::to_string(backward);
  const bool known = std::any_of(table.objects.begin(), table.objects.end(),
                                 [&](const nft::Object& each) { return each.name == name; });
  if (known) return name;
  boost::json::object states{{"unreplied", forward}, {"replied", backward}};
  if (protocol == "tcp") {
    states = boost::json::object{{"syn_sent", forward},
                                 {"syn_recv", backward},
                                 {"established", std::max(forward, backward)}};
  }
  table.objects.push_back(
      {"ct timeout", name,
       boost::json::object{{"protocol", protocol}, {"l3proto", "ip"}, {"policy", states}}});
  return name;
}

Expressions rule_for(std::uint8_t number, const std::string& name) {
  return {nft::equal(nft::meta("l4proto"), Value(number)),
          boost::json::object{{"ct timeout", name}}};
}

}  // namespace

Expressions udp_aging(const Ages& ages, nft::Table& table) {
  return rule_for(kUdp, policy("udp", ages, table));
}

std::vector<Expressions> aging(const Ages& ages, nft::Table& table) {
  return {udp_aging(ages, table), rule_for(kTcp, policy("tcp", ages, table))};
}

}  // namespace tunnel::filter::compiler
