#pragma once

#include "tunneld/base/diagnostic.hpp"

#include <string>
#include <vector>

namespace tunnel::config {

struct SourceFile;

/// Collects what is wrong in one file, with the lines of the file to show for it.
class Report {
 public:
  explicit Report(const SourceFile& file);

  void error(Location where, std::string message, std::string hint);

  /// About the file as a whole.
  void error(std::string message, std::string hint) {
    error(Location{}, std::move(message), std::move(hint));
  }

  const std::string& file() const noexcept { return file_; }

  bool clean() const noexcept { return diagnostics_.empty(); }

  /// From the top of the file to its end.
  std::vector<Diagnostic> sorted() const;

  /// "FILE:LINE", for a message in another place that points here.
  std::string place(Location where) const;

 private:
  std::string file_;
  std::vector<std::string> lines_;  // printable
  std::vector<Diagnostic> diagnostics_;
};

}  // namespace tunnel::config
