#include "filter/compiler/nat_compiler.hpp"

#include "filter/model/protocols.hpp"
#include "filter/nft/expressions.hpp"

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
constexpr int kBeforeSource = 95;  // behind the rules: what they pass is what is translated
constexpr auto kFtp = "ftp";

/// What an address becomes: an address, a range of them, or a network host by host.
struct Target {
  Value address;
  bool network = false;
};

bool is_host(const MaskedIpv4& target) {
  return target.mask == 0xffff'ffff;
}

class NatCompiler {
 public:
  NatCompiler(const NatLists& nat, nft::Table& table, std::vector<Unsupported>& problems)
      : nat_{nat}, table_{table}, problems_{problems} {}

  void run() {
    for (const auto& rule : nat_.inbound) inbound(rule);
    for (const auto& rule : nat_.outbound) outbound(rule);
    add_chain("nat_in", {"nat", "prerouting", kDestination}, std::move(in_));
    add_chain("nat_out", {"nat", "postrouting", kSource}, std::move(out_));
    add_chain("nat_help", {"filter", "postrouting", kBeforeSource}, std::move(help_));
  }

 private:
  void add_chain(std::string name, nft::Hook hook, std::vector<Expressions> rules) {
    if (!rules.empty())
      table_.chains.push_back({std::move(name), std::move(hook), std::move(rules)});
  }

  void refuse(const NatRule& rule, std::string message, std::string hint) {
    problems_.push_back({rule.place, std::move(message), std::move(hint)});
  }

  void emit(std::vector<Expressions>& chain, const Alternatives& alternatives,
            const Expressions& then) {
    for (const auto& each : alternatives) {
      Expressions rule;
      for (const auto& part : each.exact) rule.push_back(nft::equal(part.left, part.right));
      rule.insert(rule.end(), each.rest.begin(), each.rest.end());
      rule.insert(rule.end(), then.begin(), then.end());
      chain.push_back(std::move(rule));
    }
  }

  Alternatives conditions(const NatRule& rule, Direction direction) {
    return conditions_of(&rule.interface, direction, rule.protocol, rule.source, rule.destination);
  }

  static Expression translate(const char* what, Value address, Value port, array flags) {
    object how{{"family", "ip"}, {"addr", std::move(address)}};
    if (!port.is_null()) how["port"] = std::move(port);
    if (!flags.empty()) how["flags"] = std::move(flags);
    return object{{what, std::move(how)}};
  }

  std::optional<Value> target_of(const NatRule& rule) {
    if (const auto* network = std::get_if<MaskedIpv4>(&rule.target)) {
      if (is_host(*network)) return Value(network->address.str());
      const auto hosts = ~network->mask;
      return object{{"range", array{Ipv4Address{network->address.value + 1}.str(),
                                    Ipv4Address{network->address.value + hosts - 1}.str()}}};
    }
    if (const auto* range = std::get_if<AddressRange>(&rule.target)) {
      return object{{"range", array{range->first.str(), range->last.str()}}};
    }
    return std::nullopt;
  }

  void outbound(const NatRule& rule) {
    if (rule.kind == NatRule::Kind::MapBlock) {
      return refuse(rule, "map-block is not supported", "\"map … portmap tcp/udp auto\"");
    }
    if (rule.kind == NatRule::Kind::Bimap) return bimap(rule, Direction::Out);
    if (rule.ftp_port) help_ftp(rule);
    const auto* network = std::get_if<MaskedIpv4>(&rule.target);
    if (network != nullptr && network->mask == 0) {
      return emit(out_, conditions(rule, Direction::Out), {nft::accept()});
    }
    auto asked = rule;
    Value ports;
    if (rule.portmap) {
      asked.protocol = rule.portmap->protocol;
      ports = nft::range(rule.portmap->first, rule.portmap->last);
    }
    array flags;
    if (rule.portmap && !rule.portmap->sequential) flags.emplace_back("fully-random");
    const auto target = target_of(rule);
    if (target) {
      flags.emplace_back("persistent");
      return emit(out_, conditions(asked, Direction::Out),
                  {translate("snat", *target, ports, flags)});
    }
    object how;
    if (!ports.is_null()) how["port"] = ports;
    if (!flags.empty()) how["flags"] = flags;
    auto alternatives = conditions(asked, Direction::Out);
    for (auto& each : alternatives) {
      each.rest.insert(each.rest.begin(), nft::equal(nft::meta("nfproto"), Value("ipv4")));
    }
    emit(out_, alternatives, {object{{"masquerade", how}}});
  }

  /// Each host of a network has a counterpart.
  void bimap(const NatRule& rule, Direction direction) {
    const auto* outside = std::get_if<MaskedIpv4>(&rule.target);
    const auto* inside = std::get_if<MaskedIpv4>(&rule.source.address.address);
    if (outside == nullptr || inside == nullptr || outside->mask != inside->mask) {
      return refuse(rule, "a bimap needs two networks of the same size", "");
    }
    const auto length = static_cast<unsigned>(std::popcount(outside->mask));
    const auto network = [&](const MaskedIpv4& of) {
      return length == 32 ? Value(of.address.str()) : nft::prefix(of.address.str(), length);
    };
    auto asked = rule;
    if (direction == Direction::Out) {
      return emit(out_, conditions(asked, direction), {mapped("snat", network(*outside), length)});
    }
    asked.source = rule.destination;
    asked.destination = rule.source;
    asked.destination.address.address = *outside;
    emit(in_, conditions(asked, direction), {mapped("dnat", network(*inside), length)});
  }

  static Expression mapped(const char* what, Value network, unsigned length) {
    array flags;
    if (length < 32) flags.emplace_back("netmap");
    return translate(what, std::move(network), {}, std::move(flags));
  }

  void inbound(const NatRule& rule) {
    if (rule.kind == NatRule::Kind::Bimap) return bimap(rule, Direction::In);
    auto asked = rule;
    const bool ports = rule.port_target || rule.destination.port.op != PortTest::Operator::Any;
    if (ports && std::holds_alternative<std::monostate>(rule.protocol)) asked.protocol = TcpUdp{};
    Value address;
    if (const auto* several = std::get_if<std::vector<Ipv4Address>>(&rule.target)) {
      array all;
      for (const auto each : *several) all.emplace_back(each.str());
      if (all.size() == 1) {
        address = all.front();
      } else {
        return refuse(rule, "an rdr to several addresses is not supported", "an rdr to one");
      }
    } else if (const auto target = target_of(rule)) {
      address = *target;
    } else {
      return refuse(rule, "an rdr needs an address to lead to", "");
    }
    Value port;
    if (rule.port_target) {
      const auto& test = rule.destination.port;
      const bool shifts = !rule.port_target->single && test.op == PortTest::Operator::Range &&
                          test.first != test.last;
      if (shifts && rule.port_target->port != test.first) {
        return shifted(rule, asked, address);
      }
      if (!shifts) port = Value(rule.port_target->port);
    }
    emit(in_, conditions(asked, Direction::In), {translate("dnat", address, port, {})});
  }

  /// "port 5000-5009 -> 10.0.0.1 port 6000": port by port.
  void shifted(const NatRule& rule, const NatRule& asked, const Value& address) {
    const auto& test = rule.destination.port;
    for (unsigned port = test.first; port <= test.last; ++port) {
      auto one = asked;
      one.destination.port = {PortTest::Operator::Eq, static_cast<std::uint16_t>(port), 0};
      const auto to = rule.port_target->port + (port - test.first);
      emit(in_, conditions(one, Direction::In), {translate("dnat", address, Value(to), {})});
    }
  }

  void help_ftp(const NatRule& rule) {
    if (!helped_) {
      table_.objects.push_back(
          {"ct helper", kFtp, object{{"type", kFtp}, {"protocol", "tcp"}, {"l3proto", "ip"}}});
      helped_ = true;
    }
    auto asked = rule;
    asked.protocol = kTcp;
    asked.destination.port = {PortTest::Operator::Eq, *rule.ftp_port, 0};
    emit(help_, conditions(asked, Direction::Out), {object{{"ct helper", kFtp}}});
  }

  const NatLists& nat_;
  nft::Table& table_;
  std::vector<Unsupported>& problems_;
  std::vector<Expressions> in_, out_, help_;
  bool helped_ = false;
};

}  // namespace

void compile_nat(const NatLists& nat, nft::Table& table, std::vector<Unsupported>& problems) {
  NatCompiler{nat, table, problems}.run();
}

}  // namespace tunnel::filter::compiler
