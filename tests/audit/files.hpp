#pragma once

#include "tunneld/base/check.hpp"

#include <signal.h>
#include <sys/resource.h>

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

namespace tunnel::audit::test {

inline std::string contents(const std::filesystem::path& path) {
  std::ifstream file{path, std::ios::binary};
  return {std::istreambuf_iterator<char>{file}, {}};
}

inline std::vector<std::string> lines(const std::filesystem::path& path) {
  std::ifstream file{path};
  std::vector<std::string> all;
  for (std::string line; std::getline(file, line);) all.push_back(line);
  return all;
}

/// While it lives, no file of this process grows beyond so many bytes: a full disk, for whoever
/// writes.
class FullDisk {
 public:
  explicit FullDisk(std::uintmax_t bytes) {
    handler_ = ::signal(SIGXFSZ, SIG_IGN);
    TUNNEL_CHECK(::getrlimit(RLIMIT_FSIZE, &former_) == 0);
    rlimit limit = former_;
    limit.rlim_cur = bytes;
    TUNNEL_CHECK(::setrlimit(RLIMIT_FSIZE, &limit) == 0);
  }

  FullDisk(const FullDisk&) = delete;
  FullDisk& operator=(const FullDisk&) = delete;

  ~FullDisk() {
    TUNNEL_CHECK(::setrlimit(RLIMIT_FSIZE, &former_) == 0);
    ::signal(SIGXFSZ, handler_);
  }

 private:
  rlimit former_{};
  sighandler_t handler_ = nullptr;
};

}  // namespace tunnel::audit::test
