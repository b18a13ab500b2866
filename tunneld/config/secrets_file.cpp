#include "tunneld/config/secrets_file.hpp"

#include "tunneld/base/text.hpp"
#include "tunneld/config/document.hpp"
#include "tunneld/config/file_checks.hpp"
#include "tunneld/config/report.hpp"
#include "tunneld/config/table_reader.hpp"
#include "tunneld/config/values.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace tunnel::config {

namespace {

constexpr std::array<KnownTable, 2> kTables{{{"secrets", false, ""}, {"sites", false, ""}}};

/// A length that the protocols have room for: PAP's Peer-ID-Length and Passwd-Length are octets
/// (RFC 1334 §2.2.1).
constexpr std::size_t kLongest = 255;

void wipe_values(Table& table);

void wipe_value(Value& value) {
  if (auto* text = std::get_if<std::string>(&value.data)) wipe(*text);
  if (auto* nested = std::get_if<Table>(&value.data)) wipe_values(*nested);
  if (auto* array = std::get_if<Array>(&value.data)) {
    for (auto& element : *array) wipe_value(element);
  }
}

void wipe_values(Table& table) {
  for (auto& entry : table.entries) wipe_value(entry.value);
}

/// What is wrong with a secret; an empty message when it can be one. Nothing of it is told.
Complaint complaint_about(std::string_view name, const Value& value) {
  const auto whose = "the secret of " + in_quotes(name);
  const auto* text = std::get_if<std::string>(&value.data);
  if (text == nullptr) {
    const bool dotted = std::holds_alternative<Table>(value.data);
    return {whose + " must be text, not " + std::string{type_name(value)},
            dotted ? "put a name with a dot in double quotes" : "put the secret in double quotes"};
  }
  if (text->empty()) return {whose + " is empty", "write one that nobody guesses"};
  if (text->size() > kLongest) {
    return {whose + " is longer than 255 bytes", "write a shorter one: PAP can carry no longer"};
  }
  if (has_control_character(*text)) {
    return {whose + " has a control character", "write it as plain text on one line"};
  }
  return {};
}

Complaint complaint_about_name(std::string_view name) {
  if (!name.empty() && name.size() <= kLongest && !has_control_character(name)) return {};
  return {in_quotes(name) + " cannot be a PPP name",
          "write at most 255 bytes of plain text, and at least one"};
}

template <typename Add>
void read_names(const Table& table, Report& report, Add add) {
  for (const auto& [name, where, value] : table.entries) {
    auto wrong = complaint_about_name(name);
    if (wrong.message.empty()) wrong = complaint_about(name, value);
    if (wrong.message.empty()) {
      add(name, Secret{to_bytes(std::get<std::string>(value.data))});
    } else {
      report.error(where, std::move(wrong.message), std::move(wrong.hint));
    }
  }
}

/// The site that [sites.NAME] is for.
std::optional<SiteName> site_of(const Entry& entry, const std::vector<SiteName>* sites,
                                Report& report) {
  const auto name = SiteName::parse(entry.key);
  if (!std::holds_alternative<Table>(entry.value.data)) {
    report.error(entry.key_where, in_quotes(entry.key) + " in [sites] must be a table",
                 "write [sites.NAME] on a line of its own, and the site's secrets below it");
    return std::nullopt;
  }
  if (name &&
      (sites == nullptr || std::find(sites->begin(), sites->end(), *name) != sites->end())) {
    return name;
  }
  std::vector<std::string_view> known;
  if (sites != nullptr) {
    for (const auto& site : *sites) known.push_back(site.str());
  }
  const auto meant = nearest(entry.key, known);
  report.error(entry.key_where, "there is no site " + in_quotes(entry.key),
               meant ? "did you mean " + in_quotes(*meant) + "?"
                     : "a site is called like its profile: sites/NAME.toml");
  return std::nullopt;
}

void read_tables(const Table& root, const std::vector<SiteName>* sites, Report& report,
                 Secrets& secrets) {
  check_tables(root, kTables, report);
  const auto table = [](const Entry* entry) {
    return entry == nullptr ? nullptr : std::get_if<Table>(&entry->value.data);
  };
  if (const auto* common = table(root.find("secrets"))) {
    read_names(*common, report, [&](const std::string& name, Secret secret) {
      secrets.add(name, std::move(secret));
    });
  }
  if (const auto* by_site = table(root.find("sites"))) {
    for (const auto& entry : by_site->entries) {
      const auto site = site_of(entry, sites, report);
      if (!site) continue;
      read_names(*table(&entry), report, [&](const std::string& name, Secret secret) {
        secrets.add(*site, name, std::move(secret));
      });
    }
  }
}

}  // namespace

LoadedSecrets parse_secrets(const SecretsFile& file, const std::vector<SiteName>* sites) {
  LoadedSecrets loaded;
  if (file.facts.error == std::errc::no_such_file_or_directory) return loaded;
  const auto octets = file.text.reveal();
  std::string text(octets.begin(), octets.end());
  // The report has never seen the file itself, so that whatever it shows can be shown.
  Report report{SourceFile{file.name, masked(text), file.facts}};
  if (check_secrets_file(file, report)) {
    // The parser leaves copies behind that are out of reach; the process that could be made to show
    // them holds the secrets themselves as well.
    auto document = parse_document(text);
    if (document.error) {
      // The parser's own sentence may quote what it stumbled over.
      const auto& hint = document.error->hint;
      report.error(document.error->where, "syntax error (what may be a secret is not shown)",
                   hint != kSyntaxHint
                       ? hint
                       : "write NAME = \"SECRET\", and a NAME with blanks in double quotes, too");
    } else {
      read_tables(document.root, sites, report, loaded.secrets);
      wipe_values(document.root);
    }
  }
  wipe(text);
  loaded.diagnostics = report.sorted();
  if (!loaded.diagnostics.empty()) loaded.secrets = {};
  return loaded;
}

}  // namespace tunnel::config
