#pragma once

#include "tunneld/base/check.hpp"

#include <stdlib.h>

#include <filesystem>
#include <string>

namespace tunnel::test {

/// A directory of its own for one test, removed with all that is in it.
class TemporaryDirectory {
 public:
  TemporaryDirectory() {
    auto name = (std::filesystem::temp_directory_path() / "tunneld-test-XXXXXX").native();
    TUNNEL_CHECK(::mkdtemp(name.data()) != nullptr);
    path_ = name;
  }

  TemporaryDirectory(const TemporaryDirectory&) = delete;
  TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;

  ~TemporaryDirectory() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }

  const std::filesystem::path& path() const noexcept { return path_; }

 private:
  std::filesystem::path path_;
};

}  // namespace tunnel::test
