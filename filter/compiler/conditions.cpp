#include "filter/compiler/conditions.hpp"

#include "filter/compiler/condition_builder.hpp"
#include "filter/compiler/qualities.hpp"
#include "filter/model/protocols.hpp"

#include <algorithm>
#include <bit>
#include <utility>

namespace tunnel::filter::compiler {

namespace {

using nft::equal;
using nft::match;
using nft::meta;
using nft::payload;
using nft::Value;

/// The length of a mask that is a prefix; nullopt: it is none.
std::optional<unsigned> prefix_length(std::uint32_t mask) {
  const auto ones = static_cast<unsigned>(std::countl_one(mask));
  return std::popcount(mask) == static_cast<int>(ones) ? std::optional{ones} : std::nullopt;
}

/// Two ports that are both unequal to something become one field to nftables, of which one half
/// would do. Ranges stay what they are.
nft::Expression differs(Value left, unsigned from) {
  return match("!=", std::move(left),
               boost::json::object{{"range", boost::json::array{from, from}}});
}

Value protocol_of_packet() {
  return meta("l4proto");
}

}  // namespace

std::string type_of(Field field) {
  switch (field) {
    case Field::Interface:
      return "ifname";
    case Field::Protocol:
      return "inet_proto";
    case Field::Source4:
    case Field::Destination4:
      return "ipv4_addr";
    case Field::Source6:
    case Field::Destination6:
      return "ipv6_addr";
    case Field::SourcePort:
    case Field::DestinationPort:
      return "inet_service";
  }
  return {};
}

void ConditionBuilder::exactly(Field field, Value left, Value right) {
  for (auto& each : alternatives_) each.exact.push_back({field, left, right});
}

void ConditionBuilder::also(nft::Expression expression) {
  for (auto& each : alternatives_) each.rest.push_back(expression);
}

void ConditionBuilder::one_of(const std::vector<Choice>& choices) {
  Alternatives product;
  for (const auto& choice : choices) {
    for (auto each : alternatives_) {
      if (each.family && choice.family && *each.family != *choice.family) continue;
      if (choice.family) each.family = choice.family;
      each.rest.insert(each.rest.end(), choice.expressions.begin(), choice.expressions.end());
      product.push_back(std::move(each));
    }
  }
  alternatives_ = std::move(product);
}

void ConditionBuilder::none_of(const std::vector<Choice>& choices) {
  for (auto& each : alternatives_) {
    for (const auto& choice : choices) {
      if (each.family && choice.family && *each.family != *choice.family) continue;
      each.unless.push_back(choice.expressions);
    }
  }
}

void ConditionBuilder::only(Family family) {
  alternatives_.erase(std::remove_if(alternatives_.begin(), alternatives_.end(),
                                     [family](const Conditions& each) {
                                       return each.family && *each.family != family;
                                     }),
                      alternatives_.end());
  for (auto& each : alternatives_) each.family = family;
}

void ConditionBuilder::interface(const InterfaceName* name, Direction direction) {
  if (name == nullptr) return;
  exactly(Field::Interface, meta(direction == Direction::In ? "iifname" : "oifname"),
          Value(name->str()));
}

void ConditionBuilder::protocol(const ProtocolTest& test) {
  if (const auto* number = std::get_if<std::uint8_t>(&test)) {
    exactly(Field::Protocol, protocol_of_packet(), Value(*number));
  } else if (std::holds_alternative<TcpUdp>(test)) {
    also(equal(protocol_of_packet(), nft::set_of({Value(kTcp), Value(kUdp)})));
  }
}

void ConditionBuilder::family(Family family) {
  only(family);
  also(equal(meta("nfproto"), Value(family == Family::Ipv4 ? "ipv4" : "ipv6")));
}

Value ConditionBuilder::address_of(const char* family, End end) const {
  const auto* const field = end == End::Source ? "saddr" : "daddr";
  return ends_ == EndsOf::Packet ? payload(family, field)
                                 : nft::ct_original(std::string{family} + ' ' + field);
}

Value ConditionBuilder::port_of(End end) const {
  if (ends_ == EndsOf::Packet) return payload("th", end == End::Source ? "sport" : "dport");
  return nft::ct_original(end == End::Source ? "proto-src" : "proto-dst");
}

void ConditionBuilder::address(const AddressTest& test, End end) {
  const bool source = end == End::Source;
  if (test.any()) {
    if (test.negated) never();
    return;
  }
  only(*test.family());
  const auto op = test.negated ? "!=" : "==";
  const auto left = address_of(test.family() == Family::Ipv4 ? "ip" : "ip6", end);
  if (const auto* v4 = std::get_if<MaskedIpv4>(&test.address)) {
    const auto length = prefix_length(v4->mask);
    if (length == 0U) {
      if (test.negated) return never();
      return family(Family::Ipv4);
    }
    if (length == 32U && !test.negated) {
      return exactly(source ? Field::Source4 : Field::Destination4, left, Value(v4->address.str()));
    }
    if (length) {
      return also(match(op, left, nft::prefix(v4->address.str(), *length)));
    }
    return also(match(op, nft::masked(left, v4->mask), Value(v4->address.str())));
  }
  const auto& v6 = std::get<Prefix>(test.address);
  const auto whole = v6.str();  // with its length, but for a host
  const auto text = whole.substr(0, whole.find('/'));
  if (v6.length() == 0) return test.negated ? never() : family(Family::Ipv6);
  if (v6.length() == 128 && !test.negated) {
    return exactly(source ? Field::Source6 : Field::Destination6, left, Value(text));
  }
  also(match(op, left, nft::prefix(text, v6.length())));
}

void ConditionBuilder::port(const PortTest& test, End end) {
  using Operator = PortTest::Operator;
  const auto left = port_of(end);
  const auto field = end == End::Source ? Field::SourcePort : Field::DestinationPort;
  switch (test.op) {
    case Operator::Any:
      return;
    case Operator::Eq:
      return exactly(field, left, Value(test.first));
    case Operator::Ne:
      return also(differs(left, test.first));
    case Operator::Lt:
      return also(match("<", left, Value(test.first)));
    case Operator::Gt:
      return also(match(">", left, Value(test.first)));
    case Operator::Le:
      return also(match("<=", left, Value(test.first)));
    case Operator::Ge:
      return also(match(">=", left, Value(test.first)));
    case Operator::Between:
      if (test.first + 1 >= test.last) return never();
      return also(equal(left, nft::range(test.first + 1U, test.last - 1U)));
    case Operator::Outside:
      if (test.first > test.last) return;  // every port is
      if (test.first == test.last) return also(differs(left, test.first));
      return also(match("!=", left, nft::range(test.first, test.last)));
    case Operator::Range:
      if (test.first > test.last) return never();
      return also(equal(left, nft::range(test.first, test.last)));
  }
}

void ConditionBuilder::ports(const Endpoint& source, const Endpoint& destination,
                             const ProtocolTest& protocol) {
  const auto asked = [](const Endpoint& end) { return end.port.op != PortTest::Operator::Any; };
  if (!asked(source) && !asked(destination)) return;
  if (std::holds_alternative<std::monostate>(protocol)) {
    also(equal(protocol_of_packet(), nft::set_of({Value(kTcp), Value(kUdp)})));
  }
  port(source.port, End::Source);
  port(destination.port, End::Destination);
}

Alternatives ConditionBuilder::finish() && {
  for (auto& each : alternatives_) {
    std::stable_sort(each.exact.begin(), each.exact.end(),
                     [](const KeyPart& a, const KeyPart& b) { return a.field < b.field; });
  }
  return std::move(alternatives_);
}

Alternatives conditions_of(const Rule& rule, View view, std::vector<Unsupported>& problems) {
  ConditionBuilder out;
  out.interface(rule.interface ? &*rule.interface : nullptr, rule.direction);
  if (rule.family) out.family(*rule.family);
  out.protocol(rule.protocol);
  out.address(rule.source.address, End::Source);
  out.address(rule.destination.address, End::Destination);
  out.ports(rule.source, rule.destination, rule.protocol);
  if (rule.tos) out.one_of(tos_is(*rule.tos));
  if (rule.ttl) out.one_of(ttl_is("==", *rule.ttl));
  if (rule.flags) {
    out.also(
        equal(nft::masked(payload("tcp", "flags"), rule.flags->mask), Value(rule.flags->value)));
  }
  if (rule.icmp) out.one_of(icmp_is(*rule.icmp, rule.protocol));
  for (const auto& test : rule.with) add_quality(out, test, rule, view, problems);
  return std::move(out).finish();
}

}  // namespace tunnel::filter::compiler
