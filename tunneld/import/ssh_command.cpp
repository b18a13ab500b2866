#include "tunneld/import/ssh_command.hpp"

#include "tunneld/import/ppp_conf.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace tunnel::importer {

namespace {

using Words = std::vector<std::string>;

std::string_view program_name(std::string_view word) {
  return word.substr(word.rfind('/') + 1);  // npos + 1 is 0
}

bool is_ssh(std::string_view word) {
  const auto name = program_name(word);
  return name == "ssh" || name == "slogin" || name == "ssh1" || name == "ssh2";
}

/// Programs that run the one behind them.
bool runs_another(std::string_view word) {
  constexpr auto kNames = std::to_array<std::string_view>(
      {"sudo", "su", "env", "nice", "sh", "exec", "csh", "tcsh", "bash", "nohup", "daemon"});
  return std::find(kNames.begin(), kNames.end(), program_name(word)) != kNames.end();
}

/// The words from ssh on; a command that is one word for a shell is taken apart.
std::optional<Words> from_ssh_on(const Words& words) {
  if (words.empty()) return std::nullopt;
  if (is_ssh(words.front())) return words;
  if (!runs_another(words.front())) return std::nullopt;
  for (auto at = words.begin() + 1; at != words.end(); ++at) {
    if (is_ssh(*at)) return Words(at, words.end());
    if (at->find(' ') == std::string::npos) continue;
    auto inner = nested_words(*at);
    if (!inner) continue;
    const auto ssh = std::find_if(inner->begin(), inner->end(), is_ssh);
    if (ssh != inner->end()) return Words(ssh, inner->end());
  }
  return std::nullopt;
}

/// Options with a value, of every OpenSSH there has been.
constexpr std::string_view kWithValue = "BDEFIJLOQRSWbceilmopw";
/// Of these and of the others, those that change what a link is.
constexpr std::string_view kMeaningful = "DFJLRWbw";

class SshReader {
 public:
  explicit SshReader(Words words) : words_{std::move(words)} {}

  SshCommand read() {
    while (++at_ < words_.size()) {
      const auto& word = words_[at_];
      if (word.size() > 1 && word.front() == '-' && command_.remote.empty()) {
        read_options(std::string_view{word}.substr(1));
      } else if (!host_read_) {
        read_host(word);
      } else {
        command_.remote += (command_.remote.empty() ? "" : " ") + word;
      }
    }
    return std::move(command_);
  }

 private:
  /// "-xp 2222", "-xp2222".
  void read_options(std::string_view letters) {
    while (!letters.empty()) {
      const char letter = letters.front();
      letters.remove_prefix(1);
      if (kWithValue.find(letter) == std::string_view::npos) continue;
      std::string value{letters};
      if (value.empty() && at_ + 1 < words_.size()) value = words_[++at_];
      take(letter, value);
      return;
    }
  }

  void take(char letter, const std::string& value) {
    if (letter == 'l') command_.user = value;
    if (letter == 'p') command_.port = value;
    if (letter == 'i') command_.identity = value;
    if (letter == 'o') read_setting(value);
    if (kMeaningful.find(letter) != std::string_view::npos) {
      command_.left_out.push_back(std::string{"-"} + letter);
    }
  }

  /// "-o Port=2222", "-o 'Port 2222'".
  void read_setting(std::string_view text) {
    const auto end = text.find_first_of("= \t");
    std::string name{text.substr(0, end)};
    const auto begin = std::min(text.find_first_not_of("= \t", end), text.size());
    std::string value{end == std::string_view::npos ? std::string_view{} : text.substr(begin)};
    std::transform(name.begin(), name.end(), name.begin(), [](char c) {
      return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    });
    constexpr auto kLeftOut = std::to_array<std::string_view>(
        {"proxycommand", "proxyjump", "bindaddress", "bindinterface", "localforward",
         "remoteforward", "dynamicforward", "hostkeyalias"});
    if (name == "user") command_.user = value;
    if (name == "port") command_.port = value;
    if (name == "identityfile") command_.identity = value;
    if (name == "hostname") real_host_ = value;
    if (std::find(kLeftOut.begin(), kLeftOut.end(), name) != kLeftOut.end()) {
      command_.left_out.push_back("-o " + std::string{text.substr(0, end)});
    }
  }

  void read_host(std::string_view word) {
    constexpr std::string_view kScheme = "ssh://";
    if (word.starts_with(kScheme)) word.remove_prefix(kScheme.size());
    const auto at = word.rfind('@');
    if (at != std::string_view::npos) {
      command_.user = word.substr(0, at);
      word.remove_prefix(at + 1);
    }
    host_read_ = true;
    command_.host = real_host_.empty() ? std::string{word} : real_host_;
  }

  Words words_;
  std::size_t at_ = 0;
  SshCommand command_;
  std::string real_host_;
  bool host_read_ = false;
};

}  // namespace

std::optional<SshCommand> parse_ssh_device(const std::vector<std::string>& words) {
  if (words.empty() || !words.front().starts_with('!')) return std::nullopt;
  Words all;
  for (const auto& word : words) {
    // What was in quotes of its own is taken apart as ppp does before it runs the program.
    auto parts = nested_words(&word == &words.front() ? word.substr(1) : word);
    if (!parts) return std::nullopt;
    all.insert(all.end(), parts->begin(), parts->end());
  }
  auto ssh = from_ssh_on(all);
  if (!ssh) return std::nullopt;
  return SshReader{*std::move(ssh)}.read();
}

std::optional<std::string> direct_label(std::string_view command) {
  auto words = nested_words(command);
  if (!words) return std::nullopt;
  // The whole of it in quotes, for a shell.
  for (std::size_t at = 0; at < words->size(); ++at) {
    if ((*words)[at].find(' ') == std::string::npos) continue;
    if (auto label = direct_label((*words)[at])) return label;
  }
  const auto ppp = std::find_if(words->begin(), words->end(),
                                [](const auto& word) { return program_name(word) == "ppp"; });
  if (ppp == words->end() || std::find(ppp, words->end(), "-direct") == words->end()) {
    return std::nullopt;
  }
  for (auto at = ppp + 1; at != words->end(); ++at) {
    if (!at->empty() && at->front() != '-') return *at;
  }
  return std::nullopt;
}

}  // namespace tunnel::importer
