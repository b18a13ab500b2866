#pragma once

#include "tunneld/import/findings.hpp"
#include "tunneld/import/tree.hpp"

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tunnel::importer {

// ppp.conf, ppp.linkup and ppp.linkdown of FreeBSD's ppp(8): sections of commands. What the
// commands mean is not known here.
//
// A line that begins at the margin is a label or "!include FILE"; an indented one is a command of
// the section above. "\" at the end of a line continues it, "#" begins a remark outside of quotes,
// "\" takes the next character as it is. $NAME and ${NAME} are taken from the environment, which is
// gone; $$ is a dollar sign; ~/ is the home of root, whom ppp runs as.

struct PppCommand {
  Place where{};
  std::vector<std::string> words{};  // at least one

  bool operator==(const PppCommand&) const = default;
};

struct PppSection {
  std::string label{};
  Place where{};
  std::vector<PppCommand> commands{};
};

/// Something in the file that ppp did not understand, or never came to.
struct PppMistake {
  Place where{};
  std::string what{};
  std::string advice{};
};

struct PppFile {
  std::vector<PppSection> sections{};  // each label once: ppp reads the first of its name
  std::vector<PppMistake> mistakes{};

  const PppSection* find(std::string_view label) const;
};

/// Finds the file of an !include, whose name is relative to /etc/ppp or absolute.
using IncludeFinder = std::function<std::optional<OldFile>(const std::string&)>;

/// Reads a file, and what it includes: eight levels deep, and 64 files at most.
PppFile parse_ppp_conf(const OldFile& file, const IncludeFinder& include);

/// The words of a command line; nullopt: a quote is open at its end. Words in which a variable of
/// the environment stood have nothing in its place, and `from_environment` says so.
std::optional<std::vector<std::string>> ppp_words(std::string_view line, bool& from_environment);

/// The same without variables, as the lines of ppp.secret are read.
std::optional<std::vector<std::string>> plain_words(std::string_view line);

/// The second look that ppp takes at a word that is a command line itself, as in
/// `set device "!ssh -l vpn gate"`; "#" is nothing special there.
std::optional<std::vector<std::string>> nested_words(std::string_view word);

}  // namespace tunnel::importer
