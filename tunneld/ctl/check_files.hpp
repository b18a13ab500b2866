#pragma once

#include "tunneld/config/parse.hpp"

#include <filesystem>
#include <string>
#include <vector>

namespace tunnel::ctl {

/// Takes what is no mistake, but closed to this user, out of the mistakes: the files and folders
/// that he may not read.
std::vector<std::filesystem::path> take_out_closed(config::Loaded& loaded);

/// Sentences about files of a configuration directory that look like profiles, and are not read.
std::vector<std::string> passed_over(const std::filesystem::path& directory);

/// Adds what the dial would find: a key whose form is right and whose octets are not.
void check_keys(config::Loaded& loaded);

}  // namespace tunnel::ctl
