#include "tunneld/ctl/context.hpp"

#include "tunneld/base/text.hpp"
#include "tunneld/config/load.hpp"
#include "tunneld/ctl/document.hpp"

#include <algorithm>
#include <utility>
#include <vector>

namespace tunnel::ctl {

namespace fs = std::filesystem;

namespace {

/// "FILE:LINE: MESSAGE", in one line.
std::string brief(const Diagnostic& diagnostic) {
  auto out = diagnostic.file;
  if (diagnostic.line != 0) out += ':' + std::to_string(diagnostic.line);
  return out + ": " + diagnostic.message;
}

/// A daemon is found by the configuration it runs with. Where none was named and the default one
/// cannot be read (it is not ours to read, or somebody is at work on it), the defaults must do.
Result<Place> find_daemon(const CommonOptions& common) {
  const auto gateway = read_gateway(common.config);
  if (!gateway && common.config_named && common.socket.empty()) {
    return make_error(std::errc::invalid_argument,
                      "cannot learn where tunneld listens: " + gateway.error().message() +
                          "; mend it, or name the socket with --socket");
  }
  const auto known = gateway ? *gateway : config::Gateway{};
  if (!common.socket.empty()) {
    return Place{.socket = common.socket,
                 .read_socket = {},
                 .control_group = known.control_group,
                 .read_group = known.read_group,
                 .log_dir = known.log_dir};
  }
  // Members of read_group need not be able to read the configuration: the socket may be there.
  return Place{.socket = known.runtime_dir / "control.sock",
               .read_socket = known.runtime_dir / "read.sock",
               .control_group = known.control_group,
               .read_group = known.read_group,
               .log_dir = known.log_dir};
}

std::string no_such_site(const Context& context, Client& client, std::string_view site) {
  auto sentence = "there is no site \"" + terminal_text(site) + '"';
  const auto names = site_names(client);
  if (!names) return sentence;
  if (names->empty()) {
    return sentence + ", nor any other: write a profile into " +
           (context.common.config / "sites").native() + " and run \"tunnelctl reload\"";
  }
  const std::vector<std::string_view> candidates(names->begin(), names->end());
  if (const auto meant = nearest(site, candidates)) {
    sentence += ": did you mean \"" + std::string{*meant} + "\"?";
  }
  return sentence + " (the sites are: " + joined(*names) + ')';
}

}  // namespace

void Context::complain(std::string_view sentence) const {
  out.flush();  // so that the two come in their order where they go to the same place
  err.line("tunnelctl: " + std::string{sentence});
  err.flush();
}

ExitCode Context::fail(std::string_view sentence) const {
  complain(sentence);
  return ExitCode::Failed;
}

ExitCode Context::fail(const Error& error) const {
  complain(error.message());
  return error.code == std::errc::permission_denied ? ExitCode::NotAllowed : ExitCode::Failed;
}

Result<config::Gateway> read_gateway(const fs::path& config) {
  const auto file = config / "tunneld.toml";
  std::error_code error;
  if (fs::status(file, error).type() == fs::file_type::not_found) {
    // Every key in it has a default; but a folder that is not there is a slip of the pen.
    if (fs::is_directory(config, error)) return config::Gateway{};
    return make_error(std::errc::invalid_argument,
                      "there is no directory " + terminal_text(config.native()));
  }
  const auto loaded = config::check_file(file);
  if (loaded.configuration) return loaded.configuration->gateway;
  return make_error(std::errc::invalid_argument, loaded.diagnostics.empty()
                                                     ? "there is nothing in " + config.native()
                                                     : terminal_text(brief(loaded.diagnostics[0])));
}

Result<Client> connect(const Context& context) {
  const auto place = find_daemon(context.common);
  if (!place) return place.error();
  return Client::connect(*place, context.common.patience);
}

ExitCode fail_call(const Context& context, Client& client, const CallError& error,
                   std::string_view site) {
  if (error.code == kNoSuchSite && !site.empty()) {
    return context.fail(no_such_site(context, client, site));
  }
  if (error.code == kMethodNotFound) {
    return context.fail(
        "the tunneld that runs does not know this command; it may be of an older "
        "release than tunnelctl: restart it");
  }
  if (error.code == kNotAllowed || error.code == kInvalidParams) {
    context.complain(error.message);
    return error.code == kNotAllowed ? ExitCode::NotAllowed : ExitCode::Usage;
  }
  return context.fail(error.message);
}

boost::system::result<std::vector<std::string>, CallError> site_names(Client& client) {
  const auto status = client.call("status", {});
  if (!status) return status.error();
  std::vector<std::string> names;
  for (const auto* site : objects(*status, "sites")) names.push_back(text(*site, "site"));
  return names;
}

}  // namespace tunnel::ctl
