#pragma once

#include <optional>
#include <string>
#include <system_error>
#include <utility>

namespace tunnel::importer {

/// A file of the FreeBSD gateway, in memory.
struct OldFile {
  std::string name{};  // for messages: where it was found, relative to what is imported
  std::string text{};  // empty with an error
  std::error_code error{};
};

/// What is left of a FreeBSD gateway: a copy of its / or /etc, or a folder with its files.
class Tree {
 public:
  virtual ~Tree() = default;

  /// The file that was `path` there, an absolute path; nullopt: there is none.
  virtual std::optional<OldFile> find(const std::string& path) const = 0;
};

}  // namespace tunnel::importer
