#pragma once

#include "tunneld/config/configuration.hpp"
#include "tunneld/config/parse.hpp"
#include "tunneld/config/report.hpp"
#include "tunneld/config/table_reader.hpp"

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace tunnel::config {

/// A profile as far as it could be read. What is wrong in it is in its report, so that the rest
/// can still be held against the other sites.
struct SiteDraft {
  Report report;
  std::optional<SiteName> name{};
  std::string description{};
  Autostart autostart = Autostart::Yes;
  std::optional<Role> role{};

  Dial dial{};
  Answer answer{};
  std::vector<Located<AuthorizedKey>> authorized_keys{};  // what goes into `answer`

  std::optional<Located<InterfaceName>> interface {};
  std::optional<Located<AddressWish>> local{};
  std::optional<Located<AddressWish>> remote{};
  std::optional<Located<std::string>> pool{};
  std::optional<Located<Ipv6Address>> local6{};
  std::optional<Located<Ipv6Address>> remote6{};
  Ppp ppp{};  // all but these, which go into it

  std::vector<Located<Prefix>> networks{};  // what goes into `routes`
  Routes routes{};
  Reconnect reconnect{};

  std::filesystem::path filter_rules{};
  std::filesystem::path filter_nat{};
};

/// Reads one profile; all that can be said about it alone is in the draft's report.
SiteDraft read_site(const SourceFile& file, const Facts& facts);

/// Reads [ppp] of a profile into the draft, whose role and networks have been read.
void read_ppp(const Table& root, SiteDraft& draft, const Facts& facts);

/// Reads [ppp.auth] out of [ppp]; a secret that it needs and `facts` have not is an error.
void read_auth(TableReader& ppp, SiteDraft& draft, const Facts& facts);

/// Adds to the reports what is wrong between sites: one interface, peer address, network or key
/// for two of them, or a tunnel's address inside another site's network. Each pair is reported
/// once, in the later of the two.
void compare_sites(std::vector<SiteDraft>& sites);

/// The site of a draft whose report is clean.
Site finish_site(SiteDraft draft);

}  // namespace tunnel::config
