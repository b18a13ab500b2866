#pragma once

#include "tunneld/base/result.hpp"
#include "tunneld/base/unique_fd.hpp"
#include "tunneld/supervisor/acceptor.hpp"

#include <boost/asio/io_context.hpp>

#include <sys/types.h>

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>

namespace tunnel::supervisor {

/// The parent of a process; 0: it is gone.
pid_t parent_of(pid_t pid);

/// A listening socket without a name: for `ssh`, which wants a path to connect to, and closes the
/// descriptors that it inherits. The file of the socket is removed before anybody may connect to
/// it; what is left of it is a handle, and the path of that in /proc is only for those who may look
/// into the process that holds it.
class AgentDoor {
 public:
  enum class Admission : std::uint8_t { Refused, Admitted };

  /// Says whether a caller, known by its process, is to come in, and takes its socket if so.
  using OnCaller = std::function<Admission(pid_t caller, UniqueFd& socket)>;

  /// `folder` is one that only this process's account may write to.
  static Result<std::unique_ptr<AgentDoor>> open(boost::asio::io_context& context,
                                                 const std::filesystem::path& folder);

  AgentDoor(boost::asio::io_context& context, UniqueFd listening, UniqueFd handle);
  AgentDoor(const AgentDoor&) = delete;
  AgentDoor& operator=(const AgentDoor&) = delete;
  ~AgentDoor();

  /// O_PATH; for the process whose child is to connect.
  UniqueFd take_handle() noexcept { return std::move(handle_); }

  /// Until one is admitted, or so many were refused that the others are not listened to.
  void wait_for_caller(OnCaller on_caller);

 private:
  void close();

  boost::asio::io_context& context_;
  UniqueFd listening_;  // until it is waited for
  UniqueFd handle_;
  std::optional<Acceptor> acceptor_;
  unsigned refused_ = 0;
};

}  // namespace tunnel::supervisor
