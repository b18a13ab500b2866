#include "filter/language/ipf_parser.hpp"

#include "filter/language/endpoint_parser.hpp"
#include "filter/language/words.hpp"

#include <array>
#include <string_view>
#include <utility>

namespace tunnel::filter::language {

namespace {

constexpr std::uint8_t kIcmp = 1;
constexpr std::uint8_t kTcp = 6;
constexpr std::uint8_t kUdp = 17;
constexpr std::uint8_t kIcmp6 = 58;

constexpr std::string_view kOrder =
    "the order is: ACTION in|out [log] [quick] [on IFACE] [family F] [proto P] all | from X to Y "
    "[flags F] [icmp-type T] [with …] [keep …] [head N] [group M]";

/// One rule; mistakes go to the reader.
class RuleParser {
 public:
  RuleParser(RuleReader& in, const SourceFile& file, const Names& names)
      : in_{in}, names_{names}, start_{in.peek()} {
    rule_.place = {file.number, start_.line};
  }

  Rule parse() {
    parse_position();
    parse_action();
    parse_direction();
    parse_options();
    parse_header_tests();
    parse_endpoints();
    parse_flags();
    parse_icmp();
    parse_with();
    parse_keep();
    parse_groups();
    if (!in_.at_end()) in_.mistake(in_.peek(), unexpected(in_.peek()), hint_about(in_.peek()));
    check_whole();
    return std::move(rule_);
  }

 private:
  static std::string unexpected(const Token& token) {
    if (!alternative_to(token.text).empty()) return shown(token) + " is not supported";
    return shown(token) + " is not expected here";
  }

  static std::string hint_about(const Token& token) {
    const auto alternative = alternative_to(token.text);
    return std::string{alternative.empty() ? kOrder : alternative};
  }

  void parse_position() {
    if (in_.accept("@")) rule_.position = in_.expect_number("a rule number", 1'000'000);
  }

  void parse_action() {
    const auto token = in_.peek();
    if (in_.accept("block")) {
      rule_.action = Action::Block;
      parse_reply();
    } else if (in_.accept("pass")) {
      rule_.action = Action::Pass;
    } else if (in_.accept("count")) {
      rule_.action = Action::Count;
    } else if (in_.accept("log")) {
      rule_.action = Action::Log;
      parse_log_options();
    } else if (!alternative_to(token.text).empty()) {
      in_.mistake(token, shown(token) + " is not supported", hint_about(token));
    } else {
      in_.mistake(token, shown(token) + " is not an action",
                  "a rule begins with block, pass, log or count");
    }
  }

  void parse_reply() {
    if (in_.accept("return-rst")) {
      rule_.reply = Reply::Rst;
      return;
    }
    if (in_.accept("return-icmp")) {
      rule_.reply = Reply::Icmp;
    } else if (in_.accept("return-icmp-as-dest")) {
      rule_.reply = Reply::IcmpAsDestination;
    } else {
      return;
    }
    if (!in_.accept("(")) return;
    const auto token = in_.expect_word("a code of Destination Unreachable");
    rule_.reply_code = code_of(token);
    in_.expect(")");
  }

  std::uint8_t code_of(const Token& token) {
    if (in_.dead()) return 0;
    if (const auto code = unreachable_code(token.text)) return *code;
    const auto number = parse_number(token.text);
    if (number && *number <= 0xff) return static_cast<std::uint8_t>(*number);
    in_.mistake(token, shown(token) + " is not a code of Destination Unreachable",
                "as port-unr, host-unr, net-unr, filter-prohib, or a number up to 255");
    return 0;
  }

  void parse_log_options() {
    auto& log = rule_.log.emplace();
    for (bool more = true; more;) {
      if (in_.accept("body")) {
        log.body = true;
      } else if (in_.accept("first")) {
        log.first = true;
      } else if (in_.accept("or-block")) {
        log.or_block = true;
      } else if (in_.accept("level")) {
        log.level = parse_level();
      } else {
        more = false;
      }
    }
  }

  LogLevel parse_level() {
    LogLevel level;
    const auto token = in_.expect_word("a level, as local0.info");
    const auto dot = token.text.find('.');
    auto word = token.text;
    if (dot != std::string_view::npos) {
      level.facility = facility(word.substr(0, dot));
      if (!level.facility) {
        in_.mistake(token, shown(token) + " names no facility of syslog",
                    "as local0 to local7, daemon, auth, kern");
      }
      word.remove_prefix(dot + 1);
    }
    const auto known = severity(word);
    if (!known) {
      in_.mistake(token, shown(token) + " names no severity of syslog",
                  "emerg, alert, crit, err, warn, notice, info or debug, behind a facility and a "
                  "dot if one is meant");
    }
    level.severity = known.value_or(Severity::Info);
    return level;
  }

  void parse_direction() {
    if (in_.accept("in")) {
      rule_.direction = Direction::In;
    } else if (in_.accept("out")) {
      rule_.direction = Direction::Out;
    } else {
      in_.mistake(in_.peek(), "expected \"in\" or \"out\" instead of " + shown(in_.peek()),
                  std::string{kOrder});
    }
  }

  void parse_options() {
    for (bool more = true; more;) {
      const auto token = in_.peek();
      if (in_.accept("log")) {
        if (rule_.log) in_.mistake(token, "the rule says log twice");
        parse_log_options();
      } else if (in_.accept("quick")) {
        rule_.quick = true;
      } else if (in_.accept("on")) {
        parse_interface();
      } else {
        more = false;
      }
    }
  }

  void parse_interface() {
    const auto token =
        in_.next_is("(") || in_.next_is("!") ? in_.peek() : in_.expect_word("an interface name");
    rule_.interface = InterfaceName::parse(token.text);
    if (!rule_.interface) {
      in_.mistake(token, shown(token) + " is not the name of an interface",
                  "1 to 15 of A-Z a-z 0-9 _ . -, one interface in a rule");
    } else if (in_.next_is(",")) {
      in_.mistake(in_.peek(), "lists of interfaces are not supported", "write a rule for each");
    }
  }

  void parse_header_tests() {
    for (bool more = true; more;) {
      if (in_.accept("family")) {
        parse_family();
      } else if (in_.accept("tos")) {
        rule_.tos = static_cast<std::uint8_t>(in_.expect_number("a type of service", 0xff));
      } else if (in_.accept("ttl")) {
        rule_.ttl = static_cast<std::uint8_t>(in_.expect_number("a time to live", 0xff));
      } else if (in_.accept("proto")) {
        parse_protocol();
      } else {
        more = false;
      }
    }
  }

  void parse_family() {
    const auto token = in_.expect_word("inet or inet6");
    if (token.text == "inet") {
      rule_.family = Family::Ipv4;
    } else if (token.text == "inet6") {
      rule_.family = Family::Ipv6;
    } else {
      in_.mistake(token, shown(token) + " is not a family", "inet or inet6");
    }
  }

  void parse_protocol() {
    const auto token = in_.expect_word("a protocol");
    if (in_.dead()) return;
    if (token.text == "tcp-udp" || (token.text == "tcp" && in_.accept("/"))) {
      if (token.text == "tcp") in_.expect("udp");
      rule_.protocol = TcpUdp{};
      return;
    }
    const auto number = parse_number(token.text);
    const auto known = number ? std::nullopt : names_.protocol(std::string{token.text});
    if (number && *number <= 0xff) {
      rule_.protocol = static_cast<std::uint8_t>(*number);
    } else if (known) {
      rule_.protocol = *known;
    } else {
      in_.mistake(token, shown(token) + " is not a protocol",
                  "as tcp, udp, tcp/udp, icmp, ipv6-icmp, or a number up to 255 (/etc/protocols)");
    }
  }

  /// For the names of services.
  std::string port_protocol() const {
    const auto* number = std::get_if<std::uint8_t>(&rule_.protocol);
    if (number == nullptr) return {};
    return *number == kTcp ? "tcp" : *number == kUdp ? "udp" : "";
  }

  void parse_endpoints() {
    if (in_.accept("all")) return;
    const bool from = in_.accept("from");
    if (from) rule_.source = parse_endpoint();
    const auto token = in_.peek();
    if (in_.accept("to")) {
      rule_.destination = parse_endpoint();
    } else if (!from) {
      in_.mistake(token, "expected \"all\", \"from\" or \"to\" instead of " + shown(token),
                  hint_about(token));
    }
  }

  Endpoint parse_endpoint() {
    Endpoint endpoint;
    if (!in_.next_is("port")) endpoint.address = parse_address(in_, names_);
    const auto token = in_.peek();
    if (!in_.accept("port")) return endpoint;
    endpoint.port = parse_port_test(in_, names_, port_protocol());
    const auto* number = std::get_if<std::uint8_t>(&rule_.protocol);
    if (number != nullptr && *number != kTcp && *number != kUdp) {
      in_.mistake(token, "only TCP and UDP have ports", "write proto tcp, udp or tcp/udp");
    }
    return endpoint;
  }

  void parse_flags() {
    const auto start = in_.peek();
    if (!in_.accept("flags")) return;
    auto& flags = rule_.flags.emplace();
    if (!in_.next_is("/")) flags.value = parse_flag_set();
    if (in_.accept("/")) flags.mask = parse_flag_set();
    const auto* number = std::get_if<std::uint8_t>(&rule_.protocol);
    if (number == nullptr || *number != kTcp) {
      in_.mistake(start, "only TCP has flags", "write proto tcp");
    } else if ((flags.value & ~flags.mask) != 0) {
      in_.mistake(start, "flags outside the mask never match", "add them behind the /");
    }
  }

  std::uint8_t parse_flag_set() {
    const auto token = in_.expect_word("TCP flags");
    const auto flags = tcp_flags(token.text);
    if (!flags) {
      in_.mistake(token, shown(token) + " are not TCP flags",
                  "letters of FSRPAUEC, as S or SA, or a number");
    }
    return flags.value_or(0);
  }

  /// The family that the rule is about, as far as it says so.
  Family family_of_icmp() const {
    const auto* number = std::get_if<std::uint8_t>(&rule_.protocol);
    const bool six = rule_.family == Family::Ipv6 || (number != nullptr && *number == kIcmp6);
    return six ? Family::Ipv6 : Family::Ipv4;
  }

  void parse_icmp() {
    const auto start = in_.peek();
    if (!in_.accept("icmp-type")) return;
    if (in_.next_is("("))
      in_.mistake(in_.peek(), "lists of types are not supported", "write a rule for each");
    const auto token = in_.expect_word("a type of ICMP");
    const auto number = parse_number(token.text);
    const auto named = icmp_type(token.text, family_of_icmp());
    if (!named && (!number || *number > 0xff)) {
      in_.mistake(token, shown(token) + " is not a type of ICMP",
                  "as echo, echorep, unreach, timex, or a number up to 255");
    }
    auto& icmp = rule_.icmp.emplace();
    icmp.type = named ? *named : static_cast<std::uint8_t>(number.value_or(0));
    if (in_.accept("code")) icmp.code = code_of(in_.expect_word("a code of ICMP"));
    const auto* protocol = std::get_if<std::uint8_t>(&rule_.protocol);
    if (protocol == nullptr || (*protocol != kIcmp && *protocol != kIcmp6)) {
      in_.mistake(start, "only ICMP has types", "write proto icmp, or ipv6-icmp");
    }
  }

  void parse_with() {
    if (!in_.accept("with") && !in_.accept("and")) return;
    do {
      rule_.with.push_back(parse_with_test());
    } while (!in_.dead() && (in_.accept(",") || in_.accept("and") || more_with()));
  }

  /// "with" lists its tests with or without commas.
  bool more_with() const {
    return in_.next_is("not") || in_.next_is("no") || in_.next_is("opt") ||
           quality(in_.peek().text).has_value();
  }

  WithTest parse_with_test() {
    WithTest test;
    test.negated = in_.accept("not") || in_.accept("no");
    if (in_.accept("opt")) {
      test.what = parse_ip_options();
      return test;
    }
    const auto token = in_.expect_word("what the packet is to be like");
    const auto known = quality(token.text);
    if (!known) {
      const bool ipfilter = token.text == "oow" || token.text == "state" ||
                            token.text == "bad-nat" || token.text == "bad-src" ||
                            token.text == "v6hdr";
      in_.mistake(
          token,
          shown(token) + (ipfilter ? " is not supported" : " is nothing that a packet can be"),
          "ipopts, opt, short, bad, nat, frag, frag-body, lowttl, multicast, bcast, mbcast");
    }
    test.what = known.value_or(Quality::Short);
    return test;
  }

  std::vector<std::uint8_t> parse_ip_options() {
    std::vector<std::uint8_t> types;
    do {
      const auto token = in_.expect_word("an IP option");
      const auto type = ip_option(token.text);
      if (token.text == "sec-class") {
        in_.mistake(token, "\"sec-class\" is not supported", "opt sec matches all classes");
      } else if (!type) {
        in_.mistake(token, shown(token) + " is not an IP option", "as lsrr, ssrr, rr, ts, rtralrt");
      }
      types.push_back(type.value_or(0));
    } while (!in_.dead() && in_.accept(","));
    return types;
  }

  void parse_keep() {
    while (in_.accept("keep")) {
      if (in_.accept("state")) {
        parse_keep_state();
      } else if (in_.accept("frags") || in_.accept("frag")) {
        rule_.keep_frags = true;
        if (in_.next_is("(")) {
          in_.mistake(
              in_.peek(), "options of keep frags are not supported",
              "write keep frags alone: fragments are put together before they are looked at");
        }
      } else {
        in_.mistake(in_.peek(), "expected \"state\" or \"frags\" instead of " + shown(in_.peek()));
      }
    }
  }

  void parse_keep_state() {
    auto& keep = rule_.keep_state.emplace();
    if (!in_.accept("(")) return;
    do {
      const auto token = in_.expect_word("an option of keep state");
      if (token.text == "limit") {
        keep.limit = in_.expect_number("a number of states", 10'000'000);
      } else if (token.text == "age") {
        keep.ages = parse_ages();
      } else if (token.text == "no-icmp-err") {
        keep.no_icmp_errors = true;
      } else {
        const bool ipfilter =
            token.text == "strict" || token.text == "newisn" || token.text == "sync";
        in_.mistake(token,
                    shown(token) + (ipfilter ? " is not supported" : " is no option of keep state"),
                    "limit N, age A[/B] or no-icmp-err; TCP's windows are always checked");
      }
      in_.accept(",");
    } while (!in_.dead() && !in_.next_is(")") && !in_.at_end());
    in_.expect(")");
  }

  Ages parse_ages() {
    constexpr std::uint32_t kMost = 10 * 365 * 24 * 3600;
    Ages ages;
    ages.forward = ages.backward = std::chrono::seconds{in_.expect_number("seconds", kMost)};
    if (in_.accept("/")) ages.backward = std::chrono::seconds{in_.expect_number("seconds", kMost)};
    return ages;
  }

  void parse_groups() {
    if (in_.accept("head")) rule_.head = parse_group_name();
    if (in_.accept("group")) rule_.group = parse_group_name();
  }

  /// "0" is the main list, which is no group.
  std::string parse_group_name() {
    constexpr std::size_t kMost = 16;
    const auto token = in_.expect_word("a group");
    if (token.text.size() > kMost) {
      in_.mistake(token,
                  "the name of a group has at most " + std::to_string(kMost) + " characters");
    }
    return token.text == "0" ? std::string{} : std::string{token.text};
  }

  void check_whole() {
    const auto source = rule_.source.address.family();
    const auto destination = rule_.destination.address.family();
    const auto said = rule_.family ? rule_.family : source ? source : destination;
    if ((source && source != said) || (destination && destination != said)) {
      in_.mistake(start_, "the rule mixes IPv4 and IPv6, and so matches nothing",
                  "write a rule for each family");
    }
    if (rule_.action == Action::Log && (rule_.keep_state || rule_.keep_frags)) {
      in_.mistake(start_, "a log rule decides nothing, and so keeps nothing",
                  "write pass log … keep state");
    }
    if (rule_.action == Action::Count && (rule_.log || rule_.keep_state || rule_.keep_frags)) {
      in_.mistake(start_, "a count rule only counts: it neither logs nor keeps state");
    }
    if (!rule_.head.empty() && rule_.head == rule_.group) {
      in_.mistake(start_, "a rule cannot be in the group that it opens");
    }
  }

  RuleReader& in_;
  const Names& names_;
  Token start_;
  Rule rule_;
};

}  // namespace

ParsedRules parse_ipf_rules(const SourceFile& file, const Names& names,
                            const Variables& variables) {
  ParsedRules parsed;
  RuleReader in{file, variables};
  while (in.next_rule()) {
    auto rule = RuleParser{in, file, names}.parse();
    if (!in.dead()) parsed.rules.push_back(std::move(rule));
  }
  parsed.mistakes = in.take_mistakes();
  return parsed;
}

}  // namespace tunnel::filter::language
