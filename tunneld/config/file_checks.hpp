#pragma once

#include "tunneld/config/secrets_file.hpp"
#include "tunneld/config/site_draft.hpp"

namespace tunnel::config {

/// Whether the file could be read, and whether nobody else can have written it. False when there
/// is no text to go on with.
bool check_source(const SourceFile& file, Report& report);

/// The private key that a site dials with: there, ours alone, without a passphrase, and of a type
/// that its SSH client can use. With an agent, whose key it only names: the public half will do.
void check_identity(SiteDraft& draft, Location where, const Facts& facts);

/// The socket of an agent: that it fits into an address. Whether it is there is seen when it is
/// needed.
void check_agent(SiteDraft& draft, Location where);

/// The file that OpenSSH's client is pointed to: there, and written by nobody else, for a
/// ProxyCommand in it is executed.
void check_ssh_config(SiteDraft& draft, Location where, const Facts& facts);

/// The value of a key that names a file of rules, made absolute; empty where there is none. The
/// file must be there, and nobody else may have written it.
std::filesystem::path read_rule_file(TableReader& in, std::string_view key, const Facts& facts,
                                     Report& report);

/// The file of secrets: ours alone. False when there is no text to go on with.
bool check_secrets_file(const SecretsFile& file, Report& report);

}  // namespace tunnel::config
