#pragma once

#include "tunneld/base/unique_fd.hpp"

#include <fcntl.h>
#include <sys/stat.h>

#include <cstddef>
#include <filesystem>
#include <iterator>

namespace tunnel::test {

/// How many descriptors this process has open: two counts that differ tell of a leak.
inline std::ptrdiff_t open_descriptors() {
  return std::distance(std::filesystem::directory_iterator{"/proc/self/fd"},
                       std::filesystem::directory_iterator{});
}

inline bool is_open(int fd) {
  return ::fcntl(fd, F_GETFD) >= 0;
}

inline bool closes_on_exec(const UniqueFd& fd) {
  return (::fcntl(fd.get(), F_GETFD) & FD_CLOEXEC) != 0;
}

inline bool is_nonblocking(const UniqueFd& fd) {
  return (::fcntl(fd.get(), F_GETFL) & O_NONBLOCK) != 0;
}

/// Whether both name the same file.
inline bool same_file(const UniqueFd& a, const UniqueFd& b) {
  struct stat first {};

  struct stat second {};

  return ::fstat(a.get(), &first) == 0 && ::fstat(b.get(), &second) == 0 &&
         first.st_dev == second.st_dev && first.st_ino == second.st_ino;
}

}  // namespace tunnel::test
