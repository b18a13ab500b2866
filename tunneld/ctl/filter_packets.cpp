#include "tunneld/ctl/filter_packets.hpp"

#include "filter/model/interface_word.hpp"
#include "filter/packet/packet_parser.hpp"
#include "filter/packet/packet_text.hpp"
#include "tunneld/base/hex.hpp"
#include "tunneld/base/text.hpp"
#include "tunneld/ctl/units.hpp"

#include <algorithm>
#include <cctype>
#include <optional>
#include <utility>

namespace tunnel::ctl {

namespace {

using filter::packet::Packet;

constexpr std::string_view kBlanks = " \t\r";

std::string_view trimmed(std::string_view text) {
  text.remove_prefix(std::min(text.find_first_not_of(kBlanks), text.size()));
  const auto last = text.find_last_not_of(kBlanks);
  return text.substr(0, last == std::string_view::npos ? 0 : last + 1);
}

/// Takes the first word, and leaves what follows it.
std::string_view take_word(std::string_view& text) {
  text = trimmed(text);
  const auto size = std::min(text.find_first_of(kBlanks), text.size());
  const auto word = text.substr(0, size);
  text = trimmed(text.substr(size));
  return word;
}

/// Reads a file line by line. Both forms know remarks and "after".
class PacketReader {
 public:
  explicit PacketReader(const std::string& name) : name_{name} {}

  virtual ~PacketReader() = default;

  TestPackets read(std::string_view text) {
    while (!text.empty()) {
      const auto end = std::min(text.find('\n'), text.size());
      line_ = text.substr(0, end);
      text.remove_prefix(std::min(end + 1, text.size()));
      ++number_;
      const auto content = trimmed(line_.substr(0, std::min(line_.find('#'), line_.size())));
      if (content.empty()) {
        finish();
      } else if (content.starts_with("after ")) {
        finish();
        pass_time(content);
      } else {
        take_line(content);
      }
    }
    finish();
    return std::move(found_);
  }

 protected:
  virtual void take_line(std::string_view content) = 0;
  /// What was begun on the lines before ends here.
  virtual void finish() = 0;

  void add(filter::packet::WrittenPacket written) {
    auto& added = found_.packets.emplace_back();
    added.after = std::exchange(after_, {});
    added.direction = written.direction;
    added.interface = written.interface;
    added.packet = filter::packet::parse_packet(written.octets);
    if (auto* packet = std::get_if<Packet>(&added.packet)) {
      packet->direction = written.direction;
      packet->interface = written.interface;
    }
  }

  void wrong(std::size_t column, std::size_t width, std::string message, std::string hint = {}) {
    found_.mistakes.push_back(
        Diagnostic{.file = name_,
                   .line = number_,
                   .first_column = static_cast<unsigned>(column),
                   .last_column = static_cast<unsigned>(column + std::max<std::size_t>(width, 1)),
                   .message = std::move(message),
                   .source_line = std::string{line_},
                   .hint = std::move(hint)});
  }

  /// Where a part of the line stands in it, from 1.
  std::size_t column_of(std::string_view part) const {
    return static_cast<std::size_t>(part.data() - line_.data()) + 1;
  }

  std::string_view line() const { return line_; }

 private:
  void pass_time(std::string_view content) {
    auto rest = content;
    take_word(rest);
    const auto time = parse_duration(std::string{rest});
    if (!time) {
      wrong(column_of(content), content.size(), in_quotes(rest) + " is not a time",
            "a number and ms, s, m or h, as in after 20s");
      return;
    }
    after_ += *time;
  }

  std::string name_;
  std::string_view line_{};
  unsigned number_ = 0;
  std::chrono::milliseconds after_{};
  TestPackets found_{};
};

class TextReader final : public PacketReader {
 public:
  using PacketReader::PacketReader;

 private:
  void take_line(std::string_view /*content*/) override {
    auto result = filter::packet::parse_packet_text(line());
    if (auto* mistake = std::get_if<filter::packet::TextMistake>(&result)) {
      wrong(mistake->column, mistake->width, std::move(mistake->message), std::move(mistake->hint));
      return;
    }
    add(std::move(std::get<filter::packet::WrittenPacket>(result)));
  }

  void finish() override {}
};

class HexReader final : public PacketReader {
 public:
  using PacketReader::PacketReader;

 private:
  void take_line(std::string_view content) override {
    if (content.front() == '[') {
      finish();
      begin_block(content);
    } else if (content.starts_with("in") || content.starts_with("out")) {
      finish();
      begin_line(content);
    } else {
      if (!open_) open_.emplace();
      take_octets(content);
    }
  }

  /// "[in,em0]"
  void begin_block(std::string_view content) {
    if (content.back() != ']') {
      wrong(column_of(content), content.size(), "expected ] at the end", "as [in,em0]");
      return;
    }
    const auto inside = content.substr(1, content.size() - 2);
    const auto comma = std::min(inside.find(','), inside.size());
    open_.emplace();
    set_direction(trimmed(inside.substr(0, comma)));
    if (comma < inside.size()) set_interface(trimmed(inside.substr(comma + 1)));
  }

  /// "in on em0 4500 0028"
  void begin_line(std::string_view content) {
    open_.emplace();
    auto rest = content;
    set_direction(take_word(rest));
    auto behind = rest;
    if (take_word(behind) == "on") {
      rest = behind;
      set_interface(take_word(rest));
    }
    take_octets(rest);
  }

  void set_direction(std::string_view word) {
    if (word != "in" && word != "out") {
      wrong(column_of(word), word.size(), in_quotes(word) + " is neither in nor out");
    }
    open_->direction = word == "out" ? filter::Direction::Out : filter::Direction::In;
  }

  void set_interface(std::string_view word) {
    const auto name = filter::interface_called(word);
    if (!name) {
      wrong(column_of(word), word.size(), in_quotes(word) + " is not the name of an interface");
    }
    open_->interface = name.value_or(InterfaceName{});
  }

  void take_octets(std::string_view text) {
    std::string digits;
    for (const char c : text) {
      if (kBlanks.find(c) == std::string_view::npos) {
        digits += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
      }
    }
    const auto octets = from_hex(digits);
    if (!octets || octets->empty()) {
      wrong(column_of(text), text.size(), "these are no octets in hexadecimal",
            "two digits each, as in on em0 4500 001c 0000 …");
      return;
    }
    open_->octets.insert(open_->octets.end(), octets->begin(), octets->end());
  }

  void finish() override {
    if (open_ && !open_->octets.empty()) add(std::move(*open_));
    open_.reset();
  }

  std::optional<filter::packet::WrittenPacket> open_{};
};

}  // namespace

TestPackets packets_of_text(const std::string& name, std::string_view text) {
  return TextReader{name}.read(text);
}

TestPackets packets_of_hex(const std::string& name, std::string_view text) {
  return HexReader{name}.read(text);
}

}  // namespace tunnel::ctl
