#pragma once

#include "tunneld/base/result.hpp"
#include "tunneld/config/configuration.hpp"
#include "tunneld/ctl/client.hpp"
#include "tunneld/ctl/options.hpp"
#include "tunneld/ctl/terminal.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace tunnel::ctl {

/// What every verb works with.
struct Context {
  CommonOptions common;
  Output& out;
  Output& err;

  /// "tunnelctl: SENTENCE" on standard error.
  void complain(std::string_view sentence) const;
  /// The same, and ExitCode::Failed.
  ExitCode fail(std::string_view sentence) const;
  /// The same for who was not let in: its sentence, and ExitCode::NotAllowed if that is why.
  ExitCode fail(const Error& error) const;
};

/// [gateway] of the configuration; its first mistake otherwise.
Result<config::Gateway> read_gateway(const std::filesystem::path& config);

/// A connection to the daemon of this configuration. The error is a sentence that says what to do.
Result<Client> connect(const Context& context);

/// Says why a call failed, of a site that does not exist which there are.
ExitCode fail_call(const Context& context, Client& client, const CallError& error,
                   std::string_view site = {});

/// The names of all sites, in the daemon's order.
boost::system::result<std::vector<std::string>, CallError> site_names(Client& client);

}  // namespace tunnel::ctl
