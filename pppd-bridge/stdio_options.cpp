// The command line of `pppd-bridge stdio`, which has what a profile has in [ppp].

#include "pppd-bridge/stdio_options.hpp"

#include "pppd-bridge/option_words.hpp"

#include <array>
#include <charconv>
#include <chrono>
#include <map>
#include <optional>
#include <string_view>
#include <vector>

namespace tunnel::bridge {

namespace {

/// How often an option may be repeated.
constexpr int kMostRepeated = 64;

struct NamedPolicy {
  std::string_view name;
  Policy PppPolicies::*field;
};

// clang-format off
constexpr std::array kPolicies{
    NamedPolicy{"mru", &PppPolicies::mru},
    NamedPolicy{"accm", &PppPolicies::accm},
    NamedPolicy{"magic", &PppPolicies::magic},
    NamedPolicy{"pfc", &PppPolicies::pfc},
    NamedPolicy{"acfc", &PppPolicies::acfc},
    NamedPolicy{"fcs", &PppPolicies::fcs},
    NamedPolicy{"ip", &PppPolicies::ip},
    NamedPolicy{"ipv6", &PppPolicies::ipv6},
    NamedPolicy{"dns", &PppPolicies::dns},
    NamedPolicy{"nbns", &PppPolicies::nbns},
    NamedPolicy{"deflate", &PppPolicies::deflate},
};
// clang-format on

const std::map<std::string, Policy> kPolicyWords{{"deny", Policy::Deny},
                                                 {"accept", Policy::Accept},
                                                 {"request", Policy::Request},
                                                 {"require", Policy::Require}};
const std::map<std::string, AuthMethod> kMethodWords{{"pap", AuthMethod::Pap},
                                                     {"chap-md5", AuthMethod::ChapMd5},
                                                     {"mschap-v2", AuthMethod::MsChapV2}};
const std::map<std::string, Fcs> kFcsWords{
    {"none", Fcs::None}, {"16", Fcs::Ccitt16}, {"32", Fcs::Ccitt32}};

std::optional<AuthMethod> parse_method(const std::string& word) {
  const auto found = kMethodWords.find(word);
  return found == kMethodWords.end() ? std::nullopt : std::optional{found->second};
}

std::optional<Fcs> parse_fcs(const std::string& word) {
  const auto found = kFcsWords.find(word);
  return found == kFcsWords.end() ? std::nullopt : std::optional{found->second};
}

/// Decimal, or hexadecimal behind 0x.
std::optional<std::uint32_t> parse_accm(const std::string& word) {
  std::uint32_t map = 0;
  const bool hexadecimal = word.starts_with("0x");
  const auto* const begin = word.data() + (hexadecimal ? 2 : 0);
  const auto* const end = word.data() + word.size();
  const auto [stop, error] = std::from_chars(begin, end, map, hexadecimal ? 16 : 10);
  return error == std::errc{} && stop == end ? std::optional{map} : std::nullopt;
}

struct ChosenPolicy {
  Policy PppPolicies::*field = nullptr;
  Policy policy = Policy::Deny;
};

/// "deflate=request"
std::optional<ChosenPolicy> parse_policy(const std::string& word) {
  const auto equals = word.find('=');
  if (equals == std::string::npos) return std::nullopt;
  const auto policy = kPolicyWords.find(word.substr(equals + 1));
  if (policy == kPolicyWords.end()) return std::nullopt;
  for (const auto& known : kPolicies) {
    if (known.name == word.substr(0, equals)) return ChosenPolicy{known.field, policy->second};
  }
  return std::nullopt;
}

/// "10.224.1.1", or "10.224.1.1/24".
std::optional<AddressWish> parse_wish(const std::string& word) {
  const auto slash = word.find('/');
  const auto address = Ipv4Address::parse(word.substr(0, slash));
  if (!address) return std::nullopt;
  if (slash == std::string::npos) return AddressWish{*address, 32};
  unsigned length = 0;
  if (!CLI::detail::lexical_cast(word.substr(slash + 1), length) || length > 32) {
    return std::nullopt;
  }
  return AddressWish{*address, static_cast<std::uint8_t>(length)};
}

void add_wish(CLI::App& command, const char* name, AddressWish& into, const char* help) {
  command.add_option(name, storing(&parse_wish, [&into](AddressWish w) { into = w; }), help)
      ->take_last()
      ->check(must_be(&parse_wish, "an IPv4 address such as 10.224.1.1 or 10.224.1.1/24"));
}

void add_addresses(CLI::App& command, ipc::Ppp& ppp) {
  add_wish(command, "--local", ppp.local, "Our address; with a length, any of the network");
  add_wish(command, "--remote", ppp.remote, "The peer's, likewise");
  command
      .add_option("--dns",
                  storing(&Ipv4Address::parse, [&ppp](Ipv4Address a) { ppp.dns.push_back(a); }),
                  "A DNS server to tell the peer; at most two")
      ->expected(1, 2)
      ->check(must_be(&Ipv4Address::parse, "an IPv4 address"));
}

void add_link(CLI::App& command, ipc::Ppp& ppp) {
  command.add_option("--mru", ppp.mru.bytes, "Maximum-Receive-Unit")
      ->capture_default_str()
      ->check(CLI::Range(128, 65535));
  command.add_option("--ident", ppp.ident, "Identification (RFC 1570) for the peer's log");
  command
      .add_option("--accm", storing(&parse_accm, [&ppp](std::uint32_t map) { ppp.accm = map; }),
                  "Control characters the peer shall escape, as 0xffffffff")
      ->check(must_be(&parse_accm, "a map of the 32 control characters, as 0xffffffff"));
  command
      .add_option("--fcs", storing(&parse_fcs, [&ppp](Fcs fcs) { ppp.fcs = fcs; }),
                  "The FCS to ask for with --option fcs=request")
      ->check(must_be(&parse_fcs, "an FCS: none, 16 or 32"));
  command
      .add_option(
          "--option",
          storing(&parse_policy,
                  [&ppp](ChosenPolicy chosen) { ppp.policies.*chosen.field = chosen.policy; }),
          "NAME=deny|accept|request|require, as in [ppp.options] of a profile; may be "
          "repeated")
      ->expected(1, kMostRepeated)
      ->check(
          must_be(&parse_policy,
                  "NAME=POLICY; names are mru, accm, magic, pfc, acfc, fcs, ip, ipv6, dns, nbns "
                  "and deflate, policies deny, accept, request and require"));
}

void add_data_path(CLI::App& command, ipc::Ppp& ppp) {
  command.add_flag_callback(
      "--no-offload", [&ppp] { ppp.offload = Offload::Avoid; },
      "Packets no larger than the MRU, on the tun device and on the link");
  command.add_flag_callback(
      "--no-clamp-mss", [&ppp] { ppp.clamp_mss = ClampMss::No; },
      "Leave the Maximum Segment Size of TCP connections as it is");
}

void add_methods(CLI::App& command, const char* name, std::vector<AuthMethod>& into,
                 const char* help) {
  command
      .add_option(name, storing(&parse_method, [&into](AuthMethod m) { into.push_back(m); }), help)
      ->expected(1, 3)
      ->check(must_be(&parse_method, "a method: pap, chap-md5 or mschap-v2"));
}

void add_auth(CLI::App& command, StdioOptions& options) {
  auto& auth = options.ppp.auth;
  add_methods(command, "--require-auth", auth.require,
              "How the peer must prove itself, best first");
  add_methods(command, "--accept-auth", auth.accept, "How we prove ourselves if asked, best first");
  command.add_option("--name", auth.name, "Our name");
  command.add_option("--peer-name", options.peer_name, "The name that the peer must prove");
  command.add_option("--secret-file", options.secret_file, "A file of our secret")
      ->check(CLI::ExistingFile);
  command.add_option("--peer-secret-file", options.peer_secret_file, "A file of the peer's")
      ->check(CLI::ExistingFile);
  command.add_option_function<unsigned>(
      "--rechallenge",
      [&auth](unsigned seconds) { auth.rechallenge = std::chrono::seconds{seconds}; },
      "Challenge the peer again after so many seconds");
  command.add_flag("--encrypted", options.encrypted,
                   "Standard input and output are encrypted on their way: PAP may be used");
}

bool is_pap_alone(const std::vector<AuthMethod>& methods) {
  return methods == std::vector{AuthMethod::Pap};
}

bool is_of_one_host(Ipv4Address address) {
  return AddressWish{{}, 0}.allows(address);
}

bool may_be(const AddressWish& wish) {
  return is_of_one_host(wish.preferred) || (wish.preferred.is_unspecified() && !wish.fixed());
}

}  // namespace

void add_stdio(CLI::App& app, StdioOptions& options) {
  auto* command = app.add_subcommand(
      "stdio",
      "One PPP end on standard input and output, with a tun device of its own and without "
      "tunneld, for any PPP peer:\n"
      "  pppd pty \"ssh gw pppd-bridge stdio --local 10.9.0.2 --remote 10.9.0.1\"");
  add_addresses(*command, options.ppp);
  add_link(*command, options.ppp);
  add_data_path(*command, options.ppp);
  add_auth(*command, options);
  command
      ->add_option("--interface",
                   storing(&InterfaceName::parse,
                           [&options](InterfaceName n) { options.interface = std::move(n); }),
                   "The tun device to make (default: the first free tunN)")
      ->check(must_be(&InterfaceName::parse, "an interface name (1 to 15 of A-Z a-z 0-9 _ . -)"));
  command
      ->add_option("--network",
                   storing(&Prefix::parse, [&options](Prefix p) { options.networks.push_back(p); }),
                   "Accept packets from this network (and the peer) only; may be repeated")
      ->expected(1, kMostRepeated)
      ->check(must_be(&Prefix::parse, "a network such as 192.168.1.0/24"));
  command->add_flag("--debug", options.debug, "Print the PPP log on standard error");
}

std::string mistake_in(const StdioOptions& options) {
  const auto& [local, remote] = std::pair{options.ppp.local, options.ppp.remote};
  if (options.ppp.policies.ip != Policy::Deny) {
    constexpr AddressWish kNone;
    if (local == kNone) return "--local is required (or --option ip=deny)";
    if (remote == kNone) return "--remote is required (or --option ip=deny)";
    if (!may_be(local)) return "--local must be the address of one host (or --option ip=deny)";
    if (!may_be(remote)) return "--remote must be the address of one host (or --option ip=deny)";
    if (local == remote && local.fixed()) return "--local and --remote must differ";
  } else if (options.ppp.policies.ipv6 == Policy::Deny) {
    return "with --option ip=deny, --option ipv6=request is needed";
  }
  if (options.ppp.policies.mru == Policy::Deny) {
    return "the MRU cannot be denied: whatever is agreed, every end takes 1500 octets";
  }
  const auto& auth = options.ppp.auth;
  if (!auth.require.empty() && (options.peer_name.empty() || options.peer_secret_file.empty())) {
    return "--require-auth needs --peer-name and --peer-secret-file";
  }
  if (!auth.accept.empty() && (auth.name.empty() || options.secret_file.empty())) {
    return "--accept-auth needs --name and --secret-file";
  }
  if (!options.encrypted && (is_pap_alone(auth.require) || is_pap_alone(auth.accept))) {
    return "pap shows the secret to whoever reads standard input and output: add --encrypted if "
           "nobody can, or take chap-md5 or mschap-v2";
  }
  return {};
}

}  // namespace tunnel::bridge
