// How a bridge gives up power, in the order in which it does:
//
//   powers.cpp     at the very beginning: no root, no capability to begin with, none to be won by
//                  exec, no core file
//   begin_dial()   before libssh2 resolves a name, connects and exchanges keys: not dumpable, files
//                  are read only, and the calls of kNeverCalled are refused. Not for `ssh`, which
//                  would inherit it, and has its own configuration to follow
//   enter()        when all is open, connected and authenticated:
//     warm_up()        what libraries do once is done once
//     powers.cpp       capabilities, as far as there are any (stdio), and what would bound new ones
//     limits           no new process, no more descriptors than an adoption takes
//     not dumpable     nobody of this account can look inside, or take a descriptor out
//     landlock.cpp     no file
//     violation.cpp    a refused call will be named
//     filter.cpp       no call but those of calls.hpp

#include "pppd-bridge/sandbox/sandbox.hpp"

#include "pppd-bridge/sandbox/filter.hpp"
#include "pppd-bridge/sandbox/landlock.hpp"
#include "pppd-bridge/sandbox/powers.hpp"
#include "pppd-bridge/sandbox/violation.hpp"

#include <malloc.h>
#include <sys/resource.h>
#include <time.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <filesystem>
#include <locale>
#include <string_view>

namespace tunnel::sandbox {

namespace {

/// A message may bring descriptors (kMaxDescriptors), and an adoption is a socket more.
constexpr rlim_t kSpareDescriptors = 8;

/// glibc reads the time zone from a file and the words of errors from a catalogue, when they are
/// first asked for; its allocator makes a second arena, with calls of its own, when the first one
/// has no room. OpenSSL has been through a whole handshake, or is not needed.
void warm_up() {
  ::tzset();
  static_cast<void>(std::strerror(ENOMEM));
  static_cast<void>(std::locale::classic());
  ::mallopt(M_ARENA_MAX, 1);
}

/// One above the highest descriptor that is open.
rlim_t descriptors_in_use() {
  rlim_t above = 3;
  std::error_code failure;
  for (const auto& entry : std::filesystem::directory_iterator{"/proc/self/fd", failure}) {
    const auto name = entry.path().filename().native();
    rlim_t number = 0;
    const auto* end = name.data() + name.size();
    if (std::from_chars(name.data(), end, number).ptr == end) above = std::max(above, number + 1);
  }
  return above;
}

Result<void> limit(__rlimit_resource_t what, rlim_t most, const char* doing) {
  rlimit now{};
  if (::getrlimit(what, &now) < 0) return errno_error(doing);
  const rlim_t wanted = std::min(most, now.rlim_max);
  const rlimit less{wanted, wanted};
  if (::setrlimit(what, &less) < 0) return errno_error(doing);
  return {};
}

/// Not RLIMIT_FSIZE: no file can be opened, and standard error may be one, of the service manager.
Result<void> limit_resources() {
  if (auto done = limit(RLIMIT_NPROC, 0, "sandbox: limit processes"); !done) return done;
  return limit(RLIMIT_NOFILE, descriptors_in_use() + kSpareDescriptors,
               "sandbox: limit descriptors");
}

/// `ssh` was there before Landlock, asked to be killed when its parent dies, and could not be.
Signals signals_of(Profile profile) noexcept {
  return profile == Profile::Openssh ? Signals::Free : Signals::Confined;
}

}  // namespace

Result<void> begin_dial() {
  if constexpr (!kBuiltIn) return {};
  if (auto done = hide_from_others(); !done) return done;
  if (const auto landlock = forbid_all_but_reading(); !landlock) return landlock.error();
  return refuse_calls_never_made();
}

Result<std::string> enter(const Subject& subject) {
  warm_up();
  if (auto done = give_up_capabilities(); !done) return done.error();
  if (auto done = give_up_growth(); !done) return done.error();
  if constexpr (!kBuiltIn) return std::string{"this build has sanitizers, and no sandbox"};
  if (auto done = limit_resources(); !done) return done.error();
  if (auto done = hide_from_others(); !done) return done.error();
  const auto landlock = forbid_all_files(signals_of(subject.profile));
  if (!landlock) return landlock.error();
  if (auto done = name_refused_calls(subject.channel); !done) return done.error();
  if (auto done = refuse_other_calls(subject.profile, subject.child); !done) return done.error();
  if (*landlock > 0) return std::string{};
  return std::string{
      "the kernel has no Landlock (CONFIG_SECURITY_LANDLOCK, and \"landlock\" in lsm=): files are "
      "out of reach by seccomp alone"};
}

}  // namespace tunnel::sandbox
