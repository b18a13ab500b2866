#include "filter/ipmon/line_parser.hpp"

#include <charconv>
#include <ctime>
#include <utility>

namespace tunnel::filter::ipmon {

namespace {

template <typename Number>
std::optional<Number> number(std::string_view text) {
  Number value{};
  const auto* end = text.data() + text.size();
  const auto [rest, failed] = std::from_chars(text.data(), end, value);
  if (failed != std::errc{} || rest != end || text.empty()) return std::nullopt;
  return value;
}

/// Words of a line, one after the other.
class Words {
 public:
  explicit Words(std::string_view text) : rest_{text} {}

  std::string_view peek() const { return rest_.substr(0, rest_.find(' ')); }

  std::string_view next() {
    const auto word = peek();
    rest_.remove_prefix(std::min(word.size() + 1, rest_.size()));
    return word;
  }

  /// Whether that word comes next; then it is gone.
  bool skip(std::string_view word) {
    if (peek() != word) return false;
    next();
    return true;
  }

  std::string_view rest() const { return rest_; }

 private:
  std::string_view rest_;
};

/// "13/04/2005" and "15:02:11.123456", in local time.
std::optional<WallTime> parse_time(std::string_view date, std::string_view time) {
  constexpr std::size_t kDate = 10;
  constexpr std::size_t kTime = 15;
  if (date.size() != kDate || time.size() != kTime) return std::nullopt;
  const auto day = number<int>(date.substr(0, 2));
  const auto month = number<int>(date.substr(3, 2));
  const auto year = number<int>(date.substr(6, 4));
  const auto hour = number<int>(time.substr(0, 2));
  const auto minute = number<int>(time.substr(3, 2));
  const auto second = number<int>(time.substr(6, 2));
  const auto micros = number<int>(time.substr(9, 6));
  if (!day || !month || !year || !hour || !minute || !second || !micros) return std::nullopt;
  std::tm local{};
  local.tm_mday = *day;
  local.tm_mon = *month - 1;
  local.tm_year = *year - 1900;
  local.tm_hour = *hour;
  local.tm_min = *minute;
  local.tm_sec = *second;
  local.tm_isdst = -1;
  return std::chrono::system_clock::from_time_t(std::mktime(&local)) +
         std::chrono::microseconds{*micros};
}

/// "10.0.0.1,80", "10.0.0.1".
std::optional<Fields::End> parse_end(std::string_view text) {
  const auto comma = text.find(',');
  const auto host = HostAddress::parse(text.substr(0, comma));
  if (!host) return std::nullopt;
  Fields::End end{*host, std::nullopt};
  if (comma == std::string_view::npos) return end;
  end.port = number<std::uint16_t>(text.substr(comma + 1));
  if (!end.port) return std::nullopt;
  return end;
}

std::optional<Record::Action> parse_action(char letter) {
  switch (letter) {
    case 'p':
      return Record::Action::Passed;
    case 'b':
      return Record::Action::Blocked;
    case 'P':
      return Record::Action::PassedByDefault;
    case 'B':
      return Record::Action::BlockedByDefault;
    case 'L':
      return Record::Action::Logged;
    case 'n':
      return Record::Action::Unmatched;
    default:
      return std::nullopt;
  }
}

/// "12/10".
std::optional<Fields::Counts> parse_counts(std::string_view text) {
  const auto slash = text.find('/');
  if (slash == std::string_view::npos) return std::nullopt;
  const auto forward = number<std::uint64_t>(text.substr(0, slash));
  const auto backward = number<std::uint64_t>(text.substr(slash + 1));
  if (!forward || !backward) return std::nullopt;
  return Fields::Counts{*forward, *backward};
}

/// "SRC -> DST PR tcp": false where it is something else.
bool parse_ends(Words& words, Fields& fields) {
  const auto source = parse_end(words.next());
  const bool arrow = words.skip("->");
  const auto destination = parse_end(words.next());
  if (!source || !arrow || !destination || !words.skip("PR")) return false;
  fields.source = *source;
  fields.destination = *destination;
  fields.protocol = words.next();
  return true;
}

/// What stands behind the lengths.
void parse_tail(Words words, Fields& fields) {
  while (!words.rest().empty()) {
    const auto word = words.next();
    if (word == "K-S") fields.keeps_state = true;
    if (word == "K-F") fields.keeps_frags = true;
    if (word == "IN") fields.direction = Direction::In;
    if (word == "OUT") fields.direction = Direction::Out;
    const bool icmp = word == "icmp" || word == "ipv6-icmp";
    if (icmp && fields.icmp.empty() && word == fields.protocol) fields.icmp = words.next();
    if (word == "for") {  // the ends that an error is about
      for (int i = 0; i < 5; ++i) words.next();
    }
  }
}

/// "tun0 @300:2 p SRC -> DST PR tcp len 20 48 -S K-S K-F IN"
bool parse_packet(Words words, Fields& fields) {
  fields.interface = words.next();
  fields.rule = words.next();
  auto action = words.next();
  if (!fields.rule.starts_with('@')) return false;
  if (action.size() == 2 && action.front() == 'S') {
    fields.is_short = true;
    action.remove_prefix(1);
  }
  if (action.size() != 1) return false;
  fields.action = parse_action(action.front());
  if (!fields.action || !parse_ends(words, fields) || !words.skip("len")) return false;
  const auto header = number<unsigned>(words.next());
  auto total = words.next();
  if (total.size() > 2 && total.front() == '(' && total.back() == ')') {
    total = total.substr(1, total.size() - 2);
  }
  const auto size = number<unsigned>(total);
  if (!header || !size) return false;
  fields.header_size = *header;
  fields.size = *size;
  if (fields.protocol == "tcp" && words.peek().starts_with('-')) {
    fields.tcp_flags = words.next().substr(1);
  }
  parse_tail(words, fields);
  return fields.direction.has_value();
}

/// "@2 NAT:NEW-MAP IN <- -> OUT [PEER] tcp Pkts a/b Bytes c/d"
bool parse_translation(Words words, Fields& fields) {
  fields.rule = words.next();
  auto event = words.next();
  if (!fields.rule.starts_with('@') || !event.starts_with("NAT:")) return false;
  fields.event = event.substr(4);
  const auto inside = parse_end(words.next());
  if (!words.skip("<-") || !words.skip("->")) return false;
  fields.outside = parse_end(words.next());
  auto peer = words.next();
  if (peer.size() < 2 || peer.front() != '[' || peer.back() != ']') return false;
  const auto destination = parse_end(peer.substr(1, peer.size() - 2));
  if (!inside || !fields.outside || !destination) return false;
  fields.source = *inside;
  fields.destination = *destination;
  fields.protocol = words.next();
  if (words.skip("Pkts")) fields.packets = parse_counts(words.next());
  if (words.skip("Bytes")) fields.bytes = parse_counts(words.next());
  return true;
}

struct WayCounts {
  std::uint64_t packets = 0;
  std::uint64_t bytes = 0;
};

/// "Forward: Pkts in 12 Bytes in 840 Pkts out 12 Bytes out 840": what came in.
std::optional<WayCounts> parse_way(Words& words, std::string_view name) {
  if (!words.skip(name) || !words.skip("Pkts") || !words.skip("in")) return std::nullopt;
  const auto packets = number<std::uint64_t>(words.next());
  if (!words.skip("Bytes") || !words.skip("in")) return std::nullopt;
  const auto bytes = number<std::uint64_t>(words.next());
  for (int i = 0; i < 6; ++i) words.next();  // what went out
  if (!packets || !bytes) return std::nullopt;
  return WayCounts{*packets, *bytes};
}

/// "STATE:EXPIRE SRC -> DST PR tcp Forward: ... Backward: ..."
bool parse_state(Words words, Fields& fields) {
  const auto event = words.next();
  if (!event.starts_with("STATE:")) return false;
  fields.event = event.substr(6);
  if (!parse_ends(words, fields)) return false;
  const auto forward = parse_way(words, "Forward:");
  const auto backward = forward ? parse_way(words, "Backward:") : std::nullopt;
  if (!backward) return true;
  fields.packets = Fields::Counts{forward->packets, backward->packets};
  fields.bytes = Fields::Counts{forward->bytes, backward->bytes};
  return true;
}

}  // namespace

std::optional<Fields> parse_line(std::string_view line) {
  Words words{line.substr(0, line.find('\n'))};
  const auto date = words.next();
  const auto time = parse_time(date, words.next());
  if (!time) return std::nullopt;
  Fields common;
  common.time = *time;
  if (const auto times = words.peek(); times.ends_with('x')) {
    if (const auto count = number<unsigned>(times.substr(0, times.size() - 1))) {
      common.count = *count;
      words.next();
    }
  }
  common.text = words.rest();
  using Parse = bool (*)(Words, Fields&);
  for (const auto& [kind, parse] :
       {std::pair<Fields::Kind, Parse>{Fields::Kind::Packet, parse_packet},
        {Fields::Kind::Translation, parse_translation},
        {Fields::Kind::State, parse_state}}) {
    auto fields = common;
    fields.kind = kind;
    if (parse(words, fields)) return fields;
  }
  return common;
}

}  // namespace tunnel::filter::ipmon
