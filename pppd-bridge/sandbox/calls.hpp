#pragma once

#include <fcntl.h>
#include <linux/futex.h>
#include <sys/mman.h>

#include <array>
#include <csignal>
#include <cstdint>
#include <string_view>

namespace tunnel::sandbox {

/// Which bridge is confined: by what carries its stream, and by who configures its device.
enum class Profile : std::uint8_t {
  Libssh2,  // dials, SSH inside this process
  Openssh,  // dials, the system's `ssh` as a child
  Answer,   // under sshd
  Stdio,    // without tunneld
};
inline constexpr std::array kProfiles{Profile::Libssh2, Profile::Openssh, Profile::Answer,
                                      Profile::Stdio};

/// A set of profiles.
using Profiles = unsigned;

constexpr Profiles only(Profile profile) noexcept {
  return 1U << static_cast<unsigned>(profile);
}

inline constexpr Profiles kSsh = only(Profile::Libssh2);
inline constexpr Profiles kChild = only(Profile::Openssh);
inline constexpr Profiles kStreams = kChild | only(Profile::Answer) | only(Profile::Stdio);
inline constexpr Profiles kSupervised = kSsh | kChild | only(Profile::Answer);
inline constexpr Profiles kAll = kSupervised | only(Profile::Stdio);

/// What an argument is compared with, where that is known to the process alone.
enum class Whose : std::uint8_t { Literal, OurPid, ChildPid, ChildGroup };

/// A call is let through only with this in argument number `argument`. No condition: mask 0.
struct Condition {
  unsigned argument = 0;
  std::uint64_t value = 0;
  std::uint64_t mask = 0;  // of the bits that are looked at
  Whose whose = Whose::Literal;
};

/// One row: a call, where it is needed, and what for. A call with several rows is let through by
/// any of them.
struct Call {
  std::string_view name;
  Profiles where = 0;
  std::string_view why;
  std::array<Condition, 4> when{};
};

/// The kernel looks at the lower half of an int, whatever stands in the upper one.
constexpr Condition int_is(unsigned argument, std::uint64_t value) noexcept {
  return {argument, value & 0xffffffffU, 0xffffffffU};
}

constexpr Condition word_is(unsigned argument, std::uint64_t value) noexcept {
  return {argument, value, ~std::uint64_t{0}};
}

constexpr Condition process_is(unsigned argument, Whose whose) noexcept {
  return {argument, 0, 0xffffffffU, whose};
}

/// All that a running bridge may call; anything else ends it. Most used first, as the kernel asks
/// in this order where arguments are to be looked at. Not here, and why:
///
///   ioctl, setsockopt     The device and the sockets are set up before. Whoever holds a tun's
///                         descriptor could persist it, give it away or switch its carrier.
///   socket, connect       The next tunneld calls, on a socket that was handed over.
///   open, stat, readlink  Nothing is read from files any more; Landlock says the same.
///   execve, clone, fork   `ssh` runs already.
///   mprotect              Memory never becomes code: mmap gives what is read and written.
///   rt_sigreturn          No handler returns (the only one is violation.cpp's), and a forged frame
///                         of one is a way to set every register.
///   rt_sigaction, prctl   Nothing is to be changed about signals or about the process.
// clang-format off
inline constexpr std::array kCalls{
    Call{"readv", kAll, "packets from the tun device, with their header"},
    Call{"writev", kAll, "packets to the tun device; glibc's last words"},
    Call{"epoll_wait", kAll, "the loop waits"},
    Call{"epoll_pwait", kAll, "the same, on machines without epoll_wait"},
    Call{"recvfrom", kSsh, "the SSH connection; from whom is not asked",
         {word_is(4, 0)}},
    Call{"sendto", kSsh, "the SSH connection; to nobody else",
         {word_is(4, 0)}},
    Call{"read", kAll, "the stream, unless it is SSH here; signals, from their descriptor"},
    Call{"write", kAll, "the stream, likewise; a sentence on standard error"},
    Call{"sendmsg", kSupervised, "messages to tunneld, the tun device among them for a new one"},
    Call{"recvmsg", kSupervised, "messages from tunneld"},
    Call{"epoll_ctl", kAll, "what is waited for changes with the stream and the link"},
    Call{"getrandom", kAll, "magic numbers, challenges; OpenSSL's seed for padding and new keys"},
    Call{"getpid", kAll, "OpenSSL asks, before a random number, whether it was forked; abort()"},
    Call{"clock_gettime", kAll, "where the machine's clock cannot be read without a call"},
    Call{"brk", kAll, "the heap"},
    Call{"mmap", kAll, "large pieces of the heap: nobody's file, nowhere in particular, never code",
         {word_is(0, 0), word_is(2, PROT_READ | PROT_WRITE),
          word_is(3, MAP_PRIVATE | MAP_ANONYMOUS)}},
    Call{"munmap", kAll, "large pieces of the heap are given back"},
    Call{"mremap", kAll, "large pieces of the heap grow",
         {word_is(3, MREMAP_MAYMOVE)}},
    Call{"madvise", kAll, "after a burst, memory is given back that stays ours",
         {int_is(2, MADV_DONTNEED)}},
    Call{"close", kAll, "the stream's end, tunneld's end"},
    Call{"futex", kAll, "what OpenSSL does once wakes whoever waits, which is nobody",
         {int_is(1, FUTEX_WAKE_PRIVATE)}},
    Call{"fcntl", kStreams, "standard input and output get the flags back that they came with",
         {int_is(1, F_SETFL)}},
    Call{"wait4", kChild, "how `ssh` ended",
         {process_is(0, Whose::ChildPid)}},
    Call{"kill", kChild, "`ssh` ends with us",
         {process_is(0, Whose::ChildPid), int_is(1, SIGKILL)}},
    Call{"kill", kChild, "and so does the proxy command that it may have started",
         {process_is(0, Whose::ChildGroup), int_is(1, SIGKILL)}},
    Call{"accept4", kSupervised, "adoption: a restarted tunneld comes to a socket left to us"},
    Call{"rt_sigprocmask", kAll, "abort(), for a broken invariant"},
    Call{"gettid", kAll, "abort()"},
    Call{"tgkill", kAll, "abort() signals this process, and no other",
         {process_is(0, Whose::OurPid), int_is(2, SIGABRT)}},
    Call{"restart_syscall", kAll, "a call goes on after the process was stopped"},
    Call{"exit_group", kAll, "the end"},
};

/// What no resolver does on its way to an address, nor libssh2: refused while it dials. The modules
/// that nsswitch.conf names are other people's, so the rest is theirs; they get EPERM, and the dial
/// goes on if they can.
inline constexpr std::array<std::string_view, 44> kNeverCalled{
    "execve", "execveat", "fork", "vfork", "ptrace", "process_vm_readv", "process_vm_writev",
    "pidfd_getfd", "kcmp", "bpf", "perf_event_open", "io_uring_setup", "userfaultfd",
    "keyctl", "add_key", "request_key", "mount", "umount2", "move_mount", "open_tree", "fsopen",
    "pivot_root", "chroot", "unshare", "setns", "setuid", "setgid", "setreuid", "setregid",
    "setresuid", "setresgid", "setfsuid", "setfsgid", "setgroups", "personality", "init_module",
    "finit_module", "kexec_load", "reboot", "swapon", "listen", "modify_ldt", "vmsplice",
    "name_to_handle_at"};
// clang-format on

}  // namespace tunnel::sandbox
