#include "filter/compiler/qualities.hpp"

#include "filter/model/protocols.hpp"
#include "filter/packet/tcp_flags.hpp"

#include <array>
#include <string>
#include <utility>

namespace tunnel::filter::compiler {

namespace {

using nft::equal;
using nft::Expressions;
using nft::masked;
using nft::match;
using nft::meta;
using nft::payload;
using nft::Value;

constexpr std::uint32_t kOffset = 0x1fff;        // of the fragment field (RFC 791 §3.1)
constexpr std::uint32_t kOffsetOrMore = 0x3fff;  // and whether more fragments follow
constexpr unsigned kTosOffset = 8;               // in bits
constexpr std::uint8_t kLowTtl = 4;              // lowttl: less than this
constexpr auto kMulticast4 = "224.0.0.0";
constexpr auto kMulticast6 = "ff00::";
constexpr auto kBroadcast = "255.255.255.255";

Choice of_ipv4(Expressions expressions) {
  return {Family::Ipv4, std::move(expressions)};
}

Choice of_ipv6(Expressions expressions) {
  return {Family::Ipv6, std::move(expressions)};
}

nft::Expression is_ipv4() {
  return equal(meta("nfproto"), Value("ipv4"));
}

nft::Expression is_ipv6() {
  return equal(meta("nfproto"), Value("ipv6"));
}

Value fragment_field(std::uint32_t mask) {
  return masked(payload("ip", "frag-off"), mask);
}

/// Whether an IPv6 fragment header is there.
nft::Expression has_fragment_header() {
  return equal(boost::json::object{{"exthdr", boost::json::object{{"name", "frag"}}}}, Value(true));
}

std::vector<Choice> fragment_bodies() {
  const boost::json::object offset{{"name", "frag"}, {"field", "frag-off"}};
  return {of_ipv4({match("!=", fragment_field(kOffset), Value(0))}),
          of_ipv6({match("!=", boost::json::object{{"exthdr", offset}}, Value(0))})};
}

/// Lengths of an IPv4 packet whose header of so many words leaves from `most_cut` octets to less
/// than `least`.
std::vector<Value> cut_lengths(unsigned most_cut, unsigned least) {
  constexpr unsigned kShortest = 5;
  constexpr unsigned kLongest = 15;
  std::vector<Value> all;
  for (auto words = kShortest; words <= kLongest; ++words) {
    const auto header = 4 * words;
    all.push_back(nft::concat(
        {Value(words), nft::range(most_cut == 0 ? 0 : header + most_cut, header + least - 1)}));
  }
  return all;
}

struct CutProtocol {
  std::uint8_t number;
  std::uint8_t number6;
  unsigned header;
};

constexpr std::array<CutProtocol, 3> kCutProtocols{
    {{kTcp, kTcp, 20}, {kUdp, kUdp, 8}, {kIcmp, kIcmp6, 8}}};

nft::Expression is_protocol(std::uint8_t number) {
  constexpr unsigned kProtocol = 9 * 8;  // in bits (RFC 791 §3.1)
  return equal(nft::raw_payload("nh", kProtocol, 8), Value(number));
}

/// A first fragment, or a whole packet, that ends within its transport header.
Choice cut_header(std::uint8_t protocol, unsigned most_cut, unsigned header) {
  auto choice = of_ipv4({is_protocol(protocol), equal(fragment_field(kOffset), Value(0)),
                         equal(nft::concat({payload("ip", "hdrlength"), payload("ip", "length")}),
                               nft::set_of(cut_lengths(most_cut, header)))});
  choice.protocol = protocol;
  return choice;
}

/// Of IPv6, with no header between those of IP and transport but perhaps that of a fragment.
constexpr std::uint8_t kFragmentHeader = 44;
constexpr unsigned kFragmentHeaderSize = 8;

Value fragment6(const char* field) {
  return boost::json::object{{"exthdr", boost::json::object{{"name", "frag"}, {"field", field}}}};
}

Choice of_fragment6(std::uint8_t protocol, Value offset) {
  auto choice = of_ipv6({equal(payload("ip6", "nexthdr"), Value(kFragmentHeader)),
                         equal(fragment6("nexthdr"), Value(protocol)),
                         equal(fragment6("frag-off"), std::move(offset))});
  choice.protocol = protocol;
  return choice;
}

std::vector<Choice> cut_headers6(std::uint8_t protocol, unsigned header) {
  auto whole = of_ipv6({equal(payload("ip6", "nexthdr"), Value(protocol)),
                        match("<", payload("ip6", "length"), Value(header))});
  whole.protocol = protocol;
  auto first = of_fragment6(protocol, Value(0));
  first.expressions.push_back(
      match("<", payload("ip6", "length"), Value(header + kFragmentHeaderSize)));
  return {std::move(whole), std::move(first)};
}

/// Types of ICMP whose header is longer than the first eight octets (RFC 792, RFC 950).
std::vector<Choice> cut_icmp() {
  const auto of = [](unsigned first, unsigned last, unsigned header) {
    auto choice = cut_header(kIcmp, 8, header);
    choice.expressions.push_back(equal(payload("icmp", "type"), nft::range(first, last)));
    return choice;
  };
  return {of(13, 14, 20), of(15, 18, 12)};
}

/// What is bad about TCP, by the flags that matter to it.
std::vector<Value> contradictory_flags(std::uint16_t urgent) {
  std::vector<Value> bad;
  for (unsigned flags = 0; flags <= FlagsTest::kDefaultMask; ++flags) {
    const auto with_pointer = packet::contradictory(static_cast<std::uint8_t>(flags), 1);
    const auto without = packet::contradictory(static_cast<std::uint8_t>(flags), 0);
    // Those that are bad either way are in the first list, those for want of a pointer in the
    // second.
    if (urgent != 0 ? with_pointer : without && !with_pointer) bad.emplace_back(flags);
  }
  return bad;
}

/// The names that nftables has for types of IP options (RFC 791 §3.1, RFC 2113).
const char* option_name(std::uint8_t type) noexcept {
  switch (type) {
    case 7:
      return "rr";
    case 131:
      return "lsrr";
    case 137:
      return "ssrr";
    case 148:
      return "ra";
    default:
      return nullptr;
  }
}

void add_options(ConditionBuilder& out, const WithTest& test, const Rule& rule,
                 std::vector<Unsupported>& problems) {
  const auto& types = std::get<std::vector<std::uint8_t>>(test.what);
  for (const auto type : types) {
    const auto* name = option_name(type);
    if (name == nullptr) {
      problems.push_back({rule.place,
                          "nftables cannot look for IP options of type " + std::to_string(type),
                          "\"with ipopts\" is any option; rr, lsrr, ssrr and rtralrt have names"});
      return;
    }
    const auto there = [name](bool wanted) {
      return equal(boost::json::object{{"ip option", boost::json::object{{"name", name}}}},
                   Value(wanted));
    };
    if (test.negated) {
      out.one_of({of_ipv6({is_ipv6()}), of_ipv4({is_ipv4(), there(false)})});
    } else {
      out.one_of({of_ipv4({there(true)})});
    }
  }
}

/// Takes qualities in, in either sense: the choices for it, or those against it. Packets of other
/// protocols than the rule's are none of its business, and nftables wants not to be asked about
/// them.
class QualityTaker {
 public:
  QualityTaker(ConditionBuilder& out, const WithTest& test, const Rule& rule, View view)
      : out_{out}, negated_{test.negated}, rule_{rule}, view_{view} {}

  void take(std::vector<Choice> choices) {
    std::erase_if(choices, [this](const Choice& choice) {
      return choice.protocol && !may_be_of(*choice.protocol);
    });
    if (negated_) {
      out_.none_of(choices);
    } else {
      out_.one_of(choices);
    }
  }

  void take_raw(std::vector<Choice> choices) {
    if (view_ == View::Raw) return take(std::move(choices));
    if (!negated_) out_.never();  // what has been put together is neither
  }

  /// What only an inbound packet can be.
  void take_inbound(std::vector<Choice> choices) {
    take(rule_.direction == Direction::In ? std::move(choices) : std::vector<Choice>{});
  }

 private:
  /// Whether the rule asks for nothing that such packets do not have.
  bool may_be_of(std::uint8_t protocol) const {
    const auto* number = std::get_if<std::uint8_t>(&rule_.protocol);
    if (number != nullptr && *number != protocol) return false;
    const auto asked = [](const Endpoint& end) { return end.port.op != PortTest::Operator::Any; };
    const bool ports = std::holds_alternative<TcpUdp>(rule_.protocol) || asked(rule_.source) ||
                       asked(rule_.destination);
    if (ports && !has_ports(protocol)) return false;
    if (rule_.flags && protocol != kTcp) return false;
    return !rule_.icmp || protocol == kIcmp || protocol == kIcmp6;
  }

  ConditionBuilder& out_;
  bool negated_;
  const Rule& rule_;
  View view_;
};

/// On the way in: rdr of what goes forth, map of what comes back.
std::vector<Choice> translated() {
  constexpr std::uint32_t kSource = 0x10;       // IPS_SRC_NAT
  constexpr std::uint32_t kDestination = 0x20;  // IPS_DST_NAT
  const auto way = [](unsigned direction, std::uint32_t bit) {
    return Choice{std::nullopt,
                  {equal(nft::ct("direction"), Value(direction)),
                   match("!=", masked(nft::ct("status"), bit), Value(0))}};
  };
  return {way(0, kDestination), way(1, kSource)};
}

std::vector<Choice> to_multicast() {
  return {of_ipv4({equal(payload("ip", "daddr"), nft::prefix(kMulticast4, 4))}),
          of_ipv6({equal(payload("ip6", "daddr"), nft::prefix(kMulticast6, 8))})};
}

std::vector<Choice> to_broadcast() {
  return {of_ipv4({equal(payload("ip", "daddr"), Value(kBroadcast))})};
}

}  // namespace

std::vector<Choice> tos_is(std::uint8_t tos) {
  constexpr std::uint32_t kTrafficClass = 0x0ff0;  // of the first 16 bits (RFC 8200 §3)
  const auto first = masked(nft::raw_payload("nh", 0, 16), kTrafficClass);
  return {of_ipv4({is_ipv4(), equal(nft::raw_payload("nh", kTosOffset, 8), Value(tos))}),
          of_ipv6({is_ipv6(), equal(first, Value(static_cast<unsigned>(tos) << 4))})};
}

std::vector<Choice> ttl_is(std::string_view op, std::uint8_t ttl) {
  return {of_ipv4({match(op, payload("ip", "ttl"), Value(ttl))}),
          of_ipv6({match(op, payload("ip6", "hoplimit"), Value(ttl))})};
}

std::vector<Choice> icmp_is(const IcmpTest& test, const ProtocolTest& protocol) {
  std::vector<Choice> choices;
  const auto* number = std::get_if<std::uint8_t>(&protocol);
  const auto add = [&](std::uint8_t of, const char* name, Family family) {
    if (number != nullptr && *number != of) return;
    Expressions all{equal(payload(name, "type"), Value(test.type))};
    if (test.code) all.push_back(equal(payload(name, "code"), Value(*test.code)));
    choices.push_back({family, std::move(all)});
  };
  add(kIcmp, "icmp", Family::Ipv4);
  add(kIcmp6, "icmpv6", Family::Ipv6);
  return choices;
}

std::vector<Choice> fragments() {
  return {of_ipv4({match("!=", fragment_field(kOffsetOrMore), Value(0))}),
          of_ipv6({has_fragment_header()})};
}

std::vector<Choice> short_packets() {
  constexpr unsigned kUnit = 8;  // of the fragment offset, in octets
  std::vector<Choice> choices = cut_icmp();
  for (const auto& [number, number6, header] : kCutProtocols) {
    choices.push_back(cut_header(number, 0, header));
    for (auto& each : cut_headers6(number6, header)) choices.push_back(std::move(each));
    const auto inside = (header - 1) / kUnit;
    if (inside == 0) continue;
    choices.push_back(
        of_ipv4({is_protocol(number), equal(fragment_field(kOffset), nft::range(1, inside))}));
    choices.back().protocol = number;
    choices.push_back(of_fragment6(number6, nft::range(1, inside)));
  }
  return choices;
}

std::vector<Choice> cut_headers() {
  std::vector<Choice> choices;
  for (const auto& [number, number6, header] : kCutProtocols) {
    if (!has_ports(number)) continue;
    choices.push_back(cut_header(number, 0, header));
    for (auto& each : cut_headers6(number6, header)) choices.push_back(std::move(each));
  }
  return choices;
}

/// The fields have no names here: nftables would not let a rule of tcp/udp ask for them.
std::vector<Choice> bad_packets() {
  constexpr unsigned kFlags = 13 * 8;  // in bits (RFC 9293 §3.1)
  constexpr unsigned kUrgentPointer = 18 * 8;
  const auto is_tcp = equal(meta("l4proto"), Value(kTcp));
  const auto flags = masked(nft::raw_payload("th", kFlags, 8), FlagsTest::kDefaultMask);
  const auto no_pointer = equal(nft::raw_payload("th", kUrgentPointer, 16), Value(0));
  return {{std::nullopt, {is_tcp, equal(flags, nft::set_of(contradictory_flags(1)))}, kTcp},
          {std::nullopt,
           {is_tcp, equal(flags, nft::set_of(contradictory_flags(0))), no_pointer},
           kTcp}};
}

void add_quality(ConditionBuilder& out, const WithTest& test, const Rule& rule, View view,
                 std::vector<Unsupported>& problems) {
  if (!std::holds_alternative<Quality>(test.what)) return add_options(out, test, rule, problems);
  QualityTaker taker{out, test, rule, view};
  switch (std::get<Quality>(test.what)) {
    case Quality::IpOptions:
      return taker.take({of_ipv4({match(">", payload("ip", "hdrlength"), Value(5))})});
    case Quality::Short:
      // Not only fragments are; but what is logged of them has been.
      if (rule.action == Action::Log) return taker.take_raw(short_packets());
      return taker.take(short_packets());
    case Quality::Fragment:
      return taker.take_raw(fragments());
    case Quality::FragmentBody:
      return taker.take_raw(fragment_bodies());
    case Quality::Bad:
      return taker.take(bad_packets());
    case Quality::Nat:
      return taker.take_inbound(translated());
    case Quality::LowTtl:
      return taker.take_inbound(ttl_is("<", kLowTtl));
    case Quality::Multicast:
      return taker.take(to_multicast());
    case Quality::Broadcast:
      return taker.take(to_broadcast());
    case Quality::MultiBroadcast: {
      auto both = to_multicast();
      both.push_back(to_broadcast().front());
      return taker.take(std::move(both));
    }
  }
}

bool is_raw(const WithTest& test) noexcept {
  const auto* quality = std::get_if<Quality>(&test.what);
  return quality != nullptr && (*quality == Quality::Short || *quality == Quality::Fragment ||
                                *quality == Quality::FragmentBody);
}

}  // namespace tunnel::filter::compiler
