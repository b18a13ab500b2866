#pragma once

#include "tunneld/base/result.hpp"
#include "tunneld/base/unique_fd.hpp"

#include <boost/asio/io_context.hpp>

#include <sys/types.h>

#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace tunnel::supervisor {

/// The account a child runs under.
struct Account {
  uid_t uid = 0;
  gid_t gid = 0;
  bool operator==(const Account&) const = default;
};

/// The account of that name, or an error that names it.
Result<Account> find_account(const std::string& user);

struct ChildSpec {
  std::filesystem::path program;
  std::vector<std::string> arguments;
  /// Nothing: as this process is. Otherwise without any capability as well.
  std::optional<Account> account;
  /// Kept open in the child, under the same number; everything else above 2 is closed.
  int inherited = -1;
  /// Where it writes what it says; -1: where we do.
  int output = -1;
};

/// How a child ended.
struct ChildEnd {
  std::string words;       // "exited with status 1", "was killed by signal 9"
  bool crashed = false;    // by a signal that its own code brought about, or its sandbox
  bool succeeded = false;  // exit status 0
};

/// A child of ours: started without a shell, with an empty environment and /dev/null as its
/// standard input; killed and reaped when this object goes.
class ChildProcess {
 public:
  using OnExit = std::function<void(const ChildEnd& end)>;

  static Result<std::unique_ptr<ChildProcess>> start(boost::asio::io_context& context,
                                                     const ChildSpec& spec, OnExit on_exit);
  ~ChildProcess();

  pid_t pid() const noexcept;

 private:
  struct Impl;
  explicit ChildProcess(std::unique_ptr<Impl> impl) noexcept;

  std::unique_ptr<Impl> impl_;
};

}  // namespace tunnel::supervisor
