#pragma once

#include "tunneld/base/result.hpp"

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace tunnel::filter::kernel {

/// A change of the table that is watched.
struct Touch {
  std::uint32_t pid = 0;         // 0: not known, as the kernel had too much to tell
  std::string program = {};      // as the kernel has it, which asks nobody; escaped
  std::uint32_t generation = 0;  // that it has made
};

/// Hears of every change of a table of family inet: by libnl, of the network namespace in which
/// open() was called.
class TableWatch {
 public:
  static Result<TableWatch> open(std::string table);

  TableWatch(TableWatch&&) noexcept;
  TableWatch& operator=(TableWatch&&) noexcept;
  ~TableWatch();

  /// To wait for; readable when there is something to read().
  int fd() const noexcept;

  /// What was done since the last time, in its order. One without a pid stands for what could not
  /// be heard.
  std::vector<Touch> read();

 private:
  struct Impl;
  explicit TableWatch(std::unique_ptr<Impl> impl) noexcept;

  std::unique_ptr<Impl> impl_;
};

/// How often anybody's rules have changed since the network namespace was made.
Result<std::uint32_t> generation();

}  // namespace tunnel::filter::kernel
