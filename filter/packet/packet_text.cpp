// A line becomes fields, and those octets: whoever reads them then sees what a packet on the wire
// with the same headers would show.

#include "filter/packet/packet_text.hpp"

#include "filter/language/rule_reader.hpp"
#include "filter/language/words.hpp"
#include "filter/model/interface_word.hpp"
#include "filter/model/protocols.hpp"
#include "filter/packet/written.hpp"
#include "tunneld/base/text.hpp"

#include <algorithm>
#include <optional>
#include <utility>

namespace tunnel::filter::packet {

namespace {

struct Piece {
  std::string_view text{};
  std::size_t column = 1;
};

std::vector<Piece> pieces_of(std::string_view line) {
  std::vector<Piece> pieces;
  std::size_t at = 0;
  while ((at = line.find_first_not_of(" \t\r", at)) != std::string_view::npos) {
    if (line[at] == '#') break;
    const auto end = std::min(line.find_first_of(" \t\r", at), line.size());
    pieces.push_back({line.substr(at, end - at), at + 1});
    at = end;
  }
  return pieces;
}

std::optional<std::uint8_t> protocol_of(std::string_view word) {
  if (const auto known = language::protocol_number(word)) return known;
  const auto number = language::parse_number(word);
  if (!number || *number > 0xff) return std::nullopt;
  return static_cast<std::uint8_t>(*number);
}

/// Reads pieces; like RuleReader it plays dead after the first mistake.
class PacketTextParser {
 public:
  explicit PacketTextParser(std::string_view line)
      : pieces_{pieces_of(line)}, end_{{}, line.size() + 1} {}

  std::variant<WrittenPacket, TextMistake> parse() {
    parse_direction();
    if (accept("on")) parse_interface();
    fields_.ends = parse_ends();
    parse_transport();
    while (!mistake_ && at_ < pieces_.size()) parse_option();
    check_whole();
    if (mistake_) return *mistake_;
    packet_.octets = octets_of(fields_);
    return std::move(packet_);
  }

 private:
  const Piece& peek() const { return at_ < pieces_.size() && !mistake_ ? pieces_[at_] : end_; }

  Piece take() {
    const auto piece = peek();
    if (at_ < pieces_.size()) ++at_;
    return piece;
  }

  bool accept(std::string_view word) {
    if (peek().text != word) return false;
    take();
    return true;
  }

  void wrong(const Piece& piece, std::string message, std::string hint = {}) {
    if (mistake_) return;
    mistake_ = TextMistake{piece.column, std::max<std::size_t>(piece.text.size(), 1),
                           std::move(message), std::move(hint)};
  }

  static std::string shown(const Piece& piece) {
    return piece.text.empty() ? "the end of the line" : in_quotes(piece.text);
  }

  void parse_direction() {
    const auto piece = take();
    six_ = piece.text.ends_with('6');
    const auto word = piece.text.substr(0, piece.text.size() - (six_ ? 1 : 0));
    if (word != "in" && word != "out") {
      wrong(piece, "a packet goes in or out, and not " + shown(piece),
            "as in on em0 tcp 10.0.0.1,1024 10.0.0.2,80 S; in6 and out6 are of IPv6");
    }
    packet_.direction = word == "out" ? Direction::Out : Direction::In;
  }

  void parse_interface() {
    const auto piece = take();
    const auto name = interface_called(piece.text);
    if (!name) wrong(piece, shown(piece) + " is not the name of an interface");
    packet_.interface = name.value_or(InterfaceName{});
  }

  /// "tcp 10.0.0.1,1024 10.0.0.2,80"; without a protocol it is none that has ports.
  WrittenEnds parse_ends() {
    constexpr std::uint8_t kNoNextHeader = 59;
    WrittenEnds ends;
    ends.protocol = six_ ? kNoNextHeader : 0;
    const auto piece = peek();
    if (const auto number = protocol_of(piece.text)) {
      ends.protocol = *number;
      take();
    } else if (!piece.text.empty() && piece.text.find_first_of(".:,") == std::string_view::npos) {
      wrong(piece, shown(piece) + " is not a protocol", "tcp, udp, icmp, ipv6-icmp, or a number");
    }
    parse_end(ends.protocol, ends.source, ends.source_port);
    parse_end(ends.protocol, ends.destination, ends.destination_port);
    return ends;
  }

  void parse_end(std::uint8_t protocol, HostAddress& host, std::uint16_t& port) {
    const auto piece = take();
    const auto comma = piece.text.find(',');
    const auto address = HostAddress::parse(piece.text.substr(0, comma));
    if (!address) {
      wrong(piece, shown(piece) + " is not an address",
            has_ports(protocol) ? "an address and a port, as 10.0.0.1,1024" : "as 10.0.0.1");
      return;
    }
    if ((address->family() == Family::Ipv6) != six_) {
      wrong(piece, shown(piece) + " is of the other family", "in6 and out6 are of IPv6");
    }
    host = *address;
    if (!has_ports(protocol)) {
      if (comma != std::string_view::npos) wrong(piece, "only TCP and UDP have ports");
      return;
    }
    if (comma == std::string_view::npos) {
      wrong(piece, "TCP and UDP have ports", "write " + host.str() + ",1024");
      return;
    }
    port = static_cast<std::uint16_t>(number_in(piece, piece.text.substr(comma + 1), 0xffff));
  }

  std::uint32_t number_in(const Piece& piece, std::string_view text, std::uint32_t most) {
    const auto number = language::parse_number(text);
    if (number && *number <= most) return *number;
    wrong(piece, in_quotes(text) + " is not a number from 0 to " + std::to_string(most));
    return 0;
  }

  void parse_transport() {
    const auto word = peek().text;
    if (fields_.ends.protocol == kTcp && !word.empty() &&
        word.find_first_not_of("FSRPAUEC") == std::string_view::npos) {
      fields_.flags = language::tcp_flags(take().text).value_or(0);
    }
    if (fields_.ends.protocol == (six_ ? kIcmp6 : kIcmp)) parse_icmp();
  }

  void parse_icmp() {
    const auto piece = peek();
    const auto comma = piece.text.find(',');
    const auto word = piece.text.substr(0, comma);
    const auto named = language::icmp_type(word, six_ ? Family::Ipv6 : Family::Ipv4);
    const auto number = language::parse_number(word);
    if (!named && (!number || *number > 0xff)) return;
    take();
    fields_.icmp_type = named ? *named : static_cast<std::uint8_t>(*number);
    if (comma != std::string_view::npos) {
      fields_.icmp_code =
          static_cast<std::uint8_t>(number_in(piece, piece.text.substr(comma + 1), 0xff));
    }
  }

  void parse_option() {
    const auto piece = take();
    if (piece.text == "opt") return parse_ip_options();
    if (piece.text == "mf") {
      fields_.more_fragments = true;
    } else if (piece.text == "for") {
      fields_.quoted = parse_ends();
    } else if (const auto equals = piece.text.find('='); equals == std::string_view::npos) {
      wrong(piece, shown(piece) + " is not expected here",
            "flags of TCP or a type of ICMP, opt, mf, and seq= ack= win= urp= mss= id= query= off= "
            "ttl= tos= len= body=");
    } else {
      parse_value(piece, piece.text.substr(0, equals), piece.text.substr(equals + 1));
    }
  }

  void parse_ip_options() {
    const auto piece = take();
    if (six_) wrong(piece, "IPv6 has no options of this kind");
    auto rest = piece.text;
    while (!rest.empty()) {
      const auto comma = std::min(rest.find(','), rest.size());
      const auto type = option_type(rest.substr(0, comma));
      if (!type) wrong(piece, in_quotes(rest.substr(0, comma)) + " is not an IP option");
      fields_.options.push_back(type.value_or(1));
      rest.remove_prefix(std::min(comma + 1, rest.size()));
    }
    if (piece.text.empty()) wrong(piece, "opt wants the names of options, as opt lsrr,ts");
    if (option_octets_of(fields_.options) > kMostOptionOctets) {
      wrong(piece, "these options take more than the 40 octets that there are");
    }
  }

  /// A name, or a number from 1: 0 would end the list.
  static std::optional<std::uint8_t> option_type(std::string_view word) {
    const auto named = language::ip_option(word);
    const auto number = language::parse_number(word);
    if (named || !number || *number == 0 || *number > 0xff) return named;
    return static_cast<std::uint8_t>(*number);
  }

  void parse_value(const Piece& piece, std::string_view key, std::string_view text) {
    const auto number = [&](std::uint32_t most) { return number_in(piece, text, most); };
    const auto octet = [&] { return static_cast<std::uint8_t>(number(0xff)); };
    const auto word = [&] { return static_cast<std::uint16_t>(number(0xffff)); };
    constexpr std::uint32_t kMostOctets = 65'000;
    if (key == "seq") {
      fields_.sequence = number(0xffff'ffff);
    } else if (key == "ack") {
      fields_.acknowledgement = number(0xffff'ffff);
    } else if (key == "win") {
      fields_.window = word();
    } else if (key == "urp") {
      fields_.urgent = word();
    } else if (key == "mss") {
      fields_.segment_size = word();
    } else if (key == "id") {
      fields_.id = number(six_ ? 0xffff'ffff : 0xffff);
    } else if (key == "query") {
      fields_.query = word();
    } else if (key == "off") {
      fields_.offset = number(65'528);
      if (fields_.offset % 8 != 0) wrong(piece, "fragments begin at multiples of 8 octets");
    } else if (key == "ttl") {
      fields_.ttl = octet();
    } else if (key == "tos") {
      fields_.tos = octet();
    } else if (key == "len") {
      fields_.payload = number(kMostOctets);
    } else if (key == "body") {
      fields_.body = number(kMostOctets);
    } else {
      wrong(piece, "there is no " + in_quotes(key),
            "seq= ack= win= urp= mss= id= query= off= ttl= tos= len= body=");
    }
  }

  void check_whole() {
    if (fields_.quoted && !fields_.more_fragments && fields_.offset == 0) return;
    if (fields_.quoted) wrong(end_, "a fragment quotes nothing here");
  }

  std::vector<Piece> pieces_;
  Piece end_;
  std::size_t at_ = 0;
  bool six_ = false;
  std::optional<TextMistake> mistake_;
  WrittenPacket packet_;
  WrittenFields fields_;
};

}  // namespace

std::variant<WrittenPacket, TextMistake> parse_packet_text(std::string_view line) {
  return PacketTextParser{line}.parse();
}

}  // namespace tunnel::filter::packet
