#pragma once

#include "tunneld/base/unique_fd.hpp"

#include <stdlib.h>
#include <unistd.h>

#include <filesystem>
#include <stdexcept>
#include <string>
#include <string_view>

namespace tunnel::test {

/// A file with a secret in it that nobody else may read, gone with this object.
class SecretFile {
 public:
  explicit SecretFile(std::string_view secret) {
    const UniqueFd file{::mkstemp(path_.data())};  // mode 0600
    const auto size = static_cast<ssize_t>(secret.size());
    if (!file || ::write(file.get(), secret.data(), secret.size()) != size) {
      throw std::runtime_error{"cannot write " + path_};
    }
  }

  SecretFile(const SecretFile&) = delete;
  SecretFile& operator=(const SecretFile&) = delete;

  ~SecretFile() { ::unlink(path_.c_str()); }

  std::filesystem::path path() const { return path_; }

 private:
  std::string path_ = (std::filesystem::temp_directory_path() / "secret-XXXXXX").native();
};

}  // namespace tunnel::test
