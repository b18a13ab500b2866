#include "tunneld/config/load.hpp"

#include "tunneld/base/secret.hpp"
#include "tunneld/config/file_reading.hpp"
#include "tunneld/config/secrets_file.hpp"

#include <fcntl.h>
#include <pwd.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <iterator>
#include <utility>

namespace tunnel::config {

namespace {

namespace fs = std::filesystem;

constexpr std::size_t kMaxProfile = 1 << 16;
constexpr std::size_t kMaxKey = 1 << 16;

FileFacts facts_of(const fs::path& path) {
  struct stat status {};

  if (access(path.c_str(), R_OK) != 0 || stat(path.c_str(), &status) != 0) {
    return {.error = last_error()};
  }
  return {.error = {}, .mode = status.st_mode & kPermissions};
}

KeyFacts key_facts(const fs::path& path) {
  auto file = read_file(path, kMaxKey);
  const Secret contents{std::move(file.bytes)};
  return {file.facts, inspect_private_key(contents.reveal())};
}

SourceFile source_file(const fs::path& path) {
  auto file = read_file(path, kMaxProfile);
  return {path.string(), std::string(file.bytes.begin(), file.bytes.end()), file.facts};
}

/// Root, the account that tunneld gets, and the one it has already.
Owner owner_of(uid_t owner, const std::string& user) {
  if (owner == 0 || owner == ::geteuid()) return Owner::Trusted;
  const passwd* const account = ::getpwnam(user.c_str());
  return account != nullptr && account->pw_uid == owner ? Owner::Trusted : Owner::Other;
}

SecretsFile secrets_file(const fs::path& path, const std::string& user) {
  auto file = read_file(path, kMaxProfile);
  file.facts.owner = owner_of(file.owner, user);
  return {path.string(), Secret{std::move(file.bytes)}, file.facts};
}

/// The sites there are, even those whose profiles have mistakes.
std::vector<SiteName> names_of(const std::vector<SourceFile>& profiles) {
  std::vector<SiteName> names;
  for (const auto& profile : profiles) {
    const auto name = SiteName::parse(fs::path{profile.name}.stem().string());
    if (name) names.push_back(*name);
  }
  return names;
}

std::string host_name() {
  std::array<char, 256> name{};
  // The last byte stays zero: a name that is cut has no end of its own.
  if (gethostname(name.data(), name.size() - 1) != 0) return "localhost";
  return name.data();
}

std::vector<std::string> names_in(const fs::path& folder) {
  std::vector<std::string> names;
  std::error_code error;
  for (fs::directory_iterator at{folder, error}, end; !error && at != end; at.increment(error)) {
    names.push_back(at->path().filename().native());
  }
  return names;
}

Facts facts_about(const fs::path& directory) {
  std::error_code error;
  const auto absolute = fs::absolute(directory, error);
  Facts facts{host_name(), error ? directory : absolute, facts_of, key_facts};
  facts.names = names_in;
  return facts;
}

/// Files that the facts were asked about and could not say, for want of rights. The list must
/// outlive the facts.
void note_closed(Facts& facts, std::vector<fs::path>& closed) {
  const auto note = [&closed](const fs::path& path, const FileFacts& file) {
    if (file.error == std::errc::permission_denied) closed.push_back(path);
  };
  facts.file = [note, ask = std::move(facts.file)](const fs::path& path) {
    auto file = ask(path);
    note(path, file);
    return file;
  };
  facts.key = [note, ask = std::move(facts.key)](const fs::path& path) {
    auto key = ask(path);
    note(path, key.file);
    return key;
  };
}

Diagnostic about_directory(const fs::path& path, std::string message, std::string hint) {
  return {.file = path.string(), .message = std::move(message), .hint = std::move(hint)};
}

/// Whoever may write to a directory may put another file in the place of ours.
void check_directory(const fs::path& path, std::vector<Diagnostic>& diagnostics) {
  struct stat status {};

  if (stat(path.c_str(), &status) != 0) return;  // the files in it have more to say
  if ((status.st_mode & S_IWOTH) != 0) {
    diagnostics.push_back(
        about_directory(path, "anybody may write to this directory", "chmod o-w " + path.string()));
  }
}

std::vector<SourceFile> read_profiles(const fs::path& folder,
                                      std::vector<Diagnostic>& diagnostics) {
  std::vector<fs::path> paths;
  std::error_code error;
  for (fs::directory_iterator at{folder, error}, end; !error && at != end; at.increment(error)) {
    const auto name = at->path().filename().string();
    if (!name.starts_with('.') && name.ends_with(".toml")) paths.push_back(at->path());
  }
  // A gateway without the folder is a gateway without sites.
  if (error && error != std::errc::no_such_file_or_directory) {
    diagnostics.push_back(
        about_directory(folder, "cannot read this directory: " + error.message(),
                        "it must be a directory that the account of tunneld may read"));
  }
  std::vector<SourceFile> profiles;
  std::transform(paths.begin(), paths.end(), std::back_inserter(profiles), source_file);
  return profiles;
}

/// Whether an account may read a file, by the bits of its mode.
bool may_read(const passwd& account, const struct stat& status) {
  if (account.pw_uid == 0) return true;
  if (status.st_uid == account.pw_uid) return (status.st_mode & S_IRUSR) != 0;
  if (status.st_gid == account.pw_gid) return (status.st_mode & S_IRGRP) != 0;
  return (status.st_mode & S_IROTH) != 0;
}

std::vector<fs::path> rule_files(const Configuration& configuration) {
  std::vector<fs::path> files;
  if (!configuration.filter) return files;
  const auto& filter = *configuration.filter;
  files.insert(files.end(), {filter.rules, filter.nat});
  for (const auto& site : filter.sites) files.insert(files.end(), {site.rules, site.nat});
  return files;
}

/// What root can read, and the daemon without root could not when it dials or reloads.
void check_readers(const fs::path& directory, const Configuration& configuration,
                   std::vector<Diagnostic>& diagnostics) {
  if (::geteuid() != 0) return;
  const passwd* const account = ::getpwnam(configuration.gateway.user.c_str());
  if (account == nullptr) return;  // the daemon has a sentence for that
  const auto& user = configuration.gateway.user;
  const auto check = [&](const fs::path& file, const std::string& remedy) {
    struct stat status {};

    if (file.empty() || ::stat(file.c_str(), &status) != 0 || may_read(*account, status)) return;
    diagnostics.push_back(about_directory(
        file, "the account " + user + ", under which tunneld runs, may not read this file",
        remedy + ' ' + file.string()));
  };
  const auto for_group = "chmod 640 and chgrp " + user;
  check(directory / "tunneld.toml", for_group);
  for (const auto& site : configuration.sites) {
    check(site.file, for_group);
    if (const auto* dial = site.dial()) check(dial->identity, "chown " + user);
  }
  check(directory / "secrets.toml", "chown " + user);
  for (const auto& file : rule_files(configuration)) check(file, for_group);
}

/// The secrets beside a configuration; nothing where nobody wants them, or may not have them.
std::optional<LoadedSecrets> read_secrets(const fs::path& directory, const std::string& user,
                                          const std::vector<SiteName>* sites,
                                          SecretsWanted wanted) {
  if (wanted == SecretsWanted::No) return std::nullopt;
  const auto file = secrets_file(directory / "secrets.toml", user);
  const bool closed = file.facts.error == std::errc::permission_denied;
  if (closed && wanted == SecretsWanted::IfReadable) return std::nullopt;
  return parse_secrets(file, sites);
}

/// The account of tunneld, before all else is known.
std::string user_of(const SourceFile& gateway, const Facts& facts) {
  const auto alone = parse(gateway, {}, facts);
  return alone.configuration ? alone.configuration->gateway.user : Gateway{}.user;
}

}  // namespace

Loaded load(const fs::path& directory, SecretsWanted wanted,
            std::function<bool(const InterfaceName&)> taken) {
  std::vector<Diagnostic> diagnostics;
  check_directory(directory, diagnostics);
  check_directory(directory / "sites", diagnostics);
  auto gateway = source_file(directory / "tunneld.toml");
  // Every key in it has a default. But a directory that is not there is a mistake in its name.
  std::error_code ignored;
  if (gateway.facts.error == std::errc::no_such_file_or_directory) {
    gateway.facts = {};
    if (!fs::is_directory(directory, ignored)) {
      diagnostics.push_back(
          about_directory(directory, "there is no such directory",
                          "name the one with the profiles in its sites/, or make it; a "
                          "tunneld.toml in it may be left out"));
    }
  }
  const auto sites = read_profiles(directory / "sites", diagnostics);
  auto facts = facts_about(directory);
  std::vector<fs::path> closed;
  note_closed(facts, closed);
  const auto note = [&](const SourceFile& file) {
    if (file.facts.error == std::errc::permission_denied) closed.emplace_back(file.name);
  };
  note(gateway);
  std::for_each(sites.begin(), sites.end(), note);
  const auto names = names_of(sites);
  auto secrets = read_secrets(directory, user_of(gateway, facts), &names, wanted);
  // A secret that a mistake keeps from being read is not missing as well.
  if (secrets && secrets->diagnostics.empty()) facts.secrets = &secrets->secrets;
  facts.taken = std::move(taken);
  auto loaded = parse(gateway, sites, facts);
  loaded.closed = std::move(closed);
  if (secrets) {
    loaded.secrets = std::move(secrets->secrets);
    loaded.secrets_checked = SecretsChecked::Yes;
    std::move(secrets->diagnostics.begin(), secrets->diagnostics.end(),
              std::back_inserter(loaded.diagnostics));
  }
  if (loaded.configuration) check_readers(directory, *loaded.configuration, diagnostics);
  loaded.diagnostics.insert(loaded.diagnostics.begin(), diagnostics.begin(), diagnostics.end());
  if (!loaded.diagnostics.empty()) loaded.configuration.reset();
  return loaded;
}

Loaded check_file(const fs::path& file) {
  std::error_code error;
  const auto absolute = fs::absolute(file, error);
  const auto folder = (error ? file : absolute).parent_path();
  const auto directory = folder.filename() == "sites" ? folder.parent_path() : folder;
  auto source = source_file(file);
  if (!looks_like_secrets(source)) {
    auto facts = facts_about(directory);
    std::vector<fs::path> closed;
    note_closed(facts, closed);
    if (source.facts.error == std::errc::permission_denied) closed.push_back(file);
    const auto secrets =
        read_secrets(directory, Gateway{}.user, nullptr, SecretsWanted::IfReadable);
    if (secrets && secrets->diagnostics.empty()) facts.secrets = &secrets->secrets;
    auto loaded = parse_alone(source, facts);
    loaded.closed = std::move(closed);
    return loaded;
  }
  wipe(source.text);
  auto [secrets, diagnostics] = parse_secrets(secrets_file(file, Gateway{}.user), nullptr);
  Loaded loaded{.diagnostics = std::move(diagnostics),
                .secrets = std::move(secrets),
                .secrets_checked = SecretsChecked::Yes};
  if (loaded.diagnostics.empty()) loaded.configuration.emplace();
  return loaded;
}

}  // namespace tunnel::config
