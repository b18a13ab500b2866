#pragma once

#include "tunneld/import/findings.hpp"
#include "tunneld/import/link.hpp"
#include "tunneld/import/new_site.hpp"
#include "tunneld/import/rc_conf.hpp"

#include <map>
#include <optional>
#include <string>
#include <vector>

namespace tunnel::importer {

/// What rc.conf says of a link: the variables ppp_LABEL_... and ppp_....
struct LinkStart {
  std::optional<std::size_t> position{};  // among the profiles that are started at boot
  std::optional<unsigned> unit{};         // of its tun device
  bool direct = false;                    // it answers
};

LinkStart start_of(const RcConf& rc, const std::string& label);

/// Whether the link is to come up by itself, and what rc.conf's way of starting it did besides.
void translate_start(const RcConf& rc, const LinkStart& start, NewSite& site, Findings& findings);

/// The interfaces of rules, and the lines of each file that name them.
using InterfaceLines = std::map<std::string, std::map<std::string, std::vector<unsigned>>>;

/// static_routes into a tunnel become networks of its site; all else that the machine's network is
/// made of is listed, and other packet filters, and interfaces that rules speak of.
void translate_network(const RcConf& rc, const InterfaceLines& interfaces,
                       std::vector<NewSite>& sites, Findings& findings);

/// [gateway] name.
std::string gateway_name(const RcConf& rc);

}  // namespace tunnel::importer
