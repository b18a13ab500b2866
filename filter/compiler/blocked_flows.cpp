#include "filter/compiler/blocked_flows.hpp"

#include "filter/model/protocols.hpp"
#include "filter/nft/expressions.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace tunnel::filter::compiler {

namespace {

using nft::Expressions;
using nft::meta;
using nft::payload;
using nft::Value;
using namespace std::chrono_literals;

struct Protocol {
  std::uint8_t number;
  std::chrono::seconds patience;  // the evaluator's, see its state table
};

constexpr std::array<Protocol, 2> kProtocols{{{kTcp, 240s}, {kUdp, 120s}}};

struct IpFamily {
  const char* header;
  const char* address_type;
  const char* set;
};

constexpr std::array<IpFamily, 2> kFamilies{
    {{"ip", "ipv4_addr", "blocked4_"}, {"ip6", "ipv6_addr", "blocked6_"}}};

/// The flow of a packet as its key, seen from the one end or the other.
Value flow(const IpFamily& family, bool back) {
  auto addresses = std::pair{payload(family.header, "saddr"), payload(family.header, "daddr")};
  auto ports = std::pair{payload("th", "sport"), payload("th", "dport")};
  if (back) {
    std::swap(addresses.first, addresses.second);
    std::swap(ports.first, ports.second);
  }
  return nft::concat(
      {addresses.first, addresses.second, meta("l4proto"), ports.first, ports.second});
}

std::string name_of(const IpFamily& family, std::uint32_t number) {
  return family.set + std::to_string(number);
}

}  // namespace

std::vector<Expressions> BlockedFlows::remember(std::uint32_t number,
                                                const std::optional<Ages>& ages) {
  const bool known = std::find(numbers_.begin(), numbers_.end(), number) != numbers_.end();
  std::vector<Expressions> rules;
  for (const auto& family : kFamilies) {
    const auto set = name_of(family, number);
    if (!known) {
      nft::Map flows{
          set,
          {family.address_type, family.address_type, "inet_proto", "inet_service", "inet_service"}};
      flows.lifetime = kProtocols.front().patience;
      table_.maps.push_back(std::move(flows));
    }
    for (const auto& protocol : kProtocols) {
      const auto lifetime = ages ? ages->forward : protocol.patience;
      rules.push_back({nft::equal(meta("l4proto"), Value(protocol.number)),
                       nft::remember(flow(family, false), set, lifetime),
                       nft::remember(flow(family, true), set, lifetime)});
    }
  }
  if (!known) numbers_.push_back(number);
  return rules;
}

std::vector<Expressions> BlockedFlows::look_up(const std::string& map) const {
  std::vector<Expressions> rules;
  for (const auto number : numbers_) {
    for (const auto& family : kFamilies) {
      rules.push_back({nft::equal(flow(family, false), nft::named(name_of(family, number))),
                       nft::set(meta("mark"), Value(number)), nft::lead(meta("mark"), map)});
    }
  }
  return rules;
}

}  // namespace tunnel::filter::compiler
