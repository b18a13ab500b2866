#include "tests/filter/random_rules.hpp"

#include "filter/language/printer.hpp"
#include "filter/model/protocols.hpp"
#include "filter/model/rule_lists.hpp"

#include <algorithm>
#include <map>
#include <utility>

namespace tunnel::filter::test {

namespace {

using namespace std::chrono_literals;

std::optional<std::uint8_t> number_of(const ProtocolTest& test) {
  const auto* number = std::get_if<std::uint8_t>(&test);
  return number == nullptr ? std::nullopt : std::optional{*number};
}

/// One rule; what its head decides for it is known from the beginning.
class RuleMaker {
 public:
  RuleMaker(Chance& chance, const World& world) : chance_{chance}, world_{world} {}

  Rule make(Direction direction, const std::string& group, const Rule* head) {
    rule_ = {};
    rule_.direction = direction;
    rule_.group = group;
    choose_action();
    if (chance_.percent(60)) rule_.interface = InterfaceName::parse(any(world_.interfaces));
    rule_.quick = chance_.percent(40);
    choose_family();
    choose_protocol();
    if (head != nullptr) inherit(rule_, *head);
    choose_endpoints();
    choose_transport();
    choose_qualities();
    choose_keep();
    return rule_;
  }

 private:
  std::string any(const std::vector<std::string>& texts) { return chance_.one_of(texts); }

  bool rarely() { return chance_.percent(world_.with_rarities); }

  std::uint8_t octet() { return static_cast<std::uint8_t>(chance_.below(256)); }

  void choose_action() {
    const auto die = chance_.below(20);
    rule_.action = die < 9    ? Action::Pass
                   : die < 17 ? Action::Block
                   : die < 18 ? Action::Log
                              : Action::Count;
    if (rule_.action == Action::Block && chance_.percent(world_.with_reply)) {
      rule_.reply = static_cast<Reply>(1 + chance_.below(3));
      if (rule_.reply != Reply::Rst)
        rule_.reply_code = static_cast<std::uint8_t>(chance_.below(20));
    }
    const bool logs = rule_.action != Action::Count && chance_.percent(world_.with_log);
    if (rule_.action == Action::Log || logs) rule_.log = log_options();
    if (rarely()) rule_.position = static_cast<unsigned>(chance_.below(5));
  }

  LogOptions log_options() {
    LogOptions log;
    log.body = chance_.percent(20);
    log.first = chance_.percent(20);
    log.or_block = rarely();
    if (rarely()) {
      auto& level = log.level.emplace();
      level.severity = static_cast<Severity>(chance_.below(8));
      if (chance_.percent(50)) level.facility = static_cast<std::uint8_t>(16 + chance_.below(8));
    }
    return log;
  }

  void choose_family() {
    const bool six = chance_.percent(world_.of_ipv6);
    if (six || chance_.percent(20)) rule_.family = six ? Family::Ipv6 : Family::Ipv4;
    if (rarely()) rule_.tos = octet();
    if (rarely()) rule_.ttl = octet();
  }

  void choose_protocol() {
    const auto die = chance_.below(10);
    if (die < 4) rule_.protocol = kTcp;
    if (die == 4 || die == 5) rule_.protocol = kUdp;
    if (die == 6) rule_.protocol = rule_.family == Family::Ipv6 ? kIcmp6 : kIcmp;
    if (die == 7) rule_.protocol = TcpUdp{};
    if (die == 8 && rarely()) rule_.protocol = octet();
  }

  void choose_endpoints() {
    rule_.source = endpoint();
    rule_.destination = endpoint();
  }

  Endpoint endpoint() {
    Endpoint endpoint;
    if (chance_.percent(50)) endpoint.address = address();
    if (endpoint.address.any() && rarely()) endpoint.address.negated = true;
    const auto number = number_of(rule_.protocol);
    if (chance_.percent(30) && (!number || has_ports(*number))) endpoint.port = port_test();
    return endpoint;
  }

  AddressTest address() {
    AddressTest test;
    test.negated = chance_.percent(10);
    if (rule_.family == Family::Ipv6) {
      const auto length = static_cast<unsigned>(chance_.one_of<unsigned>({0, 32, 64, 127, 128}));
      test.address = *Prefix::containing(*Ipv6Address::parse("2001:db8::1:2"), length);
      return test;
    }
    const auto prefix =
        *Prefix::parse(chance_.percent(50) ? any(world_.hosts) : any(world_.networks));
    MaskedIpv4 network{prefix.ipv4(), 0};
    if (prefix.length() > 0) network.mask = 0xffff'ffffU << (32 - prefix.length());
    if (rarely()) network.mask = 0xff00'ff00;
    network.address.value &= network.mask;
    test.address = network;
    // An address makes the rule one of IPv4, and the other end must not contradict.
    if (!rule_.family) rule_.family = Family::Ipv4;
    return test;
  }

  PortTest port_test() {
    PortTest test;
    test.op = static_cast<PortTest::Operator>(1 + chance_.below(9));
    test.first = chance_.one_of(world_.ports);
    if (test.op >= PortTest::Operator::Between) {
      test.last = chance_.one_of(world_.ports);
      if (test.last < test.first) std::swap(test.first, test.last);
    }
    return test;
  }

  void choose_transport() {
    const auto number = number_of(rule_.protocol);
    if (number == kTcp && chance_.percent(40)) {
      auto& flags = rule_.flags.emplace();
      flags.mask = chance_.percent(70) ? FlagsTest::kDefaultMask : octet();
      flags.value = static_cast<std::uint8_t>((chance_.percent(70) ? std::uint8_t{kSyn} : octet()) &
                                              flags.mask);
    }
    if ((number == kIcmp || number == kIcmp6) && chance_.percent(50)) {
      auto& icmp = rule_.icmp.emplace();
      icmp.type = chance_.one_of<std::uint8_t>({0, 3, 8, 11, 128, 129, 200});
      if (chance_.percent(30)) icmp.code = static_cast<std::uint8_t>(chance_.below(16));
    }
  }

  void choose_qualities() {
    while (chance_.percent(world_.with_qualities)) {
      WithTest test;
      test.negated = chance_.percent(40);
      test.what = static_cast<Quality>(chance_.below(7));
      if (rarely()) test.what = std::vector<std::uint8_t>{131, 7};
      rule_.with.push_back(test);
    }
  }

  void choose_keep() {
    if (rule_.action == Action::Log || rule_.action == Action::Count) return;
    if (chance_.percent(world_.with_keep)) {
      auto& keep = rule_.keep_state.emplace();
      if (rarely()) keep.limit = 1 + static_cast<unsigned>(chance_.below(3));
      if (rarely()) keep.ages = Ages{60s, chance_.percent(50) ? 60s : 30s};
      keep.no_icmp_errors = rarely();
    }
    rule_.keep_frags = chance_.percent(world_.with_keep / 2);
  }

  Chance& chance_;
  const World& world_;
  Rule rule_;
};

AddressTest network_test(Chance& chance, const World& world) {
  const auto prefix = *Prefix::parse(chance.one_of(world.networks));
  return {false, MaskedIpv4{prefix.ipv4(), 0xffff'ffffU << (32 - prefix.length())}};
}

MaskedIpv4 host_target(Chance& chance, const World& world) {
  return MaskedIpv4{*Ipv4Address::parse(chance.one_of(world.hosts))};
}

void choose_map(Chance& chance, const World& world, NatRule& rule) {
  rule.source.address = network_test(chance, world);
  if (chance.percent(20)) rule.destination.address = network_test(chance, world);
  rule.target = host_target(chance, world);
  if (chance.percent(10)) rule.target = InterfaceAddress{};
  if (chance.percent(10)) rule.target = AddressRange{Ipv4Address{9}, Ipv4Address{20}};
  if (chance.percent(50)) {
    auto& map = rule.portmap.emplace();
    map.protocol = chance.percent(60) ? ProtocolTest{TcpUdp{}} : ProtocolTest{kTcp};
    map.automatic = chance.percent(50);
    if (!map.automatic) map.first = 2000, map.last = 2010;
    map.sequential = chance.percent(30);
    rule.protocol = map.protocol;
  } else if (chance.percent(30)) {
    rule.protocol = kUdp;
  }
}

void choose_rdr(Chance& chance, const World& world, NatRule& rule) {
  const auto target = host_target(chance, world);
  rule.destination.address = {false, host_target(chance, world)};
  rule.target = target;
  if (chance.percent(20)) {
    rule.target = std::vector<Ipv4Address>{target.address, Ipv4Address{target.address.value + 1}};
    rule.sticky = chance.percent(50);
  }
  if (chance.percent(20)) rule.source.address = network_test(chance, world);
  if (chance.percent(30)) return;
  const auto port = chance.one_of(world.ports);
  rule.protocol = chance.percent(50) ? ProtocolTest{TcpUdp{}} : ProtocolTest{kTcp};
  rule.destination.port = {PortTest::Operator::Eq, port, 0};
  if (chance.percent(40)) {
    const auto last = static_cast<std::uint16_t>(std::min(port + 9, 65535));
    rule.destination.port = {PortTest::Operator::Range, port, last};
  }
  if (chance.percent(70)) rule.port_target = PortTarget{8000, chance.percent(50)};
}

NatRule random_nat_rule(Chance& chance, const World& world) {
  NatRule rule;
  rule.interface = *InterfaceName::parse(chance.one_of(world.interfaces));
  const auto die = chance.below(10);
  rule.kind = die < 5 ? NatRule::Kind::Map : die < 9 ? NatRule::Kind::Rdr : NatRule::Kind::Bimap;
  if (rule.kind == NatRule::Kind::Map) {
    choose_map(chance, world, rule);
  } else if (rule.kind == NatRule::Kind::Rdr) {
    choose_rdr(chance, world, rule);
  } else {
    rule.source.address = {false, host_target(chance, world)};
    rule.target = host_target(chance, world);
  }
  if (chance.percent(world.with_rarities)) rule.ages = Ages{90s, 45s};
  if (chance.percent(world.with_rarities)) rule.tag = "audit";
  if (chance.percent(world.with_rarities)) rule.mss = 1400;
  rule.frag = chance.percent(world.with_rarities);
  return rule;
}

template <typename AnyRule>
std::string lines_of(const std::vector<AnyRule>& rules) {
  std::string text;
  for (const auto& rule : rules) text += language::print(rule) + '\n';
  return text;
}

template <typename AnyRule>
std::vector<AnyRule> displaced(std::vector<AnyRule> rules) {
  for (auto& rule : rules) rule.place = {};
  return rules;
}

}  // namespace

World everything() {
  World world;
  world.of_ipv6 = 20;
  world.with_rarities = 15;
  return world;
}

std::vector<Rule> random_rules(Chance& chance, const World& world, std::size_t count) {
  std::vector<Rule> rules;
  RuleMaker maker{chance, world};
  std::map<std::string, Rule> heads;
  for (unsigned line = 1; line <= count; ++line) {
    auto direction = static_cast<Direction>(chance.below(2));
    std::string group;
    if (chance.percent(world.with_group)) {
      // Groups have one direction, which their names begin with.
      group = (direction == Direction::In ? "i" : "o") + chance.one_of(world.groups);
    }
    const auto head = heads.find(group);
    auto rule = maker.make(direction, group, head == heads.end() ? nullptr : &head->second);
    if (chance.percent(world.with_group)) {
      rule.head = (direction == Direction::In ? "i" : "o") + chance.one_of(world.groups);
      // Groups open those behind them, so that there are no circles.
      if (rule.head <= rule.group) rule.head.clear();
    }
    rule.place.line = line;
    if (!rule.head.empty()) heads.insert_or_assign(rule.head, rule);
    rules.push_back(std::move(rule));
  }
  return rules;
}

std::vector<NatRule> random_nat_rules(Chance& chance, const World& world, std::size_t count) {
  std::vector<NatRule> rules;
  for (unsigned line = 1; line <= count; ++line) {
    rules.push_back(random_nat_rule(chance, world));
    rules.back().place.line = line;
  }
  return rules;
}

std::string random_packet(Chance& chance, const World& world) {
  std::string text = chance.percent(50) ? "in" : "out";
  text += " on " + chance.one_of(world.interfaces);
  const auto source = chance.one_of(world.hosts);
  const auto destination = chance.one_of(world.hosts);
  const auto die = chance.below(10);
  if (die == 9) return text + " 47 " + source + ' ' + destination;
  if (die >= 7) {
    const auto type = chance.one_of<std::string>({"echo", "echorep", "timest", "maskreq"});
    return text + " icmp " + source + ' ' + destination + ' ' + type;
  }
  const auto ports = [&] { return ',' + std::to_string(chance.one_of(world.ports)); };
  text += (die < 5 ? " tcp " : " udp ") + source + ports() + ' ' + destination + ports();
  if (die < 5) text += ' ' + chance.one_of<std::string>({"S", "S", "SA", "A", "FA", "R", "PA"});
  if (chance.percent(5)) text += " opt rr,nop";
  return text;
}

std::string text_of(const std::vector<Rule>& rules) {
  return lines_of(rules);
}

std::string text_of(const std::vector<NatRule>& rules) {
  return lines_of(rules);
}

std::vector<Rule> without_places(std::vector<Rule> rules) {
  return displaced(std::move(rules));
}

std::vector<NatRule> without_places(std::vector<NatRule> rules) {
  return displaced(std::move(rules));
}

}  // namespace tunnel::filter::test
