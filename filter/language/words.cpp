#include "filter/language/words.hpp"

#include "filter/language/rule_reader.hpp"
#include "tunneld/base/text.hpp"

#include <array>
#include <cstddef>
#include <vector>

namespace tunnel::filter::language {

namespace {

template <typename Value>
struct Word {
  std::string_view word;
  Value value;
};

template <typename Value, std::size_t kSize>
std::optional<Value> value_of(const std::array<Word<Value>, kSize>& table, std::string_view word) {
  for (const auto& each : table) {
    if (each.word == word) return each.value;
  }
  return std::nullopt;
}

template <typename Value, std::size_t kSize>
std::vector<std::string_view> words_of(const std::array<Word<Value>, kSize>& table) {
  std::vector<std::string_view> words;
  for (const auto& each : table) words.push_back(each.word);
  return words;
}

template <typename Value, std::size_t kSize>
std::string_view word_for(const std::array<Word<Value>, kSize>& table, Value value) {
  for (const auto& each : table) {
    if (each.value == value) return each.word;
  }
  return {};
}

using Number = Word<std::uint8_t>;

constexpr std::array<Number, 15> kIcmpTypes{{{"echorep", 0},
                                             {"unreach", 3},
                                             {"squench", 4},
                                             {"redir", 5},
                                             {"echo", 8},
                                             {"routerad", 9},
                                             {"routersol", 10},
                                             {"timex", 11},
                                             {"paramprob", 12},
                                             {"timest", 13},
                                             {"timestrep", 14},
                                             {"inforeq", 15},
                                             {"inforep", 16},
                                             {"maskreq", 17},
                                             {"maskrep", 18}}};

constexpr std::array<Number, 11> kIcmp6Types{{{"unreach", 1},
                                              {"toobig", 2},
                                              {"timex", 3},
                                              {"paramprob", 4},
                                              {"echo", 128},
                                              {"echorep", 129},
                                              {"routersol", 133},
                                              {"routerad", 134},
                                              {"neighborsol", 135},
                                              {"neighborad", 136},
                                              {"redir", 137}}};

constexpr std::array<Number, 16> kUnreachableCodes{{{"net-unr", 0},
                                                    {"host-unr", 1},
                                                    {"proto-unr", 2},
                                                    {"port-unr", 3},
                                                    {"needfrag", 4},
                                                    {"srcfail", 5},
                                                    {"net-unk", 6},
                                                    {"host-unk", 7},
                                                    {"isolate", 8},
                                                    {"net-prohib", 9},
                                                    {"host-prohib", 10},
                                                    {"net-tos", 11},
                                                    {"host-tos", 12},
                                                    {"filter-prohib", 13},
                                                    {"host-preced", 14},
                                                    {"cutoff-preced", 15}}};

constexpr std::array<Number, 24> kIpOptions{
    {{"nop", 1},     {"rr", 7},      {"zsu", 10},     {"mtup", 11},     {"mtur", 12},
     {"encode", 15}, {"ts", 68},     {"tr", 82},      {"sec", 130},     {"lsrr", 131},
     {"e-sec", 133}, {"cipso", 134}, {"satid", 136},  {"ssrr", 137},    {"visa", 142},
     {"imitd", 144}, {"eip", 145},   {"addext", 147}, {"rtralrt", 148}, {"sdb", 149},
     {"nsapa", 150}, {"dps", 151},   {"ump", 152},    {"finn", 205}}};

constexpr std::array<Number, 13> kProtocols{{{"icmp", 1},
                                             {"igmp", 2},
                                             {"tcp", 6},
                                             {"udp", 17},
                                             {"ipv6", 41},
                                             {"gre", 47},
                                             {"esp", 50},
                                             {"ah", 51},
                                             {"ipv6-icmp", 58},
                                             {"icmpv6", 58},
                                             {"icmp6", 58},
                                             {"ospf", 89},
                                             {"sctp", 132}}};

constexpr std::array<Word<Quality>, 11> kQualities{{{"ipopts", Quality::IpOptions},
                                                    {"short", Quality::Short},
                                                    {"bad", Quality::Bad},
                                                    {"nat", Quality::Nat},
                                                    {"frag", Quality::Fragment},
                                                    {"frags", Quality::Fragment},
                                                    {"frag-body", Quality::FragmentBody},
                                                    {"lowttl", Quality::LowTtl},
                                                    {"multicast", Quality::Multicast},
                                                    {"bcast", Quality::Broadcast},
                                                    {"mbcast", Quality::MultiBroadcast}}};

constexpr std::array<Number, 20> kFacilities{
    {{"kern", 0},      {"user", 1},    {"mail", 2},    {"daemon", 3},  {"auth", 4},
     {"syslog", 5},    {"lpr", 6},     {"news", 7},    {"uucp", 8},    {"cron", 9},
     {"authpriv", 10}, {"ftp", 11},    {"local0", 16}, {"local1", 17}, {"local2", 18},
     {"local3", 19},   {"local4", 20}, {"local5", 21}, {"local6", 22}, {"local7", 23}}};

constexpr std::array<Word<Severity>, 8> kSeverities{{{"emerg", Severity::Emerg},
                                                     {"alert", Severity::Alert},
                                                     {"crit", Severity::Crit},
                                                     {"err", Severity::Err},
                                                     {"warn", Severity::Warn},
                                                     {"notice", Severity::Notice},
                                                     {"info", Severity::Info},
                                                     {"debug", Severity::Debug}}};

constexpr std::string_view kFlagLetters = "FSRPAUEC";  // by their bits

constexpr std::string_view kRoutingHint =
    "packets are routed by the routing table, and by policy routing (ip rule) where that is not "
    "enough";
constexpr std::string_view kListHint = "write a rule for each address, or a network";
constexpr std::string_view kTagHint = "give the rule a group of its own, which the log names";

constexpr std::array<Word<std::string_view>, 33> kUnsupported{{
    {"auth", "nobody is asked about a packet: write pass or block"},
    {"preauth", "nobody is asked about a packet: write pass or block"},
    {"call", "rules call no functions: write pass or block"},
    {"skip",
     "put the rules that are to be skipped into a group, with a head that matches the rest"},
    {"nomatch", "leave the rule out, or write what is to become of the packet"},
    {"to", kRoutingHint},
    {"route-to", kRoutingHint},
    {"reply-to", kRoutingHint},
    {"fastroute", kRoutingHint},
    {"dup-to", "tcpdump or nftables' dup copies packets; log body keeps the beginning of each"},
    {"in-via", "write a rule for the other direction on the other interface"},
    {"out-via", "write a rule for the other direction on the other interface"},
    {"bpf-v4", "say it with proto, from, to, flags and with"},
    {"bpf-v6", "say it with proto, from, to, flags and with"},
    {"pool", kListHint},
    {"hash", kListHint},
    {"(", kListHint},
    {"set-tag", kTagHint},
    {"match-tag", kTagHint},
    {"pps", "nothing here limits rates: nftables' limit does, in a table of your own"},
    {"l5-as", "rules see addresses, ports and flags, not what is inside"},
    {"{", "write head N on this rule, and group N on those inside"},
    {"decapsulate", "rules see the outer packet: filter on the interface that the inner one has"},
    {"rewrite", "write a map for the source and a rdr for the destination"},
    {"divert", "packets are not wrapped: translate them by map or rdr"},
    {"encap", "packets are not wrapped: translate them by map or rdr"},
    {"no-map", "write the map rule so that it does not match: from A to !B"},
    {"ignore", "write the map rule so that it does not match: from A to !B"},
    {"icmpidmap", "leave it out: numbers of ICMP queries are kept apart as it is"},
    {"dstlist", "write the hosts with commas between"},
    {"dst-list", "write the hosts with commas between"},
    {"purge", "sessions of rules that have gone end with their connections"},
    {"range6", "addresses of IPv6 are not translated"},
}};

std::vector<std::string_view> candidates_for(WordKind kind) {
  switch (kind) {
    case WordKind::Action:
      return {"block", "pass", "log", "count"};
    case WordKind::Keyword:
      return {"log",       "quick", "on",   "family", "tos",  "ttl",  "proto", "all",
              "from",      "to",    "port", "flags",  "with", "keep", "head",  "group",
              "icmp-type", "in",    "out",  "first",  "body", "and"};
    case WordKind::NatAction:
      return {"map", "map-block", "rdr", "bimap"};
    case WordKind::NatKeyword:
      return {"portmap", "proxy", "mssclamp", "age",  "round-robin", "sticky",     "frag",
              "tag",     "port",  "ports",    "auto", "from",        "sequential", "to"};
    case WordKind::Quality:
      return words_of(kQualities);
    case WordKind::IcmpType:
      return words_of(kIcmpTypes);
    case WordKind::UnreachableCode:
      return words_of(kUnreachableCodes);
    case WordKind::IpOption:
      return words_of(kIpOptions);
  }
  return {};
}

}  // namespace

std::optional<std::uint8_t> icmp_type(std::string_view word, Family family) {
  return family == Family::Ipv4 ? value_of(kIcmpTypes, word) : value_of(kIcmp6Types, word);
}

std::string_view icmp_type_name(std::uint8_t type, Family family) {
  return family == Family::Ipv4 ? word_for(kIcmpTypes, type) : word_for(kIcmp6Types, type);
}

std::optional<std::uint8_t> unreachable_code(std::string_view word) {
  return value_of(kUnreachableCodes, word);
}

std::string_view unreachable_code_name(std::uint8_t code) {
  return word_for(kUnreachableCodes, code);
}

std::optional<std::uint8_t> ip_option(std::string_view word) {
  return value_of(kIpOptions, word);
}

std::string_view ip_option_name(std::uint8_t type) {
  return word_for(kIpOptions, type);
}

std::optional<std::uint8_t> protocol_number(std::string_view word) {
  return value_of(kProtocols, word);
}

std::optional<Quality> quality(std::string_view word) {
  return value_of(kQualities, word);
}

std::string_view quality_name(Quality quality) {
  return word_for(kQualities, quality);
}

std::optional<std::uint8_t> facility(std::string_view word) {
  return value_of(kFacilities, word);
}

std::string_view facility_name(std::uint8_t facility) {
  return word_for(kFacilities, facility);
}

std::optional<Severity> severity(std::string_view word) {
  return value_of(kSeverities, word);
}

std::string_view severity_name(Severity severity) {
  return word_for(kSeverities, severity);
}

std::optional<std::uint8_t> tcp_flags(std::string_view word) {
  if (const auto number = parse_number(word)) {
    return *number <= 0xff ? std::optional{static_cast<std::uint8_t>(*number)} : std::nullopt;
  }
  unsigned flags = 0;
  for (const char c : word) {
    const auto bit = kFlagLetters.find(c);
    if (bit == std::string_view::npos) return std::nullopt;
    flags |= 1U << bit;
  }
  return word.empty() ? std::nullopt : std::optional{static_cast<std::uint8_t>(flags)};
}

std::string tcp_flags_text(std::uint8_t flags) {
  std::string text;
  for (std::size_t bit = 0; bit < kFlagLetters.size(); ++bit) {
    if ((flags >> bit & 1) != 0) text += kFlagLetters[bit];
  }
  return text;
}

std::string_view alternative_to(std::string_view unsupported) {
  return value_of(kUnsupported, unsupported).value_or(std::string_view{});
}

std::optional<std::string> suggestion(std::string_view word, WordKind kind) {
  const auto candidates = candidates_for(kind);
  const auto meant = nearest(word, candidates);
  if (!meant || *meant == word) return std::nullopt;
  return "did you mean \"" + std::string{*meant} + "\"?";
}

}  // namespace tunnel::filter::language
