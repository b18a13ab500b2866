#include "tunneld/ctl/filter_files.hpp"

#include "filter/language/system_names.hpp"
#include "tunneld/base/unique_fd.hpp"
#include "tunneld/ctl/terminal.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <utility>

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

void append(std::vector<Diagnostic>& all, std::vector<Diagnostic> some) {
  for (auto& each : some) all.push_back(std::move(each));
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

Result<RuleFiles> read_rule_files(const RuleSource& source) {
  const filter::language::SystemNames names;
  const auto variables = variables_of(source);
  if (!variables) return variables.error();
  RuleFiles files;
  if (!source.rules.empty()) {
    auto text = read_file(source.rules);
    if (!text) return text.error();
    auto parsed = filter::language::parse_ipf_rules({source.rules.native(), std::move(*text), 0},
                                                    names, *variables);
    files.rules = std::move(parsed.rules);
    append(files.mistakes, std::move(parsed.mistakes));
  }
  if (!source.nat.empty()) {
    auto text = read_file(source.nat);
    if (!text) return text.error();
    auto parsed = filter::language::parse_ipnat_rules({source.nat.native(), std::move(*text), 1},
                                                      names, *variables);
    files.nat = std::move(parsed.rules);
    append(files.mistakes, std::move(parsed.mistakes));
  }
  return files;
}

}  // namespace tunnel::ctl
