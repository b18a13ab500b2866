#pragma once

#include "tunneld/base/result.hpp"
#include "tunneld/import/importer.hpp"

#include <sys/types.h>

#include <filesystem>
#include <optional>
#include <vector>

namespace tunnel::importer {

/// The account of tunneld, to which a configuration belongs.
struct Account {
  uid_t user;
  gid_t group;
};

/// Writes a configuration directory: all of it, or nothing. It must not exist, its parent must.
/// Files are for the owner and the group, secret ones for the account alone; with an account, which
/// takes root, they belong to it as tunneld.toml(5) says. The error is a sentence.
Result<void> write_folder(const std::filesystem::path& folder, const std::vector<NewFile>& files,
                          const std::optional<Account>& account);

}  // namespace tunnel::importer
