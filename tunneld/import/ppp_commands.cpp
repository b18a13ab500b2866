// The commands of FreeBSD's ppp(8), and what tunneld has instead.

#include "tunneld/import/ppp_commands.hpp"

#include <algorithm>
#include <array>

namespace tunnel::importer {

namespace {

struct Name {
  std::string_view full;   // what resolve() says
  std::string_view word;   // the last word of it
  std::string_view other;  // its second name, or empty
};

// clang-format off
constexpr auto kCommands = std::to_array<Name>({
    {"accept", "accept", ""}, {"add", "add", ""}, {"add", "add!", ""},
    {"allow", "allow", "auth"}, {"shell", "bg", "!bg"}, {"clear", "clear", ""},
    {"clone", "clone", ""}, {"close", "close", ""}, {"delete", "delete", ""},
    {"delete", "delete!", ""}, {"deny", "deny", ""}, {"dial", "dial", "call"},
    {"disable", "disable", ""}, {"down", "down", ""}, {"enable", "enable", ""},
    {"ident", "ident", ""}, {"iface", "iface", "interface"}, {"link", "link", "datalink"},
    {"load", "load", ""}, {"log", "log", ""}, {"nat", "nat", "alias"}, {"open", "open", ""},
    {"passwd", "passwd", ""}, {"quit", "quit", "bye"}, {"remove", "remove", "rm"},
    {"rename", "rename", "mv"}, {"resolv", "resolv", ""}, {"save", "save", ""},
    {"sendident", "sendident", ""}, {"set", "set", "setup"}, {"shell", "shell", "!"},
    {"show", "show", ""}, {"term", "term", ""},
});

constexpr auto kSettings = std::to_array<Name>({
    {"set accmap", "accmap", ""}, {"set authkey", "authkey", "key"},
    {"set authname", "authname", ""}, {"set autoload", "autoload", ""},
    {"set bandwidth", "bandwidth", ""}, {"set callback", "callback", ""}, {"set cbcp", "cbcp", ""},
    {"set ccpretry", "ccpretry", "ccpretries"}, {"set cd", "cd", ""},
    {"set chapretry", "chapretry", "chapretries"}, {"set choked", "choked", ""},
    {"set ctsrts", "ctsrts", "crtscts"}, {"set deflate", "deflate", ""}, {"set mppe", "mppe", ""},
    {"set device", "device", "line"}, {"set dial", "dial", ""}, {"set dns", "dns", ""},
    {"set enddisc", "enddisc", ""}, {"set escape", "escape", ""}, {"set filter", "filter", ""},
    {"set hangup", "hangup", ""}, {"set ifaddr", "ifaddr", ""}, {"set ifqueue", "ifqueue", ""},
    {"set ipcpretry", "ipcpretry", "ipcpretries"},
    {"set ipv6cpretry", "ipv6cpretry", "ipv6cpretries"},
    {"set lcpretry", "lcpretry", "lcpretries"}, {"set log", "log", ""}, {"set login", "login", ""},
    {"set logout", "logout", ""}, {"set lqrperiod", "lqrperiod", "echoperiod"},
    {"set mode", "mode", ""}, {"set mrru", "mrru", ""}, {"set mru", "mru", ""},
    {"set mtu", "mtu", ""}, {"set nbns", "nbns", ""}, {"set openmode", "openmode", ""},
    {"set papretry", "papretry", "papretries"}, {"set parity", "parity", ""},
    {"set phone", "phone", ""}, {"set port_id", "port_id", ""}, {"set pppoe", "pppoe", ""},
    {"set proctitle", "proctitle", "title"}, {"set radius", "radius", ""},
    {"set rad_alive", "rad_alive", ""}, {"set rad_port_id", "rad_port_id", ""},
    {"set reconnect", "reconnect", ""}, {"set recvpipe", "recvpipe", ""},
    {"set redial", "redial", ""}, {"set sendpipe", "sendpipe", ""},
    {"set server", "server", "socket"}, {"set speed", "speed", ""}, {"set stopped", "stopped", ""},
    {"set timeout", "timeout", ""}, {"set urgent", "urgent", ""}, {"set vj", "vj", ""},
    {"set weight", "weight", ""},
});

constexpr auto kOptions = std::to_array<Name>({
    {"acfcomp", "acfcomp", ""}, {"callback", "callback", ""}, {"chap", "chap", "chap05"},
    {"chap80", "chap80", "lanman"}, {"chap80", "chap80nt", ""}, {"mschapv2", "chap81", "mschapv2"},
    {"deflate", "deflate", ""}, {"deflate24", "deflate24", ""}, {"dns", "dns", ""},
    {"echo", "echo", ""}, {"filter-decapsulation", "filter-decapsulation", ""},
    {"force-scripts", "force-scripts", ""}, {"idcheck", "idcheck", ""},
    {"iface-alias", "iface-alias", ""}, {"ipcp", "ipcp", ""}, {"ipv6cp", "ipv6cp", ""},
    {"keep-session", "keep-session", ""}, {"loopback", "loopback", ""}, {"lqr", "lqr", ""},
    {"mppe", "mppe", ""}, {"nas-ip-address", "nas-ip-address", ""},
    {"nas-identifier", "nas-identifier", ""}, {"pap", "pap", ""}, {"passwdauth", "passwdauth", ""},
    {"pred1", "pred1", "predictor1"}, {"protocomp", "protocomp", ""}, {"proxy", "proxy", ""},
    {"proxyall", "proxyall", ""}, {"shortseq", "shortseq", ""}, {"sroutes", "sroutes", ""},
    {"tcpmssfixup", "tcpmssfixup", "mssfixup"}, {"throughput", "throughput", ""},
    {"utmp", "utmp", ""}, {"vjcomp", "vjcomp", ""},
});

constexpr std::string_view kNoCommands =
    "tunneld runs no commands when a link comes up or goes down; let a service of its own follow "
    "`tunnelctl status --watch`";
constexpr std::string_view kOneLink = "a site of tunneld is one link; give each link a profile";
constexpr std::string_view kNoCallback = "nobody is called back over SSH; leave it out";
constexpr std::string_view kRadius =
    "tunneld asks no RADIUS server; name the far end with require and peer in [ppp.auth], and write "
    "its secret in secrets.toml";
constexpr std::string_view kPppFilter =
    "write in ipf.rules what it let through, on the interface of the site";
constexpr std::string_view kPppNat =
    "write it in ipnat.rules: map INTERFACE NETWORK -> 0/32 portmap tcp/udp auto, and rdr for what "
    "was redirected";
constexpr std::string_view kIface =
    "a site's device has the addresses of its profile only; configure others elsewhere";
constexpr std::string_view kMtu =
    "the MTU is what the far end can receive; write mru in its profile, or set mru in its ppp.conf";

struct Known {
  std::string_view command;
  Advice advice;
};

constexpr auto kAdvice = std::to_array<Known>({
    {"set filter", {Fate::NotCarried, kPppFilter}},
    {"nat", {Fate::NotCarried, kPppNat}},
    {"shell", {Fate::NotCarried, kNoCommands}},
    {"iface", {Fate::NotCarried, kIface}},
    {"set mtu", {Fate::NotCarried, kMtu}},
    {"set radius", {Fate::NotCarried, kRadius}},
    {"set callback", {Fate::NotCarried, kNoCallback}},
    {"set cbcp", {Fate::NotCarried, kNoCallback}},
    {"set mrru", {Fate::NotCarried, kOneLink}},
    {"clone", {Fate::NotCarried, kOneLink}},
    {"link", {Fate::NotCarried, kOneLink}},
});

constexpr auto kOptionAdvice = std::to_array<Known>({
    {"proxy", {Fate::NotCarried,
               "give the hosts of the LAN a route to the far end's address, or set "
               "net.ipv4.conf.LAN.proxy_arp = 1 in sysctl.d"}},
    {"proxyall", {Fate::NotCarried,
                  "give the hosts of the LAN routes to the far networks, or set "
                  "net.ipv4.conf.LAN.proxy_arp = 1 in sysctl.d"}},
    {"passwdauth", {Fate::NotCarried,
                    "tunneld does not ask the accounts of the machine; write the secrets in "
                    "secrets.toml"}},
    {"tcpmssfixup", {Fate::NotCarried, "write mssclamp in a map rule of ipnat.rules"}},
    {"callback", {Fate::NotCarried, kNoCallback}},
    {"chap80", {Fate::NotCarried,
                "tunneld does not speak MS-CHAPv1; require \"mschap-v2\" or \"chap-md5\""}},
});

// clang-format on

constexpr char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

bool begins(std::string_view name, std::string_view word) {
  return word.size() <= name.size() && std::equal(word.begin(), word.end(), name.begin(),
                                                  [](char a, char b) { return lower(a) == b; });
}

/// As ppp looks a word up: the whole name, or the beginning of one name only.
template <std::size_t N>
std::string_view look_up(const std::array<Name, N>& names, std::string_view word) {
  std::string_view found;
  unsigned matches = 0;
  for (const auto& [full, name, other] : names) {
    const auto& fits = begins(name, word) ? name : other;
    if (word.empty() || !begins(fits, word)) continue;
    if (fits.size() == word.size()) return full;
    found = full;
    ++matches;
  }
  return matches == 1 ? found : std::string_view{};
}

template <std::size_t N>
Advice find(const std::array<Known, N>& all, std::string_view name) {
  const auto known =
      std::find_if(all.begin(), all.end(), [&](const Known& each) { return each.command == name; });
  return known == all.end() ? Advice{Fate::Unneeded, {}} : known->advice;
}

/// Whether a command says that something shall not be done.
bool is_turned_off(const Command& command) {
  if (command.arguments.empty()) return true;
  const auto& first = command.arguments.front();
  if (command.name == "set callback") return first == "none";
  if (command.name == "set filter") return begins("alive", first) || begins("dial", first);
  if (command.name == "iface") return begins("clear", first) || begins("description", first);
  if (command.name == "nat") return command.arguments.back() == "no";
  return false;
}

}  // namespace

Command resolve(const PppCommand& command) {
  const std::span<const std::string> words{command.words};
  auto name = look_up(kCommands, words.front());
  // "!" takes the program behind it in the same word, too.
  if (name.empty() && words.front().starts_with('!')) name = "shell";
  if (name != "set") return {name, words.subspan(1)};
  if (words.size() < 2) return {};
  return {look_up(kSettings, words[1]), words.subspan(2)};
}

std::string_view option_name(std::string_view word) {
  return look_up(kOptions, word);
}

Advice advice_about(const Command& command) {
  if (command.name.empty())
    return {Fate::Unknown, "ppp has no such command, or several that begin so; see what was meant"};
  const auto advice = find(kAdvice, command.name);
  return is_turned_off(command) && command.name != "shell" ? Advice{Fate::Unneeded, {}} : advice;
}

Advice advice_about_option(std::string_view option) {
  if (option.empty())
    return {Fate::Unknown, "ppp has no such option, or several that begin so; see what was meant"};
  return find(kOptionAdvice, option);
}

std::string shown(const PppCommand& command) {
  constexpr auto kPlain = std::to_array<std::string_view>(
      {"set ifaddr", "set filter", "set timeout", "set mtu", "set mru", "set mrru", "set redial",
       "set radius", "set callback", "nat", "iface", "add", "enable", "accept", "link"});
  const auto known = resolve(command);
  const bool plain = std::find(kPlain.begin(), kPlain.end(), known.name) != kPlain.end();
  // Passwords stand behind the name of a setting, in a chat script, or on another's command line.
  const bool setting = look_up(kCommands, command.words.front()) == "set";
  const auto most = plain ? command.words.size() : setting ? 2U : 1U;
  std::string text;
  for (std::size_t at = 0; at < std::min<std::size_t>(most, command.words.size()); ++at) {
    text += (at == 0 ? "" : " ") + command.words[at];
  }
  return text;
}

}  // namespace tunnel::importer
