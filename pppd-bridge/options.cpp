#include "pppd-bridge/options.hpp"

#include "pppd-bridge/option_words.hpp"
#include "pppd-bridge/stdio_options.hpp"
#include "tunneld/base/hex.hpp"
#include "tunneld/base/version.hpp"

#include <CLI/CLI.hpp>
#include <cstdio>
#include <string>
#include <utility>

namespace tunnel::bridge {

namespace {

constexpr auto kDefaultSocket = "/run/tunneld/bridge.sock";

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
  command->add_flag("--small-segments", options.small_segments,
                    "Large packets seem to be lost on the way");
}

void add_answer(CLI::App& app, AnswerOptions& options) {
  auto* command = app.add_subcommand(
      "answer", "Answers for a site on standard input and output; sshd's forced command");
  add_site(*command, options.site);
  command->add_option("--key", options.key, "The fingerprint of the key that was used");
  command
      ->add_option("--ticket",
                   storing(&from_hex, [&options](auto ticket) { options.ticket = ticket; }),
                   "What lets this session claim the site, once")
      ->check(must_be(&from_hex, "a ticket"));
  options.socket = kDefaultSocket;
  command->add_option("--socket", options.socket, "tunneld's socket for bridges")
      ->capture_default_str();
}

}  // namespace

std::variant<Options, int> parse_options(int argc, char** argv) {
  CLI::App app{"pppd-bridge: a PPP end that runs without privilege and without kernel PPP"};
  app.name("pppd-bridge");
  app.set_version_flag("--version", "pppd-bridge " + std::string{kVersion});
  app.require_subcommand(1);
  // Through an SSH session nobody else says whose words these are.
  app.failure_message([](const CLI::App*, const CLI::Error& error) {
    return std::string{"pppd-bridge: "} + error.what() + "; see pppd-bridge --help\n";
  });
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
    if (const auto mistake = mistake_in(stdio); !mistake.empty()) {
      std::fprintf(stderr, "pppd-bridge: %s\n", mistake.c_str());
      return 2;
    }
  }
  if (app.got_subcommand("dial")) return Options{dial};
  if (app.got_subcommand("answer")) return Options{answer};
  return Options{stdio};
}

}  // namespace tunnel::bridge
