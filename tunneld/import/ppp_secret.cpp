#include "tunneld/import/ppp_secret.hpp"

#include "tunneld/base/bytes.hpp"
#include "tunneld/base/text.hpp"
#include "tunneld/import/ppp_conf.hpp"

#include <algorithm>
#include <utility>

namespace tunnel::importer {

namespace {

constexpr std::size_t kLongest = 255;

void read_line(std::string_view line, const Place& where, std::vector<PppSecret>& all,
               Findings& findings) {
  auto words = plain_words(line);
  if (words && words->empty()) return;
  if (!words || words->size() < 2) {
    findings.add(Attention::NotCarried, where, "this line is no name with its secret",
                 "write the secret in secrets.toml");
    return;
  }
  const auto& name = words->front();
  auto& secret = (*words)[1];
  if (secret == "*") {
    findings.add(Attention::NotCarried, where,
                 "the password of the account " + in_quotes(name) + " opened PPP",
                 "tunneld does not ask the accounts of the machine; write a secret in "
                 "secrets.toml");
    return;
  }
  if (!can_be_secret(name, secret)) {
    findings.add(Attention::NotCarried, where,
                 "the secret of " + in_quotes(name) + " cannot stand in secrets.toml",
                 "agree on another: at most 255 bytes, UTF-8, no control characters");
    return;
  }
  const auto same = [&](const auto& other) { return other.name == name; };
  if (std::any_of(all.begin(), all.end(), same)) {
    findings.add(Attention::NotCarried, where, "a second secret of " + in_quotes(name),
                 "one name has one secret; agree on it");
    return;
  }
  PppSecret entry{name, Secret{to_bytes(secret)}, {}, where};
  if (words->size() > 2 && (*words)[2] != "*") entry.address = (*words)[2];
  if (words->size() > 3) {
    findings.unneeded(where, "label and callback of " + in_quotes(name));
  }
  all.push_back(std::move(entry));
  wipe(secret);
}

}  // namespace

bool can_be_secret(std::string_view name, std::string_view secret) {
  const auto fits = [](std::string_view text) {
    // What printable() changes beyond control characters is not UTF-8, which TOML is.
    return !text.empty() && text.size() <= kLongest && !has_control_character(text) &&
           printable(text) == text;
  };
  return fits(name) && fits(secret);
}

std::vector<PppSecret> parse_ppp_secret(const OldFile& file, Findings& findings) {
  std::vector<PppSecret> all;
  std::string_view text{file.text};
  for (unsigned line = 1; !text.empty(); ++line) {
    const auto end = std::min(text.find('\n'), text.size());
    auto words = text.substr(0, end);
    while (words.ends_with('\r')) words.remove_suffix(1);
    read_line(words, {file.name, line}, all, findings);
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return all;
}

}  // namespace tunnel::importer
