#pragma once

#include "tunneld/config/parse.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace tunnel::config {

inline constexpr std::string_view kHostKey =
    "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOVBN99RwDSQqgVOVvsvpa6HUlcgbJld4fGR5f+afWhi";
inline constexpr std::string_view kHomeKey =
    "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIP8k0iv0uCCX8e4vlx3YEfxN4jHDHd7zqWc8yGOXEwMR";

/// The smallest profiles of both roles, without anything that has a default.
std::string dial_profile();
std::string answer_profile();

/// `text` with the only occurrence of `from` replaced.
std::string with(std::string text, std::string_view from, std::string_view to);

/// The text of a file, which must be there.
std::string contents(const std::filesystem::path& path);

/// A machine called talisker, whose configuration directory /etc/tunneld holds the keys that the
/// examples speak of; which name means which fault is in the .cpp. Nothing is read from disk.
Facts make_facts();

SourceFile gateway_file(std::string text = {});
SourceFile site_file(std::string_view name, std::string text);

/// The diagnostics of one profile alone, called labs.
std::vector<Diagnostic> mistakes_in(std::string profile);

/// The message of the only mistake in a profile.
std::string mistake_in(std::string profile);

/// The dialling profile with the only occurrence of `from` replaced.
std::string dial_with(std::string_view from, std::string_view to);

}  // namespace tunnel::config
