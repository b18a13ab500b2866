// [ssh], [ppp], [ppp.options], [ppp.auth] and [reconnect] of what ppp was told.

#include "tunneld/base/text.hpp"
#include "tunneld/config/ppp_values.hpp"
#include "tunneld/config/values.hpp"
#include "tunneld/import/new_site.hpp"
#include "tunneld/import/ppp_secret.hpp"

#include <algorithm>
#include <array>
#include <charconv>

namespace tunnel::importer {

namespace {

const Negotiated* said(const Link& link, std::string_view option) {
  const auto found = link.options.find(option);
  return found == link.options.end() ? nullptr : &found->second;
}

bool is_enabled(const Link& link, std::string_view option) {
  const auto* found = said(link, option);
  return found != nullptr && found->enabled == true;
}

bool is_denied(const Link& link, std::string_view option) {
  const auto* found = said(link, option);
  return found != nullptr && found->accepted == false;
}

/// An option of ppp, what it does if nothing is said, and its key in [ppp.options].
struct OptionKey {
  std::string_view option;
  std::string_view key;
  bool enabled;
  bool accepted;
};

constexpr auto kOptionKeys = std::to_array<OptionKey>({{"acfcomp", "acfc", true, true},
                                                       {"protocomp", "pfc", true, true},
                                                       {"deflate", "deflate", true, true},
                                                       {"dns", "dns", false, false}});

void translate_options(const Link& link, NewSite& site) {
  for (const auto& [option, key, enabled, accepted] : kOptionKeys) {
    const auto* found = said(link, option);
    if (found == nullptr) continue;
    const bool asks = found->enabled.value_or(enabled);
    // A name server that is asked for is not told for that.
    const bool grants = found->accepted.value_or(accepted) || option == "dns";
    const auto* policy = !grants ? "deny" : asks ? "request" : "accept";
    site.options.emplace_back(key, policy);
  }
  if (is_enabled(link, "ipv6cp")) site.options.emplace_back("ipv6", "request");
}

std::vector<std::string> servers(const std::optional<WordsAt>& setting, Findings& findings) {
  std::vector<std::string> good;
  if (!setting) return good;
  for (const auto& word : setting->words) {
    const auto server = config::name_server(word);
    if (server.has_value() && good.size() < 2) {
      good.push_back(server->str());
    } else if (!server.has_value()) {
      findings.add(Attention::NotCarried, setting->where,
                   "the name server " + in_quotes(word) + ": " + server.error().message,
                   server.error().hint);
    }
  }
  return good;
}

void translate_name_servers(const Link& link, NewSite& site, Findings& findings) {
  site.dns = servers(link.dns, findings);
  site.nbns = servers(link.nbns, findings);
  const auto* dns = said(link, "dns");
  if (dns != nullptr && dns->accepted == true && site.dns.empty()) {
    findings.add(Attention::NotCarried, dns->where,
                 "ppp told the far end of the name servers in resolv.conf",
                 "write them in the profile: dns = [\"192.0.2.53\"] in [ppp]");
  }
}

void translate_ident(const Link& link, NewSite& site, Findings& findings) {
  if (!link.ident || link.ident->text.empty()) return;
  const auto& text = link.ident->text;
  // FreeBSD's own sample: it would tell a version that is no longer true.
  if (text.find("VERSION") != std::string::npos || text.find("COMPILATION") != std::string::npos) {
    findings.unneeded(link.ident->where, "ident");
    return;
  }
  const auto ident = config::plain_text(text);
  if (ident.has_value() && printable(text) == text) {
    site.ident = *ident;
    return;
  }
  findings.add(Attention::NotCarried, link.ident->where, "ident, which is no plain text",
               "write ident = \"...\" in [ppp]: at most 255 bytes");
}

void translate_numbers(const Link& link, NewSite& site, Findings& findings) {
  if (link.mru) {
    const auto number = decimal(link.mru->text);
    if (number && config::mru(*number).has_value()) {
      site.mru = *number;
    } else {
      findings.add(Attention::NotCarried, link.mru->where, "set mru " + link.mru->text,
                   "write mru in [ppp]: 128 to 65535");
    }
  }
  if (link.accm) {
    std::string_view digits{link.accm->text};
    if (digits.starts_with("0x")) digits.remove_prefix(2);
    std::uint32_t map = 0;
    const auto* end = digits.data() + digits.size();
    const auto parsed = std::from_chars(digits.data(), end, map, 16);
    if (parsed.ec == std::errc{} && parsed.ptr == end) {
      if (map != 0) site.accm = map;
    } else {
      findings.add(Attention::NotCarried, link.accm->where, "set accmap " + link.accm->text,
                   "write accm in [ppp]: a number such as 0x000a0000");
    }
  }
}

void translate_times(const Link& link, NewSite& site, Findings& findings) {
  if (link.echo_period && (is_enabled(link, "lqr") || is_enabled(link, "echo"))) {
    const auto seconds = decimal(link.echo_period->text);
    const auto text = link.echo_period->text + 's';
    if (seconds && config::echo_interval(text).has_value()) {
      site.echo_interval = text;
    } else {
      findings.unneeded(link.echo_period->where, "set lqrperiod");
    }
  } else if (link.echo_period) {
    findings.unneeded(link.echo_period->where, "set lqrperiod");
  }
  if (!link.timeout) return;
  if (link.timeout->text == "0") {
    findings.unneeded(link.timeout->where, "set timeout 0");
  } else {
    findings.add(Attention::NotCarried, link.timeout->where,
                 "set timeout " + link.timeout->text + ": ppp closed an idle link",
                 "tunneld keeps links up; `tunnelctl down SITE` closes one");
  }
}

/// "set redial SECONDS[+MORE[-MOST]][.NEXT] [ATTEMPTS]".
void translate_redial(const Link& link, NewSite& site, Findings& findings) {
  if (!link.redial || link.redial->words.empty() || !site.dials) return;
  const auto& [words, where] = *link.redial;
  const auto seconds = decimal(words[0].substr(0, words[0].find_first_of("+-.")));
  if (seconds) {
    const auto text = std::to_string(std::max<std::int64_t>(*seconds, 1)) + 's';
    if (config::reconnect_pause(text).has_value()) site.longest_pause = text;
  }
  if (words.size() < 2) return;
  const auto attempts = decimal(words[1]);
  if (!attempts || !config::attempts(*attempts).has_value()) return;
  site.attempts = *attempts;
  if (*attempts == 0) return;
  findings.add(
      Attention::Check, where,
      "as ppp did, " + site.name.str() + " gives up after " + words[1] + " attempts in a row",
      "attempts = 0 in [reconnect] tries for ever");
}

/// The methods that stand in the profile, best first.
std::vector<std::string> required_methods(const Link& link) {
  std::vector<std::string> methods;
  if (is_enabled(link, "mschapv2")) methods.emplace_back("mschap-v2");
  if (is_enabled(link, "chap")) methods.emplace_back("chap-md5");
  if (is_enabled(link, "pap")) methods.emplace_back("pap");
  return methods;
}

std::vector<std::string> accepted_methods(const Link& link) {
  std::vector<std::string> methods;
  if (!is_denied(link, "mschapv2")) methods.emplace_back("mschap-v2");
  if (!is_denied(link, "chap")) methods.emplace_back("chap-md5");
  // PAP hands the secret over, so that it is done only where somebody has asked for it.
  const auto* pap = said(link, "pap");
  const bool asked_for = pap != nullptr && pap->accepted == true;
  if (asked_for || (methods.empty() && !is_denied(link, "pap"))) methods.emplace_back("pap");
  return methods;
}

}  // namespace

void translate_ppp(const Link& link, NewSite& site, Findings& findings) {
  translate_options(link, site);
  translate_name_servers(link, site, findings);
  translate_ident(link, site, findings);
  translate_numbers(link, site, findings);
  translate_times(link, site, findings);
  translate_redial(link, site, findings);
}

void translate_auth(const Link& link, NewSite& site, Findings& findings) {
  site.require = required_methods(link);
  if (link.secret_is_program) {
    findings.add(Attention::NotCarried, link.secret_where,
                 "the secret of " + in_quotes(site.label) + " came from a program",
                 "write it in secrets.toml");
  }
  if (!link.name) return;
  const auto name = config::ppp_name(link.name->text);
  const auto octets = link.secret.reveal();
  std::string secret(octets.begin(), octets.end());
  const bool good = can_be_secret(link.name->text, secret.empty() ? "x" : secret);
  if (name.has_value() && good) {
    site.own_name = *name;
    site.accept = accepted_methods(link);
    site.secret = Secret{{octets.begin(), octets.end()}};
  } else {
    findings.add(Attention::NotCarried, link.name->where,
                 "set authname or set authkey of " + in_quotes(site.label) +
                     ", which cannot stand in a profile",
                 "agree on others: at most 255 bytes, UTF-8, no control characters");
  }
  wipe(secret);
}

void translate_ssh(const Link& link, NewSite& site, Findings& findings) {
  const auto& ssh = *link.ssh;
  const auto host = config::ssh_host(ssh.host);
  if (host.has_value()) {
    site.host = *host;
  } else if (!ssh.host.empty()) {
    findings.add(Attention::NotCarried, link.ssh_where, "the host: " + host.error().message,
                 host.error().hint);
  }
  const auto user = config::ssh_user(ssh.user);
  if (user.has_value()) site.user = *user;
  const auto number = decimal(ssh.port);
  const auto port = config::port(number.value_or(0));
  if (!ssh.port.empty() && port.has_value()) {
    site.port = *port;
  } else if (!ssh.port.empty()) {
    findings.add(Attention::NotCarried, link.ssh_where, "the port " + in_quotes(ssh.port),
                 "write port in [ssh]");
  }
  for (const auto& option : ssh.left_out) {
    findings.add(Attention::NotCarried, link.ssh_where, "ssh " + option,
                 "if it is still needed, write it for the host in a file for ssh -F, with client = "
                 "\"openssh\" and ssh_config in [ssh]");
  }
}

}  // namespace tunnel::importer
