#include "tests/filter/kernel/comparison.hpp"

#include "filter/ipmon/line.hpp"
#include "filter/nft/commands.hpp"
#include "filter/packet/packet_parser.hpp"
#include "filter/packet/packet_text.hpp"

#include <algorithm>
#include <sstream>

namespace tunnel::filter::test {

namespace {

using evaluator::Evaluator;
using evaluator::Step;
using evaluator::Trace;

packet::WrittenPacket written(const std::string& text) {
  return std::get<packet::WrittenPacket>(packet::parse_packet_text(text));
}

std::string other(const std::string& interface) {
  return interface == "em0" ? "tun0" : "em0";
}

bool has(const Trace& trace, Step::Kind kind) {
  return std::any_of(trace.begin(), trace.end(),
                     [kind](const Step& step) { return step.kind == kind; });
}

/// The letter that tells how a record came about, and the line of it.
std::string line_of(char how, const RuleId& id, const Rule& rule, packet::Packet packet) {
  ipmon::Record record;
  record.action = how == 'L'                 ? ipmon::Record::Action::Logged
                  : how == 'p' || how == 'P' ? ipmon::Record::Action::Passed
                                             : ipmon::Record::Action::Blocked;
  record.rule = id;
  record.keeps_state = rule.keep_state.has_value();
  record.keeps_frags = rule.keep_frags;
  record.packet = std::move(packet);
  return std::string{how} + ": " + ipmon::line_of(record);
}

std::string text_of(const Said& said) {
  std::string out = said.left ? "passed as " + print(*said.left) : "blocked";
  for (const auto& line : said.log) out += "\n    " + line;
  return out;
}

compiler::Compiled compiled(const Policy& policy) {
  using Default = compiler::Options::Default;
  std::vector<Misplaced> misplaced;
  compiler::Options options;
  options.by_default = policy.by_default == Policy::Default::Pass ? Default::Pass : Default::Block;
  return compiler::compile(RuleLists::of(policy.rules, misplaced), NatLists::of(policy.nat),
                           options);
}

evaluator::Settings settings_of(const Policy& policy) {
  using Default = evaluator::Settings::Default;
  evaluator::Settings settings;
  settings.by_default = policy.by_default == Policy::Default::Pass ? Default::Pass : Default::Block;
  settings.addresses = {{"em0", *Ipv4Address::parse(kOwnOnEm0)},
                        {"tun0", *Ipv4Address::parse(kOwnOnTun0)}};
  return settings;
}

/// Whether conntrack takes a flow up from the packet, and so translates it.
bool may_begin(const packet::Packet& packet) {
  if (packet.is_bad || packet.is_short) return false;
  if (packet.is_icmp())
    return packet.icmp.type == 8 || packet.icmp.type == 13 || packet.icmp.type == 17;
  if (packet.protocol != kTcp) return true;
  const auto flags = packet.tcp.flags;
  return (flags & (kFin | kRst)) == 0 && (flags & (kSyn | kAck)) != (kSyn | kAck);
}

}  // namespace

/// False: there is no such packet, since what it is about has not left.
bool Comparison::prepare(const Packet& packet, Shown& shown) const {
  if (packet.kind == Packet::Kind::Fresh) {
    shown.interface = written(packet.text).interface.str();
    shown.to_evaluator = shown.to_kernel = packet.text;
    return true;
  }
  const auto& about = shown_[packet.about];
  if (packet.kind == Packet::Kind::Again) {
    shown = about;
    shown.left_evaluator = shown.left_kernel = std::nullopt;
    return !shown.interface.empty();
  }
  if (!about.left_evaluator || !about.left_kernel) return false;
  shown.interface = other(about.interface);
  const auto make = packet.kind == Packet::Kind::Answer ? answer_to : error_about;
  const auto expected = make(*about.left_evaluator, shown.interface);
  const auto real = make(*about.left_kernel, shown.interface);
  if (!expected || !real) return false;
  shown.to_evaluator = *expected;
  shown.to_kernel = *real;
  return true;
}

/// At once, or by way of what there was before: an empty text where the kernel takes it.
std::string Comparison::tell_kernel() {
  const auto whole = nft::replace(compiled_.table);
  const auto before = case_.before ? compiled(*case_.before) : compiler::Compiled{};
  if (!case_.before || !before.problems.empty()) return wire_.apply(whole);
  if (auto why = wire_.apply(nft::replace(before.table)); !why.empty()) return "before: " + why;
  const auto change = nft::change(before.table, compiled_.table);
  if (change != whole) ++extent_.changed;
  return nft::empty(change) ? std::string{} : wire_.apply(change);
}

Comparison::Outcome Comparison::run() {
  compiled_ = compiled(case_.policy);
  if (!compiled_.problems.empty()) return Outcome::NotForTheKernel;
  for (const auto& each : compiled_.rules) by_number_.emplace(each.number, &each);
  wire_.forget_flows();
  if (const auto why = tell_kernel(); !why.empty()) {
    difference_ = "the kernel refuses the rules: " + why;
    return Outcome::Differ;
  }
  NoChance chance;
  std::vector<Misplaced> misplaced;
  const auto lists = RuleLists::of(case_.policy.rules, misplaced);
  const auto nat = NatLists::of(case_.policy.nat);
  Evaluator evaluator{{lists, nat}, settings_of(case_.policy), chance};
  auto now = TimePoint{} + std::chrono::hours{1};
  for (const auto& packet : case_.packets) {
    now += std::chrono::milliseconds{1};
    auto& shown = shown_.emplace_back();
    if (!prepare(packet, shown)) {
      shown = {};
      continue;
    }
    if (differs(shown, evaluator, now)) return Outcome::Differ;
    if (over_) return Outcome::Unclear;
  }
  return Outcome::Agree;
}

bool Comparison::differs(Shown& shown, Evaluator& evaluator, TimePoint now) {
  const auto expected = foretold(evaluator, shown, now);
  if (over_) return false;
  const auto said = seen(shown, shown_.size());
  ++extent_.packets;
  if (said.left) ++extent_.passed;
  shown.left_evaluator = expected.left;
  shown.left_kernel = said.left;
  const bool agree = expected.log == said.log &&
                     expected.left.has_value() == said.left.has_value() &&
                     (!expected.left || same(*expected.left, *said.left));
  if (agree) return false;
  difference_ = shown.to_kernel + "\n  the evaluator says: " + text_of(expected) +
                "\n  the kernel: " + text_of(said);
  return true;
}

/// But for a port that was chosen by chance: any of the rule's will do.
bool Comparison::same(const packet::Packet& expected, const packet::Packet& seen) const {
  auto ends = expected.ends;
  if (chance_ != nullptr) {
    const auto& ports = *chance_->portmap;
    if (seen.ends.source_port < ports.first || seen.ends.source_port > ports.last) return false;
    ends.source_port = seen.ends.source_port;
  }
  if (ends != seen.ends || expected.protocol != seen.protocol) return false;
  if (expected.quoted.has_value() != seen.quoted.has_value()) return false;
  return !expected.quoted || chance_ != nullptr || expected.quoted->ends == seen.quoted->ends;
}

void Comparison::note(Said& said, const evaluator::Outcome& outcome, const packet::Packet& packet,
                      const Trace& trace) const {
  const bool by_state = has(trace, Step::Kind::InState);
  for (const auto& record : outcome.log) {
    char how = 'L';
    if (record.action == evaluator::LogRecord::Action::Pass) how = by_state ? 'P' : 'p';
    if (record.action == evaluator::LogRecord::Action::Block) how = by_state ? 'B' : 'b';
    const auto rule = std::find_if(
        compiled_.rules.begin(), compiled_.rules.end(), [&](const compiler::NumberedRule& each) {
          // A state may be of a rule of the other direction.
          const auto direction = by_state ? outcome.rule->direction : packet.direction;
          return each.kind == ListKind::Filter && each.direction == direction &&
                 each.id == record.rule;
        });
    said.log.push_back(line_of(how, record.rule, rule->rule, packet));
  }
}

/// Notes where the kernel's way of translating differs: it asks its rules about the first packet of
/// a flow only, and forgets what it did for a packet that was dropped.
void Comparison::note_translation(const Trace& trace, const packet::Packet& packet) {
  if (has(trace, Step::Kind::NotTranslated)) over_ = true;
  const auto translated = std::find_if(trace.begin(), trace.end(), [](const Step& step) {
    return step.kind == Step::Kind::Translated;
  });
  if (translated == trace.end()) return;
  const bool is_known = std::any_of(known_.begin(), known_.end(), [&](const packet::Ends& ends) {
    return ends == packet.ends || ends == packet.ends.reversed();
  });
  const bool made = std::string_view{translated->note} == evaluator::kNewSession;
  if (made && (is_known || !may_begin(packet))) over_ = true;
  if (packet.direction == Direction::Out && translated->nat->portmap && packet.carries_ports()) {
    chance_ = translated->nat;
  }
}

Said Comparison::foretold(Evaluator& evaluator, const Shown& shown, TimePoint now) {
  Said said;
  chance_ = nullptr;
  const auto octets = written(shown.to_evaluator).octets;
  const auto parsed = packet::parse_packet(octets);
  const auto* whole = std::get_if<packet::Packet>(&parsed);
  if (whole == nullptr) return said;
  auto packet = *whole;
  const auto first = packet.ends;
  for (const auto direction : {Direction::In, Direction::Out}) {
    packet.direction = direction;
    packet.interface = *InterfaceName::parse(
        direction == Direction::In ? shown.interface : other(shown.interface));
    Trace trace;
    const auto outcome = evaluator.evaluate(packet, now, &trace);
    note(said, outcome, direction == Direction::In ? outcome.packet : packet, trace);
    note_translation(trace, packet);
    packet = outcome.packet;
    packet.is_translated = false;
    if (!evaluator::passes(outcome.verdict)) return said;
  }
  // conntrack drops a flow from one end to the same end.
  if (packet.ends == packet.ends.reversed()) over_ = true;
  known_.push_back(first);
  known_.push_back(packet.ends);
  said.left = packet;
  return said;
}

Said Comparison::seen(const Shown& shown, std::size_t number) {
  // The number by which the packet is known again.
  const bool six = shown.to_kernel.rfind("in6", 0) == 0;
  auto text = shown.to_kernel;
  const auto quoted = text.find(" for ");
  if (!six) {
    text.insert(quoted == std::string::npos ? text.size() : quoted,
                " id=" + std::to_string(4000 + number));
  }
  const auto result = wire_.send(shown.interface, written(text).octets);
  Said said;
  for (const auto& record : result.records) {
    const char how = record.prefix.front();
    const auto id =
        how == 'L' ? static_cast<std::uint32_t>(std::stoul(record.prefix.substr(1))) : record.mark;
    const auto rule = by_number_.find(id);
    if (rule == by_number_.end()) {
      said.log.push_back(record.prefix + ": no rule has the number " + std::to_string(id));
      continue;
    }
    auto packet = std::get<packet::Packet>(packet::parse_packet(record.packet));
    packet.direction = record.direction;
    packet.interface = *InterfaceName::parse(record.interface);
    said.log.push_back(line_of(how, rule->second->id, rule->second->rule, std::move(packet)));
  }
  if (result.forwarded) {
    said.left = std::get<packet::Packet>(packet::parse_packet(*result.forwarded));
  }
  return said;
}

}  // namespace tunnel::filter::test
