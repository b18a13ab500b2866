#include "pppd-bridge/options.hpp"

#include "tunneld/base/version.hpp"

#include <CLI/CLI.hpp>
#include <cstdio>
#include <string>
#include <utility>

namespace tunnel::bridge {

namespace {

constexpr auto kDefaultSocket = "/run/tunneld/bridge.sock";

/// Says what a word should be, where one of our own parsers does not take it.
template <typename Parse>
CLI::Validator must_be(Parse parse, std::string what) {
  return CLI::Validator{[parse, what](std::string& word) {
                          return parse(word) ? std::string{} : "\"" + word + "\" is not " + what;
                        },
                        ""};
}

/// Stores words that have been through must_be() with the same parser.
template <typename Parse, typename Store>
CLI::callback_t storing(Parse parse, Store store) {
  return [parse, store](const CLI::results_t& words) {
    for (const auto& word : words) {
      auto value = parse(word);
      if (!value) return false;
      store(std::move(*value));
    }
    return true;
  };
}

void add_address(CLI::App& command, const char* name, Ipv4Address& into, const char* help) {
  command
      .add_option(name, storing(&Ipv4Address::parse, [&into](Ipv4Address a) { into = a; }), help)
      ->required()
      ->check(must_be(&Ipv4Address::parse, "an IPv4 address such as 10.224.1.1"));
}

void add_site(CLI::App& command, SiteName& into) {
  command
      .add_option("SITE", storing(&SiteName::parse, [&into](SiteName s) { into = std::move(s); }),
                  "The site")
      ->required()
      ->check(must_be(&SiteName::parse, "the name of a site (a-z, 0-9, - and _)"));
}

void add_dial(CLI::App& app, DialOptions& options) {
  auto* command = app.add_subcommand("dial", "Dials a site; started by tunneld, not by hand");
  add_site(*command, options.site);
  command->add_option("--supervisor", options.supervisor, "The socket to tunneld")->required();
}

void add_answer(CLI::App& app, AnswerOptions& options) {
  auto* command = app.add_subcommand(
      "answer", "Answers for a site on standard input and output; sshd's forced command");
  add_site(*command, options.site);
  command->add_option("--key", options.key, "The fingerprint of the key that was used");
  options.socket = kDefaultSocket;
  command->add_option("--socket", options.socket, "tunneld's socket for bridges")
      ->capture_default_str();
}

void add_stdio(CLI::App& app, StdioOptions& options) {
  auto* command = app.add_subcommand(
      "stdio",
      "One PPP end on standard input and output, with a tun device of its own and without "
      "tunneld, for any PPP peer:\n"
      "  pppd pty \"ssh gw pppd-bridge stdio --local 10.9.0.2 --remote 10.9.0.1\"");
  add_address(*command, "--local", options.local, "Our address");
  add_address(*command, "--remote", options.remote, "The peer's address");
  command
      ->add_option("--interface",
                   storing(&InterfaceName::parse,
                           [&options](InterfaceName n) { options.interface = std::move(n); }),
                   "The tun device to make (default: the first free tunN)")
      ->check(must_be(&InterfaceName::parse, "an interface name (1 to 15 of A-Z a-z 0-9 _ . -)"));
  command->add_option("--mru", options.mru.bytes, "Maximum-Receive-Unit")
      ->capture_default_str()
      ->check(CLI::Range(128, 65535));
  command->add_option("--ident", options.ident, "Identification (RFC 1570) for the peer's log");
  command
      ->add_option("--network",
                   storing(&Prefix::parse, [&options](Prefix p) { options.networks.push_back(p); }),
                   "Accept packets from this network (and the peer) only; may be repeated")
      ->check(must_be(&Prefix::parse, "a network such as 192.168.1.0/24"));
  command->add_flag("--debug", options.debug, "Print the PPP log on standard error");
}

bool is_of_one_host(Ipv4Address address) {
  const auto first = address.value >> 24;
  return first != 0 && first != 127 && first < 224;
}

/// What is wrong with both options together; nullptr: nothing.
const char* mistake_in(const StdioOptions& options) {
  if (!is_of_one_host(options.local)) return "--local must be the address of one host";
  if (!is_of_one_host(options.remote)) return "--remote must be the address of one host";
  if (options.local == options.remote) return "--local and --remote must differ";
  return nullptr;
}

}  // namespace

std::variant<Options, int> parse_options(int argc, char** argv) {
  CLI::App app{"pppd-bridge: a PPP end that runs without privilege and without kernel PPP"};
  app.name("pppd-bridge");
  app.set_version_flag("--version", std::string{kVersion});
  app.require_subcommand(1);
  DialOptions dial;
  AnswerOptions answer;
  StdioOptions stdio;
  add_dial(app, dial);
  add_answer(app, answer);
  add_stdio(app, stdio);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : 2;
  }
  if (app.got_subcommand("stdio")) {
    if (const auto* mistake = mistake_in(stdio); mistake != nullptr) {
      std::fprintf(stderr, "pppd-bridge: %s\n", mistake);
      return 2;
    }
  }
  if (app.got_subcommand("dial")) return Options{dial};
  if (app.got_subcommand("answer")) return Options{answer};
  return Options{stdio};
}

}  // namespace tunnel::bridge
