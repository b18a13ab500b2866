#include "tunneld/ctl/filter_files.hpp"

#include "filter/language/system_names.hpp"
#include "tunneld/base/unique_fd.hpp"
#include "tunneld/ctl/terminal.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <utility>
#include <vector>

namespace tunnel::ctl {

namespace {

constexpr std::size_t kMostOctets = 64 * 1024 * 1024;

Result<std::string> read_all(int fd, const std::string& name) {
  std::string text;
  std::array<char, 65536> piece{};
  while (true) {
    const auto count = ::read(fd, piece.data(), piece.size());
    if (count == 0) return text;
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return errno_error("cannot read " + name);
    text.append(piece.data(), static_cast<std::size_t>(count));
    if (text.size() > kMostOctets) {
      return make_error(std::errc::file_too_large,
                        name + " is longer than any file of rules or packets");
    }
  }
}

Result<filter::language::Variables> variables_of(const RuleSource& source) {
  filter::language::Variables variables;
  for (const auto& text : source.variables) {
    const auto equals = text.find('=');
    if (equals == 0 || equals == std::string::npos) {
      return make_error(std::errc::invalid_argument,
                        "--set takes a name and its value, as local=10.224.1.2");
    }
    variables.insert_or_assign(text.substr(0, equals), text.substr(equals + 1));
  }
  return variables;
}

}  // namespace

Result<std::string> read_file(const std::filesystem::path& path) {
  if (path == "-") return read_all(STDIN_FILENO, "standard input");
  const auto name = terminal_text(path.native());
  const UniqueFd file{::open(path.c_str(), O_RDONLY | O_CLOEXEC)};
  if (!file) return errno_error("cannot read " + name);
  return read_all(file.get(), name);
}

Result<filter::language::ParsedPolicy> read_rule_files(const RuleSource& source) {
  using filter::language::PolicySource;
  const auto variables = variables_of(source);
  if (!variables) return variables.error();
  std::vector<PolicySource> sources;
  auto rules = read_file(source.rules);
  if (!rules) return rules.error();
  sources.push_back(
      {PolicySource::Language::Ipf, source.rules.native(), std::move(*rules), *variables});
  if (!source.nat.empty()) {
    auto nat = read_file(source.nat);
    if (!nat) return nat.error();
    sources.push_back(
        {PolicySource::Language::Ipnat, source.nat.native(), std::move(*nat), *variables});
  }
  return parse_policy(sources, filter::language::SystemNames{});
}

}  // namespace tunnel::ctl
