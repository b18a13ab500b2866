#include "tunneld/import/ssh_files.hpp"

#include "tunneld/base/text.hpp"
#include "tunneld/config/public_key.hpp"
#include "tunneld/config/values.hpp"
#include "tunneld/import/rc_conf.hpp"
#include "tunneld/import/ssh_command.hpp"

#include <algorithm>
#include <optional>
#include <utility>

namespace tunnel::importer {

namespace {

/// Calls `each` with every line that says something, and its number.
template <typename Each>
void for_each_line(std::string_view text, Each each) {
  for (unsigned number = 1; !text.empty(); ++number) {
    const auto end = std::min(text.find('\n'), text.size());
    auto line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    while (!line.empty() && (line.back() == '\r' || line.back() == ' ')) line.remove_suffix(1);
    const auto begin = std::min(line.find_first_not_of(" \t"), line.size());
    line.remove_prefix(begin);
    if (!line.empty() && line.front() != '#') each(line, number);
  }
}

std::vector<std::string> split(std::string_view text, char separator) {
  std::vector<std::string> parts;
  while (true) {
    const auto end = std::min(text.find(separator), text.size());
    parts.emplace_back(text.substr(0, end));
    if (end == text.size()) return parts;
    text.remove_prefix(end + 1);
  }
}

struct Option {
  std::string name{};
  std::string value{};
};

/// The options in front of a key of authorized_keys, sshd(8), and where the key begins.
class Options {
 public:
  /// nullopt: a quote is open.
  static std::optional<Options> of(std::string_view line) {
    Options options;
    bool quoted = false;
    Option current;
    bool in_value = false;
    std::size_t at = 0;
    for (; at < line.size(); ++at) {
      const char c = line[at];
      auto& into = in_value ? current.value : current.name;
      if (c == '\\' && quoted && at + 1 < line.size() && line[at + 1] == '"') {
        into += line[++at];
      } else if (c == '"') {
        quoted = !quoted;
      } else if (!quoted && (c == ',' || c == ' ' || c == '\t')) {
        options.all_.push_back(std::exchange(current, {}));
        in_value = false;
        if (c != ',') break;
      } else if (!quoted && c == '=' && !in_value) {
        in_value = true;
      } else {
        into += c;
      }
    }
    if (quoted) return std::nullopt;
    const auto key = line.find_first_not_of(" \t", at);
    options.key_ = key == std::string_view::npos ? "" : std::string{line.substr(key)};
    return options;
  }

  std::string value(std::string_view name) const {
    const auto found =
        std::find_if(all_.begin(), all_.end(), [&](const auto& each) { return each.name == name; });
    return found == all_.end() ? std::string{} : found->value;
  }

  const std::string& key() const noexcept { return key_; }

 private:
  std::vector<Option> all_;
  std::string key_;
};

/// The networks of from="", and a word on whatever else is in it.
std::vector<std::string> networks_of(const std::string& from, const Place& where,
                                     Findings& findings) {
  std::vector<std::string> networks;
  if (from.empty()) return networks;
  for (const auto& pattern : split(from, ',')) {
    const auto network = config::source_network(pattern);
    if (network.has_value()) {
      networks.push_back(*network);
    } else {
      findings.add(Attention::NotCarried, where, "from=" + in_quotes(pattern) + " is no network",
                   "write the networks that the far gateway may come from: from = "
                   "[\"192.0.2.0/24\"] in its profile");
    }
  }
  return networks;
}

}  // namespace

HostKeys keys_of_host(std::string_view known_hosts, const std::string& host,
                      const std::string& port) {
  HostKeys keys;
  std::vector<std::string> revoked;
  const bool usual = port.empty() || port == "22";
  const auto name = usual ? host : '[' + host + "]:" + port;
  for_each_line(known_hosts, [&](std::string_view line, unsigned) {
    const auto fields = list_of(line);
    if (fields.size() < 3) return;
    if (fields.size() > 3 && fields.front() == "@revoked") {
      revoked.push_back(fields[2] + ' ' + fields[3]);
    }
    if (fields.front().starts_with('|')) keys.hashed = true;
    const auto names = split(fields.front(), ',');
    if (std::find(names.begin(), names.end(), name) == names.end()) return;
    auto key = config::host_key(fields[1] + ' ' + fields[2]);
    if (!key.has_value()) {
      keys.others = true;
    } else if (std::find(keys.usable.begin(), keys.usable.end(), *key) == keys.usable.end()) {
      keys.usable.push_back(*std::move(key));
    }
  });
  std::erase_if(keys.usable, [&](const std::string& key) {
    return std::find(revoked.begin(), revoked.end(), key) != revoked.end();
  });
  return keys;
}

std::vector<DirectKey> parse_authorized_keys(const OldFile& file, Findings& findings) {
  std::vector<DirectKey> all;
  for_each_line(file.text, [&](std::string_view line, unsigned number) {
    const auto options = Options::of(line);
    if (!options) return;
    auto label = direct_label(options->value("command"));
    if (!label) return;
    const Place where{file.name, number};
    const auto key = config::authorized_key(options->key());
    if (!key.has_value()) {
      findings.add(Attention::NotCarried, where,
                   "the key that opened " + in_quotes(*label) + ": " + key.error().message,
                   key.error().hint);
      return;
    }
    auto text = key->type + ' ' + key->base64 + (key->comment.empty() ? "" : ' ' + key->comment);
    all.push_back({*std::move(label), std::move(text),
                   networks_of(options->value("from"), where, findings), where});
  });
  return all;
}

}  // namespace tunnel::importer
