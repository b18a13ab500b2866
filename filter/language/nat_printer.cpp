#include "filter/language/parts.hpp"
#include "filter/language/printer.hpp"
#include "filter/model/protocols.hpp"

namespace tunnel::filter::language {

namespace {

std::string kind_word(NatRule::Kind kind) {
  switch (kind) {
    case NatRule::Kind::Map:
      return "map ";
    case NatRule::Kind::MapBlock:
      return "map-block ";
    case NatRule::Kind::Rdr:
      return "rdr ";
    case NatRule::Kind::Bimap:
      return "bimap ";
  }
  return {};
}

/// Whether the form without from and to can say it.
bool has_short_form(const NatRule& rule) {
  const auto& named = rule.kind == NatRule::Kind::Rdr ? rule.destination : rule.source;
  const auto& other = rule.kind == NatRule::Kind::Rdr ? rule.source : rule.destination;
  if (other != Endpoint{} || named.address.negated) return false;
  switch (named.port.op) {
    case PortTest::Operator::Any:
      return true;
    case PortTest::Operator::Eq:
      return rule.kind == NatRule::Kind::Rdr && named.port.first != 0;
    case PortTest::Operator::Range:
      return rule.kind == NatRule::Kind::Rdr && named.port.first <= named.port.last;
    case PortTest::Operator::Ne:
    case PortTest::Operator::Lt:
    case PortTest::Operator::Gt:
    case PortTest::Operator::Le:
    case PortTest::Operator::Ge:
    case PortTest::Operator::Between:
    case PortTest::Operator::Outside:
      return false;
  }
  return false;
}

std::string match(const NatRule& rule) {
  if (!has_short_form(rule)) {
    return "from " + address_text(rule.source.address) + port_text(rule.source.port) + " to " +
           address_text(rule.destination.address) + port_text(rule.destination.port);
  }
  const auto& named = rule.kind == NatRule::Kind::Rdr ? rule.destination : rule.source;
  const auto* network = std::get_if<MaskedIpv4>(&named.address.address);
  auto text = network == nullptr ? "any" : network_text(*network);
  if (named.port.op == PortTest::Operator::Any) return text;
  text += " port " + std::to_string(named.port.first);
  if (named.port.op == PortTest::Operator::Range) text += '-' + std::to_string(named.port.last);
  return text;
}

std::string target(const NatRule& rule) {
  if (std::holds_alternative<InterfaceAddress>(rule.target)) {
    return rule.kind == NatRule::Kind::Rdr ? "0.0.0.0" : "0/32";
  }
  if (const auto* network = std::get_if<MaskedIpv4>(&rule.target)) {
    return rule.kind == NatRule::Kind::Rdr ? network->address.str() : network_text(*network);
  }
  if (const auto* range = std::get_if<AddressRange>(&rule.target)) {
    return range->first.str() + '-' + range->last.str();
  }
  std::string hosts;
  for (const auto host : std::get<std::vector<Ipv4Address>>(rule.target)) {
    hosts += (hosts.empty() ? "" : ",") + host.str();
  }
  return hosts;
}

std::string ports(const NatRule& rule) {
  std::string text;
  if (rule.port_target) {
    text += std::string{" port "} + (rule.port_target->single ? "= " : "") +
            std::to_string(rule.port_target->port);
  }
  if (rule.portmap) {
    text += " portmap " + protocol_text(rule.portmap->protocol) + ' ';
    text += rule.portmap->automatic
                ? "auto"
                : std::to_string(rule.portmap->first) + ':' + std::to_string(rule.portmap->last);
    if (rule.portmap->sequential) text += " sequential";
  }
  if (rule.ports_each) text += " ports " + std::to_string(*rule.ports_each);
  if (rule.ftp_port) text += " proxy port " + std::to_string(*rule.ftp_port) + " ftp/tcp";
  return text;
}

/// Behind the ports in rdr, at the end elsewhere; what portmap or proxy has said is not repeated.
std::string protocol(const NatRule& rule) {
  const auto text = protocol_text(rule.protocol);
  const bool said = rule.ftp_port || (rule.portmap && rule.portmap->protocol == rule.protocol);
  return text.empty() || said ? std::string{} : ' ' + text;
}

std::string options(const NatRule& rule) {
  std::string text;
  if (rule.round_robin) text += " round-robin";
  if (rule.frag) text += " frag";
  if (rule.ages) text += ' ' + ages_text(*rule.ages);
  if (rule.sticky) text += " sticky";
  if (rule.mss) text += " mssclamp " + std::to_string(*rule.mss);
  if (!rule.tag.empty()) text += " tag " + rule.tag;
  return text;
}

}  // namespace

std::string print(const NatRule& rule) {
  const bool rdr = rule.kind == NatRule::Kind::Rdr;
  return kind_word(rule.kind) + rule.interface.str() + ' ' + match(rule) + " -> " + target(rule) +
         ports(rule) + (rdr ? protocol(rule) : std::string{}) + options(rule) +
         (rdr ? std::string{} : protocol(rule));
}

}  // namespace tunnel::filter::language
