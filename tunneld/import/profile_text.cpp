#include "tunneld/import/profile_text.hpp"

#include "tunneld/base/bytes.hpp"
#include "tunneld/base/text.hpp"
#include "tunneld/import/toml_text.hpp"

namespace tunnel::importer {

namespace {

/// Writes the profile, and puts on the list what it lacks.
class Profile {
 public:
  Profile(const NewSite& site, Findings& findings) : site_{site}, findings_{findings} {}

  std::string write() {
    const auto file = "sites/" + site_.name.str() + ".toml";
    out_.remark("/etc/tunneld/" + file + ", from the section " + in_quotes(site_.label) + " of " +
                site_.where.file + ':' + std::to_string(site_.where.line));
    out_.table("site");
    out_.text("role", site_.dials ? "dial" : "answer");
    if (!site_.autostart) out_.flag("autostart", false, "nothing in rc.conf started it");
    out_.table("ssh");
    if (site_.dials) {
      write_dial();
    } else {
      write_answer();
    }
    out_.table("ppp");
    write_ppp();
    write_options();
    write_auth();
    out_.table("routes");
    write_routes();
    write_reconnect();
    return std::move(out_).finish();
  }

 private:
  void missing(std::string_view key, std::string_view example, std::string_view remark,
               std::string_view advice) {
    out_.missing(key, example, remark);
    findings_.add(Attention::FillIn, {"sites/" + site_.name.str() + ".toml", 0}, key, advice);
  }

  void write_dial() {
    if (site_.host.empty()) {
      missing("host", "\"vpn.example\"", "to be filled in: the far gateway's name or address",
              "write the far gateway's name or address");
    } else {
      out_.text("host", site_.host);
    }
    if (site_.port != 22) out_.number("port", site_.port);
    if (!site_.user.empty()) out_.text("user", site_.user);
    out_.text("identity", "keys/" + site_.name.str());
    if (!site_.host_keys.empty()) {
      out_.list("host_key", site_.host_keys);
      return;
    }
    const auto host = site_.host.empty() ? "the far gateway" : site_.host;
    missing("host_key", "[\"ssh-ed25519 AAAA...\"]",
            "to be filled in, on " + host + ": cut -d ' ' -f 1,2 /etc/ssh/ssh_host_ed25519_key.pub",
            "on " + host + ": cut -d ' ' -f 1,2 /etc/ssh/ssh_host_ed25519_key.pub");
  }

  void write_answer() {
    if (site_.authorized_keys.empty()) {
      missing("authorized_keys", "[\"ssh-ed25519 AAAA... gateway\"]",
              "to be filled in, on the far gateway: tunnelctl key gen SITE",
              "write the public key of the far gateway, which `tunnelctl key gen SITE` prints "
              "there");
    } else {
      out_.list("authorized_keys", site_.authorized_keys);
    }
    if (!site_.from.empty()) out_.list("from", site_.from);
  }

  void write_address(std::string_view key, const std::string& value, std::string_view whose) {
    if (!value.empty()) {
      out_.text(key, value);
      return;
    }
    missing(key, "\"10.224.1.1\"", "to be filled in: " + std::string{whose},
            "write " + std::string{whose});
  }

  void write_ppp() {
    out_.text("interface", site_.interface);
    write_address("local", site_.local, "this end's address in the tunnel");
    if (site_.pool.empty()) {
      write_address("remote", site_.remote, "the far end's address in the tunnel");
    } else {
      out_.text("pool", site_.name.str(), "in tunneld.toml");
    }
    if (!site_.ident.empty()) out_.text("ident", site_.ident);
    if (site_.mru) out_.number("mru", *site_.mru);
    if (site_.accm) out_.number("accm", *site_.accm);
    if (!site_.echo_interval.empty()) {
      out_.text("echo_interval", site_.echo_interval,
                "as lqrperiod; without these two a dead link is noticed in 3 s");
      out_.number("echo_failures", 5);
    }
    if (!site_.dns.empty()) out_.list("dns", site_.dns);
    if (!site_.nbns.empty()) out_.list("nbns", site_.nbns);
  }

  void write_options() {
    if (site_.options.empty()) return;
    out_.table("ppp.options");
    for (const auto& [key, policy] : site_.options) out_.text(key, policy);
  }

  void write_auth() {
    if (site_.require.empty() && site_.own_name.empty()) return;
    out_.table("ppp.auth");
    if (!site_.require.empty()) {
      out_.list("require", site_.require);
      if (site_.peer.empty()) {
        missing("peer", "\"NAME\"", "to be filled in: the name in secrets.toml that it must prove",
                "write the name in secrets.toml that the far end must prove");
      } else {
        out_.text("peer", site_.peer);
      }
    }
    if (site_.own_name.empty()) return;
    out_.text("name", site_.own_name);
    out_.list("accept", site_.accept);
  }

  void write_routes() {
    std::vector<std::string> networks;
    for (const auto& network : site_.networks) networks.push_back(network.str());
    out_.list("remote", networks,
              networks.empty() ? "the networks behind the far gateway; none was found" : "");
    if (!networks.empty()) return;
    findings_.add(Attention::Check, site_.where,
                  "ppp had no route for " + in_quotes(site_.label) +
                      ": the tunnel reaches, and lets in, the far gateway alone",
                  "write the networks behind it in [routes] remote, if there are any");
  }

  void write_reconnect() {
    if (!site_.dials || (site_.longest_pause.empty() && site_.attempts.value_or(0) == 0)) return;
    out_.table("reconnect");
    if (!site_.longest_pause.empty()) out_.text("max", site_.longest_pause);
    if (site_.attempts) out_.number("attempts", *site_.attempts);
  }

  const NewSite& site_;
  Findings& findings_;
  TomlText out_;
};

/// [filter], of what was in force; the rest are remarks.
void write_filter(const NewGateway& gateway, TomlText& out) {
  if (!gateway.has_rules && !gateway.has_nat) return;
  const bool rules = gateway.has_rules && !gateway.rules_off;
  const bool nat = gateway.has_nat && !gateway.nat_off;
  if (rules || nat) {
    out.table("filter");
  } else {
    out.remark("[filter]  # rc.conf did not load these:");
  }
  constexpr std::string_view kOff = "rc.conf did not load it";
  if (rules) out.text("rules", "ipf.rules");
  if (gateway.has_rules && !rules) out.missing("rules", "\"ipf.rules\"", kOff);
  if (nat) out.text("nat", "ipnat.rules");
  if (gateway.has_nat && !nat) out.missing("nat", "\"ipnat.rules\"", kOff);
  if (rules) out.text("default", "pass", "\"block\" if its kernel had IPFILTER_DEFAULT_BLOCK");
}

}  // namespace

std::string profile_text(const NewSite& site, Findings& findings) {
  return Profile{site, findings}.write();
}

std::string gateway_text(const NewGateway& gateway, const std::vector<NewSite>& sites) {
  TomlText out;
  out.remark("/etc/tunneld/tunneld.toml, made by tunnelctl import freebsd");
  if (!gateway.name.empty() || !gateway.forwards) out.table("gateway");
  if (!gateway.name.empty()) out.text("name", gateway.name);
  if (!gateway.forwards) {
    out.text("forwarding", "leave-alone", "gateway_enable was not YES in rc.conf");
  }
  write_filter(gateway, out);
  for (const auto& site : sites) {
    if (site.pool.empty()) continue;
    out.table("pools." + site.name.str());
    out.list("addresses", site.pool);
  }
  return std::move(out).finish();
}

Secret secrets_text(const std::vector<PppSecret>& secrets, const std::vector<NewSite>& sites) {
  TomlText out;
  bool any = false;
  const auto add = [&](const std::string& name, const Secret& secret) {
    const auto octets = secret.reveal();
    std::string text(octets.begin(), octets.end());
    out.text(toml_quoted(name), text);
    wipe(text);
    any = true;
  };
  if (!secrets.empty()) out.table("secrets");
  for (const auto& secret : secrets) add(secret.name, secret.secret);
  for (const auto& site : sites) {
    if (site.own_name.empty() || site.secret.empty()) continue;
    out.table("sites." + site.name.str());
    add(site.own_name, site.secret);
  }
  if (!any) return Secret{};
  auto text = std::move(out).finish();
  Secret file{to_bytes(text)};
  wipe(text);
  return file;
}

}  // namespace tunnel::importer
