#pragma once

#include "tunneld/base/bytes.hpp"
#include "tunneld/base/result.hpp"
#include "tunneld/base/unique_fd.hpp"

#include <string>

namespace tunnel::transport {

/// A file without a place on any disk, which processes of the same user may open by its path() as
/// long as it lives. Mode 0600; overwritten before it goes.
class MemoryFile {
 public:
  static Result<MemoryFile> create(const char* name, Bytes contents);

  MemoryFile(MemoryFile&&) noexcept = default;
  MemoryFile& operator=(MemoryFile&&) = delete;
  ~MemoryFile();

  /// "/proc/123/fd/4": through this process, for a program that closes what it inherits.
  std::string path() const;

 private:
  MemoryFile(UniqueFd fd, std::size_t size) : fd_{std::move(fd)}, size_{size} {}

  UniqueFd fd_;
  std::size_t size_;
};

}  // namespace tunnel::transport
