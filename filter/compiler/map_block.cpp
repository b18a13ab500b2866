#include "filter/compiler/map_block.hpp"

#include "filter/model/protocols.hpp"
#include "filter/nft/expressions.hpp"

#include <algorithm>
#include <utility>

namespace tunnel::filter::compiler {

namespace {

using boost::json::object;
using nft::Expression;
using nft::Value;

constexpr std::uint64_t kMostHosts = 4096;
constexpr std::uint32_t kLowestPort = 1024;
constexpr std::uint32_t kPorts = 65'536 - kLowestPort;

Expression source(Ipv4Address address, Value ports) {
  object how{{"family", "ip"}, {"addr", address.str()}};
  if (!ports.is_null()) how["port"] = std::move(ports);
  return object{{"snat", std::move(how)}};
}

}  // namespace

/// How hosts share addresses is said by the evaluator's NatChoice as well.
std::optional<MapBlock> compile_map_block(const NatRule& rule, const std::string& name) {
  const auto inside = std::get<MaskedIpv4>(rule.source.address.address);
  const auto* outside = std::get_if<MaskedIpv4>(&rule.target);
  const auto hosts = std::uint64_t{~inside.mask} + 1;
  if (hosts > kMostHosts || outside == nullptr) return std::nullopt;
  const auto addresses = std::uint64_t{~outside->mask} + 1;
  const auto each = std::max<std::uint64_t>((hosts + addresses - 1) / addresses, 1);
  const auto sharing = rule.ports_each
                           ? std::max(kPorts / std::max<std::uint32_t>(*rule.ports_each, 1), 1U)
                           : static_cast<std::uint32_t>(std::min<std::uint64_t>(each, kPorts));
  const auto count = rule.ports_each ? std::uint32_t{*rule.ports_each} : kPorts / sharing;

  MapBlock made;
  made.hosts = {name, {"ipv4_addr"}, "verdict"};
  for (std::uint32_t host = 0; host < hosts && host / sharing < addresses; ++host) {
    const Ipv4Address to{outside->address.value + host / sharing};
    nft::Chain chain{name + "_" + std::to_string(host), std::nullopt, {}};
    if (sharing > 1) {
      const auto first = kLowestPort + host % sharing * count;
      chain.rules.push_back(
          {nft::equal(nft::meta("l4proto"), nft::set_of({Value(kTcp), Value(kUdp)})),
           source(to, nft::range(first, first + count - 1))});
    }
    chain.rules.push_back({source(to, {})});
    made.hosts.elements.emplace_back(Ipv4Address{inside.address.value + host}.str(),
                                     nft::going_to(chain.name));
    made.chains.push_back(std::move(chain));
  }
  // Who has no place is blocked.
  made.then = {nft::lead(nft::payload("ip", "saddr"), name), nft::drop()};
  return made;
}

}  // namespace tunnel::filter::compiler
