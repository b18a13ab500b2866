#include "filter/compiler/nat_compiler.hpp"

#include "filter/compiler/map_block.hpp"
#include "filter/compiler/nat_question.hpp"
#include "filter/compiler/nat_sessions.hpp"
#include "filter/model/protocols.hpp"
#include "filter/nft/expressions.hpp"

#include <algorithm>
#include <bit>
#include <string>
#include <utility>

namespace tunnel::filter::compiler {

namespace {

using boost::json::array;
using boost::json::object;
using nft::Expression;
using nft::Expressions;
using nft::Value;

constexpr int kDestination = -100;
constexpr int kSource = 100;

bool ask_the_same(const NatRule& a, const NatRule& b) {
  return a.kind == b.kind && a.interface == b.interface && a.protocol == b.protocol &&
         a.source == b.source && a.destination == b.destination;
}

/// A network as nftables has it: an address where it is one.
Value network_value(const MaskedIpv4& network) {
  const auto length = static_cast<unsigned>(std::popcount(network.mask));
  return length == 32 ? Value(network.address.str()) : nft::prefix(network.address.str(), length);
}

Value span(Ipv4Address first, Ipv4Address last) {
  return first == last ? Value(first.str())
                       : Value(object{{"range", array{first.str(), last.str()}}});
}

/// Of a network, the first and the last address are no hosts (RFC 1122 §3.2.1.3).
Value hosts_of(const MaskedIpv4& network) {
  const auto hosts = ~network.mask;
  if (hosts <= 1) return span(network.address, Ipv4Address{network.address.value + hosts});
  return span(Ipv4Address{network.address.value + 1},
              Ipv4Address{network.address.value + hosts - 1});
}

Expression translate(const char* what, Value address, Value port, array flags) {
  object how;
  if (!address.is_null()) {
    how["family"] = "ip";
    how["addr"] = std::move(address);
  }
  if (!port.is_null()) how["port"] = std::move(port);
  if (!flags.empty()) how["flags"] = std::move(flags);
  return object{{what, std::move(how)}};
}

class NatCompiler {
 public:
  NatCompiler(const NatLists& nat, nft::Table& table, std::vector<Unsupported>& problems)
      : nat_{nat}, table_{table}, problems_{problems} {}

  void run() {
    list("nat_in", {"nat", "prerouting", kDestination}, nat_.inbound, Direction::In);
    list("nat_out", {"nat", "postrouting", kSource}, nat_.outbound, Direction::Out);
    compile_nat_sessions(nat_, table_);
  }

 private:
  using Rules = std::vector<Expressions>;

  /// The rules in their order; those that take turns stand where the first of them does.
  void list(const std::string& name, nft::Hook hook, const std::vector<NatRule>& rules,
            Direction direction) {
    Rules chain;
    for (std::size_t i = 0; i < rules.size(); ++i) {
      const auto& rule = rules[i];
      const auto same = [&rule](const NatRule& other) {
        return other.round_robin && rule.round_robin && ask_the_same(other, rule);
      };
      const auto end = rules.begin() + static_cast<std::ptrdiff_t>(i);
      if (std::any_of(rules.begin(), end, same)) continue;
      std::vector<Expressions> ways;
      for (auto other = end; other != rules.end(); ++other) {
        if (other == end || same(*other)) {
          for (auto& way : translations(*other, direction)) ways.push_back(std::move(way));
        }
      }
      if (ways.empty()) continue;
      const auto then = ways.size() == 1 ? ways.front() : one_of(rule, name, std::move(ways));
      for (auto each : matches_of(question_of(rule, direction), EndsOf::Packet)) {
        each.insert(each.end(), then.begin(), then.end());
        chain.push_back(std::move(each));
      }
    }
    if (chain.empty()) return;
    table_.chains.push_back({name, std::move(hook), std::move(chain)});
  }

  /// A chain for each, which take turns, or one for each client.
  Expressions one_of(const NatRule& rule, const std::string& list, std::vector<Expressions> ways) {
    std::vector<std::string> chains;
    for (auto& way : ways) {
      chains.push_back(list + "_way" + std::to_string(++ways_));
      // Known already, but nftables wants to read it where a port is.
      if (rule.port_target) {
        way.insert(way.begin(),
                   nft::equal(nft::meta("l4proto"), nft::set_of({Value(kTcp), Value(kUdp)})));
      }
      table_.chains.push_back({chains.back(), std::nullopt, {std::move(way)}});
    }
    return {rule.sticky ? nft::by_hash(nft::payload("ip", "saddr"), chains) : nft::in_turn(chains)};
  }

  /// What becomes of a flow; several, of which each flow has one; none: the rule is refused.
  std::vector<Expressions> translations(const NatRule& rule, Direction direction) {
    switch (rule.kind) {
      case NatRule::Kind::Map:
        return {map(rule)};
      case NatRule::Kind::MapBlock:
        return map_block(rule);
      case NatRule::Kind::Rdr:
        return redirect(rule);
      case NatRule::Kind::Bimap:
        return bimap(rule, direction);
    }
    return {};
  }

  Expressions map(const NatRule& rule) {
    const auto* network = std::get_if<MaskedIpv4>(&rule.target);
    if (network != nullptr && network->mask == 0) return {nft::accept()};
    Value ports;
    array flags;
    if (rule.portmap) {
      ports = nft::range(rule.portmap->first, rule.portmap->last);
      if (!rule.portmap->sequential) flags.emplace_back("fully-random");
    }
    if (network != nullptr) return {translate("snat", hosts_of(*network), ports, flags)};
    if (const auto* range = std::get_if<AddressRange>(&rule.target)) {
      return {translate("snat", span(range->first, range->last), ports, flags)};
    }
    return {translate("masquerade", {}, ports, flags)};
  }

  std::vector<Expressions> map_block(const NatRule& rule) {
    auto made = compile_map_block(rule, "nat_block" + std::to_string(++ways_));
    if (!made) {
      problems_.push_back({rule.place, "map-block is of networks of at most 4096 hosts",
                           "\"map ... portmap tcp/udp auto\", or a rule for each part"});
      return {};
    }
    for (auto& each : made->chains) table_.chains.push_back(std::move(each));
    table_.maps.push_back(std::move(made->hosts));
    return {std::move(made->then)};
  }

  /// Each host of a network has a counterpart.
  std::vector<Expressions> bimap(const NatRule& rule, Direction direction) {
    const auto* inside = std::get_if<MaskedIpv4>(&rule.source.address.address);
    const auto* outside = std::get_if<MaskedIpv4>(&rule.target);
    const auto length = inside == nullptr ? 0U : static_cast<unsigned>(std::popcount(inside->mask));
    if (inside == nullptr || (outside == nullptr ? length != 32 : outside->mask != inside->mask)) {
      problems_.push_back({rule.place, "a bimap needs two networks of the same size", ""});
      return {};
    }
    array flags;
    if (length < 32) flags.emplace_back("netmap");
    if (direction == Direction::In) {
      return {{translate("dnat", network_value(*inside), {}, std::move(flags))}};
    }
    if (outside == nullptr) return {{translate("masquerade", {}, {}, {})}};
    return {{translate("snat", network_value(*outside), {}, std::move(flags))}};
  }

  std::vector<Expressions> redirect(const NatRule& rule) {
    const auto port = redirected_port(rule);
    if (const auto* several = std::get_if<std::vector<Ipv4Address>>(&rule.target)) {
      std::vector<Expressions> ways;
      for (const auto each : *several)
        ways.push_back({translate("dnat", Value(each.str()), port, {})});
      return ways;
    }
    if (const auto* host = std::get_if<MaskedIpv4>(&rule.target)) {
      return {{translate("dnat", Value(host->address.str()), port, {})}};
    }
    if (std::holds_alternative<InterfaceAddress>(rule.target)) {
      return {{translate("redirect", {}, port, {})}};
    }
    problems_.push_back({rule.place, "an rdr leads to hosts, not to a range", "HOST,HOST"});
    return {};
  }

  /// "port 5000-5009 -> 10.0.0.1 port 6000" is port by port; null: it stays.
  static Value redirected_port(const NatRule& rule) {
    if (!rule.port_target) return {};
    const auto& test = rule.destination.port;
    const bool shifts = !rule.port_target->single && test.op == PortTest::Operator::Range;
    const unsigned first = rule.port_target->port;
    if (!shifts || test.first == test.last) return Value(first);
    if (first == test.first) return {};
    array ports;
    for (unsigned port = test.first; port <= test.last; ++port) {
      ports.push_back(array{port, (first + (port - test.first)) & 0xffff});
    }
    const object data{{"set", std::move(ports)}};
    return object{{"map", object{{"key", nft::payload("th", "dport")}, {"data", data}}}};
  }

  const NatLists& nat_;
  nft::Table& table_;
  std::vector<Unsupported>& problems_;
  unsigned ways_ = 0;
};

}  // namespace

void compile_nat(const NatLists& nat, nft::Table& table, std::vector<Unsupported>& problems) {
  NatCompiler{nat, table, problems}.run();
}

}  // namespace tunnel::filter::compiler
