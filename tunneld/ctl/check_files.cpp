#include "tunneld/ctl/check_files.hpp"

#include "tunneld/agent/private_key.hpp"
#include "tunneld/base/secret.hpp"
#include "tunneld/base/text.hpp"
#include "tunneld/config/file_reading.hpp"
#include "tunneld/config/private_key.hpp"

#include <algorithm>
#include <array>
#include <string_view>
#include <system_error>
#include <utility>

namespace tunnel::ctl {

namespace fs = std::filesystem;

namespace {

constexpr std::size_t kLargestKey = 64 * 1024;
constexpr std::string_view kWhere = "profiles are sites/NAME.toml";

/// Sorted, without those that editors and package managers leave.
std::vector<fs::path> files_in(const fs::path& folder) {
  std::vector<fs::path> files;
  std::error_code error;
  for (fs::directory_iterator at{folder, error}, end; !error && at != end; at.increment(error)) {
    const auto name = at->path().filename().native();
    std::error_code ignored;
    const bool plain = at->is_regular_file(ignored);
    if (plain && !name.starts_with('.') && !name.ends_with('~')) files.push_back(at->path());
  }
  std::sort(files.begin(), files.end());
  return files;
}

/// "labs.tml", "labs.TOML" or "labs".
bool is_nearly_a_profile(const fs::path& file) {
  const auto extension = file.extension().native();
  constexpr std::array<std::string_view, 1> kExtension{"toml"};
  if (extension.empty()) return SiteName::parse(file.filename().native()).has_value();
  auto word = extension.substr(1);
  std::transform(word.begin(), word.end(), word.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  return word == kExtension[0] || nearest(word, kExtension).has_value();
}

std::string sentence(const fs::path& file, const fs::path& meant) {
  return printable(file.native()) + " is not read: " + std::string{kWhere} + "; did you mean " +
         printable(meant.native()) + '?';
}

/// Why the dial would refuse a key whose form is right; empty: it would not.
std::string fault_of(const fs::path& identity) {
  using config::KeyKind;
  auto file = config::read_file(identity, kLargestKey);
  const Secret contents{std::move(file.bytes)};
  if (file.facts.error) return {};  // has been said
  const auto kind = config::inspect_private_key(contents.reveal()).kind;
  if (kind != KeyKind::Ed25519 && kind != KeyKind::Ecdsa && kind != KeyKind::Rsa) return {};
  const auto key = agent::PrivateKey::parse(contents.reveal());
  return key ? std::string{} : key.error().context;
}

}  // namespace

std::vector<fs::path> take_out_closed(config::Loaded& loaded) {
  auto closed = std::move(loaded.closed);
  const auto denied = std::make_error_code(std::errc::permission_denied).message();
  std::erase_if(loaded.diagnostics, [&](const Diagnostic& diagnostic) {
    if (!diagnostic.message.starts_with("cannot read ") || !diagnostic.message.ends_with(denied)) {
      return false;
    }
    // A profile that names a file which is closed is not closed itself.
    if (diagnostic.line == 0) closed.emplace_back(diagnostic.file);
    return true;
  });
  std::sort(closed.begin(), closed.end());
  closed.erase(std::unique(closed.begin(), closed.end()), closed.end());
  return closed;
}

std::vector<std::string> passed_over(const fs::path& directory) {
  std::vector<std::string> sentences;
  for (const auto& file : files_in(directory / "sites")) {
    if (file.extension() == ".toml" || !is_nearly_a_profile(file)) continue;
    sentences.push_back(sentence(file, fs::path{file}.replace_extension(".toml")));
  }
  for (const auto& file : files_in(directory)) {
    const auto name = file.filename();
    if (file.extension() != ".toml" || name == "tunneld.toml" || name == "secrets.toml") continue;
    sentences.push_back(sentence(file, directory / "sites" / name));
  }
  return sentences;
}

void check_keys(config::Loaded& loaded) {
  for (const auto& site : loaded.configuration->sites) {
    const auto* dial = site.dial();
    if (dial == nullptr || dial->identity.empty() || !dial->agent.empty()) continue;
    const auto fault = fault_of(dial->identity);
    if (fault.empty()) continue;
    loaded.diagnostics.push_back(
        {.file = dial->identity.native(),
         .message = "this file " + fault,
         .hint = "restore it; or make another, whose public line the far gateway must then have: "
                 "tunnelctl key gen " +
                 site.name.str() + " --force"});
  }
  if (!loaded.diagnostics.empty()) loaded.configuration.reset();
}

}  // namespace tunnel::ctl
