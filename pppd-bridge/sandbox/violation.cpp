// The process that is here may be somebody else's already, but not more so than before: the call
// was refused, what is done instead is two calls that it has anyway, and the handler does not
// return. Whoever could misuse it had no need of it.

#include "pppd-bridge/sandbox/violation.hpp"

#include "tunneld/ipc/messages.hpp"

#include <seccomp.h>
#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <string>
#include <string_view>

namespace tunnel::sandbox {

namespace {

/// SYS_SECCOMP of the kernel's <asm/siginfo.h>, which glibc 2.36 has not.
constexpr int kBySeccomp = 1;
constexpr std::size_t kMostCalls = 512;
constexpr std::size_t kLongestName = 40;
constexpr std::string_view kSentence = "pppd-bridge: killed by its sandbox (seccomp): it called ";

/// The names of all calls, made ready where memory may still be asked for.
struct Names {
  std::string text;
  std::array<std::uint16_t, kMostCalls + 1> begins{};

  std::string_view of(int number) const noexcept {
    if (number < 0 || number >= static_cast<int>(kMostCalls)) return {};
    const auto i = static_cast<std::size_t>(number);
    return std::string_view{text}.substr(begins[i], begins[i + 1] - std::size_t{begins[i]});
  }
};

constinit const Names* names = nullptr;  // for the rest of this process's life
volatile sig_atomic_t socket_to_tunneld = -1;

/// Text in a place of its own: a handler may not allocate.
template <std::size_t Size>
class Line {
 public:
  void add(std::string_view text) noexcept {
    const auto kept = text.substr(0, Size - used_);
    std::copy(kept.begin(), kept.end(), octets_.begin() + static_cast<std::ptrdiff_t>(used_));
    used_ += kept.size();
  }

  void add(char c) noexcept { add(std::string_view{&c, 1}); }

  bool written_to(int fd) const noexcept {
    return ::write(fd, octets_.data(), used_) == static_cast<ssize_t>(used_);
  }

  std::string_view view() const noexcept { return {octets_.data(), used_}; }

 private:
  std::array<char, Size> octets_{};
  std::size_t used_ = 0;
};

void add_number(Line<kLongestName>& line, unsigned number) noexcept {
  unsigned place = 1;
  while (number / place >= 10) place *= 10;
  for (; place > 0; place /= 10) line.add(static_cast<char>('0' + number / place % 10));
}

/// "socket", or "call 499".
Line<kLongestName> described(int number) noexcept {
  Line<kLongestName> line;
  const auto name = names == nullptr ? std::string_view{} : names->of(number);
  if (!name.empty()) {
    line.add(name);
  } else {
    line.add("call ");
    add_number(line, static_cast<unsigned>(number));
  }
  return line;
}

/// ipc::CallRefused, by hand: its type, the length of its text, the text.
Line<kLongestName + 3> datagram_of(std::string_view call) noexcept {
  constexpr auto kType = ipc::type_of<ipc::CallRefused>();
  Line<kLongestName + 3> line;
  line.add(static_cast<char>(kType));
  line.add('\0');
  line.add(static_cast<char>(call.size()));
  line.add(call);
  return line;
}

void handle(int /*signal*/, siginfo_t* info, void* /*context*/) {
  Line<kLongestName> call;
  if (info->si_code == kBySeccomp) {
    call = described(info->si_syscall);
  } else {
    call.add("nothing: SIGSYS came from outside");
  }
  const int channel = socket_to_tunneld;
  if (channel < 0 || !datagram_of(call.view()).written_to(channel)) {
    Line<kSentence.size() + kLongestName + 1> line;
    line.add(kSentence);
    line.add(call.view());
    line.add('\n');
    static_cast<void>(line.written_to(STDERR_FILENO));
  }
  // SIGSYS is blocked here: another refused call is the end, with the status of one that was
  // killed.
  ::syscall(SYS_getppid);
  ::_exit(128 + SIGSYS);
}

std::unique_ptr<Names> all_names() {
  auto all = std::make_unique<Names>();
  for (std::size_t i = 0; i < kMostCalls; ++i) {
    all->begins[i] = static_cast<std::uint16_t>(all->text.size());
    const std::unique_ptr<char, decltype(&std::free)> name{
        seccomp_syscall_resolve_num_arch(SCMP_ARCH_NATIVE, static_cast<int>(i)), &std::free};
    if (name) all->text += name.get();
  }
  all->begins[kMostCalls] = static_cast<std::uint16_t>(all->text.size());
  return all;
}

}  // namespace

Result<void> name_refused_calls(int channel) {
  if (names == nullptr) names = all_names().release();
  tell_refused_calls_to(channel);

  struct sigaction action {};

  action.sa_sigaction = &handle;
  action.sa_flags = SA_SIGINFO;
  ::sigfillset(&action.sa_mask);
  if (::sigaction(SIGSYS, &action, nullptr) < 0) return errno_error("sandbox: handle SIGSYS");
  return {};
}

void tell_refused_calls_to(int channel) noexcept {
  socket_to_tunneld = channel;
}

}  // namespace tunnel::sandbox
