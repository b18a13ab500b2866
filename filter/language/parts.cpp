#include "filter/language/parts.hpp"

#include "filter/language/endpoint_parser.hpp"
#include "filter/model/protocols.hpp"

#include <bit>

namespace tunnel::filter::language {

namespace {

std::string mask_text(std::uint32_t mask) {
  const auto length = static_cast<unsigned>(std::popcount(mask));
  if (ipv4_mask(length) != mask) return Ipv4Address{mask}.str();
  return std::to_string(length);
}

}  // namespace

std::string network_text(const MaskedIpv4& network) {
  return network.address.str() + '/' + mask_text(network.mask);
}

std::string address_text(const AddressTest& test) {
  const std::string sign = test.negated ? "!" : "";
  if (const auto* v4 = std::get_if<MaskedIpv4>(&test.address)) {
    const bool host = v4->mask == 0xffff'ffff;
    return sign + (host ? v4->address.str() : network_text(*v4));
  }
  if (const auto* v6 = std::get_if<Prefix>(&test.address)) {
    return sign + (v6->length() == 128 ? v6->ipv6().str() : v6->str());
  }
  return sign + "any";
}

std::string port_text(const PortTest& test) {
  const auto first = std::to_string(test.first);
  const auto last = std::to_string(test.last);
  switch (test.op) {
    case PortTest::Operator::Any:
      return {};
    case PortTest::Operator::Eq:
      return " port = " + first;
    case PortTest::Operator::Ne:
      return " port != " + first;
    case PortTest::Operator::Lt:
      return " port < " + first;
    case PortTest::Operator::Gt:
      return " port > " + first;
    case PortTest::Operator::Le:
      return " port <= " + first;
    case PortTest::Operator::Ge:
      return " port >= " + first;
    case PortTest::Operator::Between:
      return " port " + first + " >< " + last;
    case PortTest::Operator::Outside:
      return " port " + first + " <> " + last;
    case PortTest::Operator::Range:
      return " port " + first + ':' + last;
  }
  return {};
}

std::string protocol_text(const ProtocolTest& test) {
  if (std::holds_alternative<TcpUdp>(test)) return "tcp/udp";
  const auto* number = std::get_if<std::uint8_t>(&test);
  if (number == nullptr) return {};
  switch (*number) {
    case kIcmp:
      return "icmp";
    case kTcp:
      return "tcp";
    case kUdp:
      return "udp";
    default:
      return std::to_string(*number);
  }
}

std::string ages_text(const Ages& ages) {
  auto text = "age " + std::to_string(ages.forward.count());
  if (ages.backward != ages.forward) text += '/' + std::to_string(ages.backward.count());
  return text;
}

}  // namespace tunnel::filter::language
