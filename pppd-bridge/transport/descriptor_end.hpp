#pragma once

#include "pppd-bridge/transport/io.hpp"
#include "tunneld/base/bytes.hpp"
#include "tunneld/base/result.hpp"
#include "tunneld/base/unique_fd.hpp"

#include <optional>

namespace tunnel::transport {

/// One direction of a stream: a pipe, a socket or a terminal, non-blocking while we have it.
class DescriptorEnd {
 public:
  /// Makes `fd` non-blocking and, where it buffers little, larger. The former flags are put back at
  /// destruction: whoever shares the open file sees them too.
  static Result<DescriptorEnd> create(UniqueFd fd);

  DescriptorEnd(DescriptorEnd&&) noexcept = default;
  DescriptorEnd& operator=(DescriptorEnd&&) = delete;

  ~DescriptorEnd() { close(); }

  /// read(2): Closed at the end of the file, and when a terminal hangs up.
  Io read(MutableBytes into) noexcept;

  /// write(2): Closed when nobody reads any more.
  Io write(Bytes from) noexcept;

  /// Whether the last write left something for later.
  bool write_blocked() const noexcept { return write_blocked_; }

  bool is_open() const noexcept { return static_cast<bool>(fd_); }

  int fd() const noexcept { return fd_.get(); }

  void close() noexcept;

  /// errno of the call that Failed.
  int error() const noexcept { return error_; }

 private:
  DescriptorEnd(UniqueFd fd, std::optional<int> former_flags)
      : fd_{std::move(fd)}, former_flags_{former_flags} {}

  Io failed(int error) noexcept;

  UniqueFd fd_;
  std::optional<int> former_flags_;  // only if they had to be changed
  bool write_blocked_ = false;
  int error_ = 0;
};

}  // namespace tunnel::transport
