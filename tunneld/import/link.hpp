#pragma once

#include "tunneld/base/address.hpp"
#include "tunneld/base/secret.hpp"
#include "tunneld/import/findings.hpp"
#include "tunneld/import/ppp_conf.hpp"
#include "tunneld/import/ssh_command.hpp"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tunnel::importer {

/// A text of ppp.conf and where it stands.
struct Setting {
  std::string text{};
  Place where{};
};

/// What was said of an option: whether it is asked for, and granted.
struct Negotiated {
  std::optional<bool> enabled{};
  std::optional<bool> accepted{};
  Place where{};
};

/// `set ifaddr MINE HIS MASK TRIGGER`, and `add DESTINATION GATEWAY`.
struct WordsAt {
  std::vector<std::string> words{};
  Place where{};
};

/// What the end of a link does, by its section.
enum class Way : std::uint8_t {
  Dials,    // by ssh
  Answers,  // `ppp -direct LABEL`
  Other,    // by a modem, PPPoE or something else that tunneld does not do
  Nothing,  // it is a part of others, or a beginning
};

/// A section of ppp.conf as ppp would have it after running "default", the section, and what that
/// loads: still in ppp's words.
struct Link {
  std::string label{};
  Place where{};
  Way way = Way::Nothing;
  std::string reason{};  // of Way::Other

  std::optional<SshCommand> ssh{};
  Place ssh_where{};
  std::optional<WordsAt> addresses{};
  std::vector<WordsAt> routes{};
  std::optional<Setting> ident{};
  std::optional<Setting> mru{};
  std::optional<Setting> accm{};
  std::optional<Setting> echo_period{};  // in seconds
  std::optional<Setting> timeout{};      // in seconds
  std::optional<Setting> interface {};
  std::optional<WordsAt> redial{};
  std::optional<WordsAt> dns{};
  std::optional<WordsAt> nbns{};
  std::optional<Setting> name{};  // of this end
  Secret secret{};                // its secret; empty: none
  bool secret_is_program = false;
  Place secret_where{};
  std::map<std::string, Negotiated, std::less<>> options{};  // by option_name()
};

/// What is known of a section from elsewhere.
struct Evidence {
  bool answers = false;  // authorized_keys or rc.conf runs it with -direct
};

/// Reads one section of ppp.conf. What has no place in a Link goes to the list, if the section is a
/// link that tunneld can carry.
Link read_link(const PppFile& file, const PppSection& section, const Evidence& evidence,
               Findings& findings);

/// Adds what ppp.linkup did for a link: routes are its, all else goes to the list.
void read_link_up(const PppSection& section, Link& link, Findings& findings);

/// Labels that other sections load.
std::vector<std::string> loaded_labels(const PppFile& file);

}  // namespace tunnel::importer
