// A section of ppp.conf becomes a Link: its commands, one after the other, as ppp runs them.

#include "tunneld/import/link.hpp"

#include "tunneld/base/bytes.hpp"
#include "tunneld/base/text.hpp"
#include "tunneld/import/ppp_commands.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace tunnel::importer {

namespace {

constexpr unsigned kDeepest = 8;       // sections that load each other
constexpr unsigned kMostSteps = 5000;  // commands of a link, with all that it loads

/// Where a command comes from: what stands in "default" is there for links of every kind.
enum class Origin : std::uint8_t { Default, Own };

struct Sourced {
  const PppCommand* command;
  Origin origin;
};

bool is_load(const Command& command) {
  return command.name == "load" || (command.name == "dial" && !command.arguments.empty());
}

/// The commands of a section, with those of the sections that it loads in their place.
class Gatherer {
 public:
  explicit Gatherer(const PppFile& file) : file_{file} {}

  void gather(const PppSection& section, Origin origin, unsigned depth = 1) {
    for (const auto& command : section.commands) {
      if (++steps_ > kMostSteps) return;
      const auto known = resolve(command);
      if (!is_load(known)) {
        all.push_back({&command, origin});
        continue;
      }
      for (const auto& label : known.arguments) {
        const auto* other = file_.find(label);
        if (other != nullptr && depth < kDeepest) gather(*other, origin, depth + 1);
        if (++steps_ > kMostSteps) return;
      }
    }
  }

  bool complete() const noexcept { return steps_ <= kMostSteps; }

  std::vector<Sourced> all;

 private:
  const PppFile& file_;
  unsigned steps_ = 0;
};

/// "modem", "PPPoE", ...: what a device is that is no ssh.
std::string kind_of_device(std::string_view device) {
  if (device.starts_with("PPPoE:")) return "PPPoE";
  if (device.starts_with("PPPoA:")) return "PPPoA";
  if (device.starts_with("/dev/")) return "a serial line";
  if (device.starts_with('!')) return "a program of its own that is not ssh";
  if (device.find(':') != std::string_view::npos) return "a TCP or UDP connection";
  return "another device";
}

class LinkReader {
 public:
  LinkReader(Link& link, Findings& findings) : link_{link}, findings_{findings} {}

  void read(const Sourced& sourced) {
    const auto& command = *sourced.command;
    const auto known = resolve(command);
    if (read_device(known, command.where, sourced.origin)) return;
    if (read_setting(known, command.where)) return;
    if (read_secret(known, command.where)) return;
    if (read_negotiation(known, command)) return;
    list(known, command);
  }

  /// Once all has been read.
  Way way(const Evidence& evidence) {
    if (allowed_direct_ || (evidence.answers && !own_ssh_)) return Way::Answers;
    if (link_.ssh) return Way::Dials;
    if (own_device_ || phone_ || chats_) {
      link_.reason = own_device_ ? *own_device_ : "a modem";
      return Way::Other;
    }
    return own_addresses_ ? Way::Answers : Way::Nothing;
  }

  /// Says what was found on the way: only of links that are carried over.
  void tell() {
    for (auto& finding : waiting_) {
      if (finding.unneeded) {
        findings_.unneeded(finding.where, finding.what);
      } else {
        findings_.add(Attention::NotCarried, finding.where, finding.what, finding.advice);
      }
    }
  }

 private:
  struct Waiting {
    Place where;
    std::string what;
    std::string advice;
    bool unneeded = false;
  };

  bool read_device(const Command& known, const Place& where, Origin origin) {
    if (known.name == "set phone") phone_ = phone_ || origin == Origin::Own;
    if (known.name == "set login" || known.name == "set dial") {
      const bool empty = known.arguments.empty() || known.arguments.front().empty();
      chats_ = origin == Origin::Own && !empty;
    }
    if (known.name == "set ifaddr" && origin == Origin::Own) own_addresses_ = true;
    if (known.name == "allow") return read_allow(known);
    if (known.name != "set device") return false;
    link_.ssh = parse_ssh_device({known.arguments.begin(), known.arguments.end()});
    link_.ssh_where = where;
    own_ssh_ = link_.ssh && origin == Origin::Own;
    own_device_.reset();
    if (!link_.ssh && origin == Origin::Own && !known.arguments.empty()) {
      own_device_ = kind_of_device(known.arguments.front());
    }
    return true;
  }

  bool read_allow(const Command& known) {
    const auto& words = known.arguments;
    const auto is = [&](std::string_view word) {
      return std::find(words.begin(), words.end(), word) != words.end();
    };
    if (is("mode") || is("modes")) allowed_direct_ = is("direct") && !is("*") && words.size() == 2;
    return true;
  }

  /// Those that have a place of their own.
  bool read_setting(const Command& known, const Place& where) {
    struct One {
      std::string_view name;
      std::optional<Setting> Link::*place;
    };

    struct Several {
      std::string_view name;
      std::optional<WordsAt> Link::*place;
    };

    static constexpr auto kOnes = std::to_array<One>({{"set mru", &Link::mru},
                                                      {"set accmap", &Link::accm},
                                                      {"set lqrperiod", &Link::echo_period},
                                                      {"set timeout", &Link::timeout},
                                                      {"set authname", &Link::name}});
    static constexpr auto kSeverals = std::to_array<Several>({{"set ifaddr", &Link::addresses},
                                                              {"set redial", &Link::redial},
                                                              {"set dns", &Link::dns},
                                                              {"set nbns", &Link::nbns}});
    const auto& words = known.arguments;
    for (const auto& [name, place] : kOnes) {
      if (known.name != name) continue;
      link_.*place = std::nullopt;
      // "set mru max 1400" is the same to us.
      const auto at = name == "set mru" ? words.size() - 1 : 0;
      if (!words.empty()) link_.*place = Setting{words[at], where};
      return true;
    }
    for (const auto& [name, place] : kSeverals) {
      if (known.name != name) continue;
      link_.*place = WordsAt{{words.begin(), words.end()}, where};
      return true;
    }
    if (known.name == "add") {
      link_.routes.push_back({{words.begin(), words.end()}, where});
      return true;
    }
    return read_text(known, where);
  }

  bool read_text(const Command& known, const Place& where) {
    const auto& words = known.arguments;
    if (known.name == "ident") {
      Setting ident{{}, where};
      for (const auto& word : words) ident.text += (ident.text.empty() ? "" : " ") + word;
      link_.ident = std::move(ident);
      return true;
    }
    const bool named = known.name == "iface" && words.size() == 2 && words.front() == "name";
    if (named) link_.interface = Setting{words.back(), where};
    return named;
  }

  bool read_secret(const Command& known, const Place& where) {
    if (known.name != "set authkey") return false;
    link_.secret = Secret{};
    link_.secret_is_program = false;
    link_.secret_where = where;
    if (known.arguments.empty()) return true;
    const auto& text = known.arguments.front();
    if (text.starts_with('!') && !text.starts_with("!!")) {
      link_.secret_is_program = true;
    } else {
      // "!!" is how a secret that begins with "!" is written.
      link_.secret =
          Secret{to_bytes(std::string_view{text}.substr(text.starts_with("!!") ? 1 : 0))};
    }
    return true;
  }

  bool read_negotiation(const Command& known, const PppCommand& command) {
    const bool enabling = known.name == "enable" || known.name == "disable";
    const bool granting = known.name == "accept" || known.name == "deny";
    if (!enabling && !granting) return false;
    const bool yes = known.name == "enable" || known.name == "accept";
    for (const auto& word : known.arguments) {
      const auto option = option_name(word);
      const auto advice = advice_about_option(option);
      if (advice.fate == Fate::Unknown || (advice.fate == Fate::NotCarried && yes && enabling)) {
        wait(command.where, std::string{known.name} + ' ' + word, advice.text);
      }
      if (option.empty()) continue;
      auto& said = link_.options[std::string{option}];
      (enabling ? said.enabled : said.accepted) = yes;
      said.where = command.where;
    }
    return true;
  }

  void list(const Command& known, const PppCommand& command) {
    const auto advice = advice_about(known);
    if (advice.fate == Fate::Unneeded) {
      waiting_.push_back({command.where, std::string{known.name}, {}, true});
    } else if (known.name == "set filter" || known.name == "nat" || known.name == "shell") {
      // One of many lines that say one thing together.
      wait(command.where,
           "the " + std::string{known.name == "shell" ? "command" : known.name} + " lines of " +
               in_quotes(link_.label),
           advice.text);
    } else {
      wait(command.where, shown(command), advice.text);
    }
  }

  void wait(const Place& where, std::string what, std::string_view advice) {
    waiting_.push_back({where, std::move(what), std::string{advice}});
  }

  Link& link_;
  Findings& findings_;
  std::vector<Waiting> waiting_;
  std::optional<std::string> own_device_;
  bool own_ssh_ = false;
  bool phone_ = false;
  bool chats_ = false;
  bool own_addresses_ = false;
  bool allowed_direct_ = false;
};

}  // namespace

Link read_link(const PppFile& file, const PppSection& section, const Evidence& evidence,
               Findings& findings) {
  Link link;
  link.label = section.label;
  link.where = section.where;
  Gatherer commands{file};
  if (const auto* common = file.find("default")) commands.gather(*common, Origin::Default);
  commands.gather(section, Origin::Own);
  LinkReader reader{link, findings};
  for (const auto& command : commands.all) reader.read(command);
  link.way = reader.way(evidence);
  if (!commands.complete()) {
    findings.add(
        Attention::NotCarried, section.where,
        "the section " + in_quotes(section.label) + " has too many commands, and not all were read",
        "see what it loads, and write the rest in the profile");
  }
  if (link.way == Way::Dials || link.way == Way::Answers) reader.tell();
  return link;
}

void read_link_up(const PppSection& section, Link& link, Findings& findings) {
  for (const auto& command : section.commands) {
    const auto known = resolve(command);
    if (known.name == "add") {
      link.routes.push_back({{known.arguments.begin(), known.arguments.end()}, command.where});
      continue;
    }
    const auto advice = advice_about(known);
    if (advice.fate == Fate::Unneeded) {
      findings.unneeded(command.where, known.name);
    } else {
      findings.add(Attention::NotCarried, command.where, shown(command), advice.text);
    }
  }
}

std::vector<std::string> loaded_labels(const PppFile& file) {
  std::vector<std::string> labels;
  for (const auto& section : file.sections) {
    for (const auto& command : section.commands) {
      const auto known = resolve(command);
      if (!is_load(known)) continue;
      labels.insert(labels.end(), known.arguments.begin(), known.arguments.end());
    }
  }
  return labels;
}

}  // namespace tunnel::importer
