#include "tunneld/supervisor/child_process.hpp"

#include <boost/process/v2.hpp>
#include <fmt/format.h>

#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <pwd.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <unordered_map>
#include <utility>

namespace tunnel::supervisor {

namespace {

namespace process = boost::process::v2;

/// Runs in the child between fork and exec: plain system calls, nothing else. Without
/// this, capabilities would outlive the change from one unprivileged account to another.
class Prepare {
 public:
  explicit Prepare(const ChildSpec& spec) : account_{spec.account}, inherited_{spec.inherited} {}

  boost::system::error_code on_setup(process::posix::default_launcher& launcher,
                                     const process::filesystem::path&, const char* const*) const {
    if (inherited_ >= 0) launcher.fd_whitelist.push_back(inherited_);
    return {};
  }

  boost::system::error_code on_exec_setup(process::posix::default_launcher&,
                                          const process::filesystem::path&,
                                          const char* const*) const {
    if (prepare()) return {};
    return {errno, boost::system::system_category()};
  }

 private:
  bool prepare() const {
    if (inherited_ >= 0 && ::fcntl(inherited_, F_SETFD, 0) < 0) return false;
    return !account_ || drop_to(*account_);
  }

  static bool drop_to(Account account) {
    if (::setgroups(0, nullptr) < 0 || ::setresgid(account.gid, account.gid, account.gid) < 0 ||
        ::setresuid(account.uid, account.uid, account.uid) < 0) {
      return false;
    }
    ::prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
    __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
    std::array<__user_cap_data_struct, _LINUX_CAPABILITY_U32S_3> none{};
    return ::syscall(SYS_capset, &header, none.data()) == 0 &&
           ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0;
  }

  std::optional<Account> account_;
  int inherited_;
};

int output_of(const ChildSpec& spec, int otherwise) {
  return spec.output < 0 ? otherwise : spec.output;
}

ChildEnd end_of(int status) {
  constexpr std::array kOfItsOwn{SIGSYS, SIGABRT, SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGTRAP};
  if (WIFEXITED(status)) {
    const int number = WEXITSTATUS(status);
    return {fmt::format("exited with status {}", number), false, number == 0};
  }
  if (!WIFSIGNALED(status)) return {"ended"};
  const int number = WTERMSIG(status);
  const bool crashed = std::find(kOfItsOwn.begin(), kOfItsOwn.end(), number) != kOfItsOwn.end();
  if (number == SIGSYS) return {"was killed by its sandbox (seccomp)", crashed};
  return {fmt::format("was killed by signal {}", number), crashed};
}

}  // namespace

struct ChildProcess::Impl {
  explicit Impl(process::process started) : child{std::move(started)} {}

  process::process child;
};

Result<Account> find_account(const std::string& user) {
  errno = 0;
  const passwd* entry = ::getpwnam(user.c_str());
  if (entry == nullptr) {
    return make_error(std::errc::invalid_argument,
                      fmt::format("there is no account \"{}\" on this machine; create it with "
                                  "`systemd-sysusers` (the package does) or `useradd --system {}`",
                                  user, user));
  }
  return Account{entry->pw_uid, entry->pw_gid};
}

ChildProcess::ChildProcess(std::unique_ptr<Impl> impl) noexcept : impl_{std::move(impl)} {}

ChildProcess::~ChildProcess() = default;  // the process kills and reaps its child

pid_t ChildProcess::pid() const noexcept {
  return impl_->child.id();
}

Result<std::unique_ptr<ChildProcess>> ChildProcess::start(boost::asio::io_context& context,
                                                          const ChildSpec& spec, OnExit on_exit) {
  const auto failed = [&](const boost::system::error_code& code) {
    return Error{code, fmt::format("start {}", spec.program.native())};
  };
  try {
    boost::system::error_code code;
    static constexpr std::array<const char*, 1> kEmptyEnvironment{nullptr};
    process::posix::default_launcher launcher;
    launcher.env = kEmptyEnvironment.data();
    auto child = launcher(context, code, process::filesystem::path{spec.program.native()},
                          spec.arguments, Prepare{spec},
                          process::process_stdio{nullptr, output_of(spec, STDOUT_FILENO),
                                                 output_of(spec, STDERR_FILENO)});
    if (code) return failed(code);
    std::unique_ptr<ChildProcess> result{
        new ChildProcess{std::make_unique<Impl>(std::move(child))}};
    auto& process = result->impl_->child;
    process.async_wait(
        [on_exit = std::move(on_exit)](const boost::system::error_code& error, int status) {
          if (!error) on_exit(end_of(status));
        });
    return result;
  } catch (const boost::system::system_error& error) {
    return failed(error.code());
  }
}

}  // namespace tunnel::supervisor
