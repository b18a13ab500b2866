#pragma once

#include "filter/language/names.hpp"
#include "tunneld/base/result.hpp"
#include "tunneld/base/secret.hpp"
#include "tunneld/import/findings.hpp"
#include "tunneld/import/new_site.hpp"
#include "tunneld/import/tree.hpp"

#include <cstddef>
#include <string>
#include <vector>

namespace tunnel::importer {

// From a FreeBSD gateway's files to a configuration directory of tunneld.
//
// Each old file is parsed into plain values by a reader that knows its language only: ppp_conf,
// rc_conf, ppp_secret, ssh_files, ssh_command. A section of ppp.conf becomes a Link, which is still
// in ppp's words, and that a NewSite, of which every value is one that tunneld takes: the checks
// are those of tunneld/config. The writers (toml_text, profile_text) cannot make anything but TOML
// of whatever they are given. What finds no place on this way goes to Findings, and never is a
// secret.

/// A file of the new configuration, relative to its directory.
struct NewFile {
  std::string path{};
  Secret text{};
  bool secret = false;  // for the account of tunneld alone
};

struct Imported {
  std::vector<NewFile> files{};
  std::vector<NewSite> sites{};  // in the order of their interfaces
  std::size_t rules = 0;         // of ipf.rules, without what is left out
  std::size_t translations = 0;  // the same, of ipnat.rules
  Findings findings{};
};

/// Imports what is there. `directory` is where it will be written, for advice; `names` are those
/// that rules are read with. The error is a sentence: there is nothing to import.
Result<Imported> import_freebsd(const Tree& tree, const filter::language::Names& names,
                                const std::string& directory);

}  // namespace tunnel::importer
