#pragma once

#include "tunneld/base/bytes.hpp"
#include "tunneld/base/result.hpp"
#include "tunneld/base/unique_fd.hpp"

#include <string>

namespace tunnel::transport {

/// "/proc/123/fd/4": what a descriptor of this process leads to, for a program of the same user
/// that closes what it inherits.
std::string path_through_this_process(int fd);

/// A file without a place on any disk, which processes of the same user may open by its path() as
/// long as it lives. Mode 0600; overwritten before it goes.
class MemoryFile {
 public:
  static Result<MemoryFile> create(const char* name, Bytes contents);

  MemoryFile(MemoryFile&&) noexcept = default;
  MemoryFile& operator=(MemoryFile&&) = delete;
  ~MemoryFile();

  /// path_through_this_process().
  std::string path() const;

 private:
  MemoryFile(UniqueFd fd, std::size_t size) : fd_{std::move(fd)}, size_{size} {}

  UniqueFd fd_;
  std::size_t size_;
};

}  // namespace tunnel::transport
