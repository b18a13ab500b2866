#include "filter/compiler/nat_question.hpp"

#include "filter/model/protocols.hpp"

#include <utility>

namespace tunnel::filter::compiler {

NatQuestion question_of(const NatRule& rule, Direction direction) {
  NatQuestion question{&rule, direction, rule.protocol, rule.source, rule.destination};
  if (rule.portmap) question.protocol = rule.portmap->protocol;
  if (rule.ftp_port) {
    question.protocol = kTcp;
    question.destination.port = {PortTest::Operator::Eq, *rule.ftp_port, 0};
  }
  const bool ports = rule.port_target || rule.destination.port.op != PortTest::Operator::Any;
  if (ports && std::holds_alternative<std::monostate>(question.protocol)) {
    question.protocol = TcpUdp{};
  }
  if (rule.kind != NatRule::Kind::Bimap || direction == Direction::Out) return question;
  question.source = rule.destination;
  question.destination = rule.source;
  question.destination.address = {};
  if (const auto* outside = std::get_if<MaskedIpv4>(&rule.target)) {
    question.destination.address.address = *outside;
  }
  return question;
}

std::vector<nft::Expressions> matches_of(const NatQuestion& question, EndsOf ends) {
  ConditionBuilder builder{ends};
  if (ends == EndsOf::Packet) builder.interface(&question.rule->interface, question.direction);
  builder.family(Family::Ipv4);
  builder.protocol(question.protocol);
  builder.address(question.source.address, End::Source);
  builder.address(question.destination.address, End::Destination);
  builder.ports(question.source, question.destination, question.protocol);
  if (question.rule->kind == NatRule::Kind::Bimap && question.direction == Direction::In &&
      std::holds_alternative<InterfaceAddress>(question.rule->target)) {
    const boost::json::object own{{"result", "type"},
                                  {"flags", boost::json::array{"daddr", "iif"}}};
    builder.also(nft::equal(boost::json::object{{"fib", own}}, nft::Value("local")));
  }
  std::vector<nft::Expressions> all;
  for (auto& each : std::move(builder).finish()) {
    // The family and the protocol first: ports are of one.
    nft::Expressions rule = std::move(each.rest);
    for (auto& part : each.exact) {
      auto test = nft::equal(std::move(part.left), std::move(part.right));
      const bool first = part.field == Field::Interface || part.field == Field::Protocol;
      rule.insert(first ? rule.begin() : rule.end(), std::move(test));
    }
    all.push_back(std::move(rule));
  }
  return all;
}

}  // namespace tunnel::filter::compiler
