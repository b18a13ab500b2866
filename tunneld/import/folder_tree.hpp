#pragma once

#include "tunneld/base/result.hpp"
#include "tunneld/base/unique_fd.hpp"
#include "tunneld/import/tree.hpp"

#include <filesystem>
#include <string>
#include <utility>

namespace tunnel::importer {

/// A folder with what is left of a gateway: a copy of its / (etc/ppp/ppp.conf, root/.ssh/...), of
/// its /etc (ppp/ppp.conf), or the files alone (ppp.conf). Symbolic links are those of the gateway:
/// for all of them the folder is the root, so that none leads to a file of this machine.
class FolderTree final : public Tree {
 public:
  /// The error is a sentence.
  static Result<FolderTree> open(const std::filesystem::path& folder);

  std::optional<OldFile> find(const std::string& path) const override;

 private:
  explicit FolderTree(UniqueFd folder) noexcept : folder_{std::move(folder)} {}

  UniqueFd folder_;
};

}  // namespace tunnel::importer
