#pragma once

#include "tunneld/base/unique_fd.hpp"

#include <sys/types.h>

#include <compare>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

/// Which process is at the other end, and whose child it is: the kernel's word, from SO_PEERCRED
/// and /proc.
namespace tunnel::supervisor {

/// One process. No later one that gets its number is taken for it: numbers come again after
/// thousands of others, and never within a clock tick.
struct ProcessMark {
  pid_t pid = 0;
  std::uint64_t started = 0;  // clock ticks after boot (proc_pid_stat(5))
  auto operator<=>(const ProcessMark&) const = default;
};

struct ProcessFacts {
  ProcessMark mark;
  pid_t parent = 0;
  bool operator==(const ProcessFacts&) const = default;
};

/// Reads /proc/PID/stat. A process may call itself what it likes: the name in it, in parentheses,
/// may hold spaces, line ends and further parentheses.
std::optional<ProcessFacts> parse_process_stat(std::string_view stat) noexcept;

/// Nothing: it is gone, or /proc hides it from us (hidepid).
std::optional<ProcessFacts> read_process(pid_t pid);

/// The real user of a process; nothing as above.
std::optional<uid_t> user_of(pid_t pid);

/// Whether this very process is there.
bool runs(const ProcessMark& process);

/// The process, its parent, and so on up to the one below init, or as far as there is any sense in
/// it; empty: it is gone. A process cannot choose its ancestors: one whose parent dies becomes
/// init's, or that of an ancestor which asked for it.
std::vector<ProcessMark> ancestry(pid_t pid);

/// A process and its real user.
struct Relative {
  ProcessMark mark;
  uid_t user = 0;
};

/// Of somebody's ancestry, itself first: the process by which sshd serves the session that it was
/// started in. That is the one below the first that is root's, sshd's monitor, if it is this
/// user's. Nothing: it was not started so.
std::optional<ProcessMark> session_process(std::span<const Relative> line, uid_t user) noexcept;

/// The same, of a process.
std::optional<ProcessMark> session_process(pid_t pid, uid_t user);

/// A pidfd of exactly this process; empty: it is gone.
UniqueFd open_process(const ProcessMark& process);

/// A pidfd of the process whose credentials SO_PEERCRED of this socket has, which is `pid`. Empty:
/// it is gone. Before Linux 6.5 there is no asking for exactly that process, and one that has been
/// given its number meanwhile would be taken for it.
UniqueFd peer_process(int socket, pid_t pid);

/// A pidfd of a child of ours that nobody has waited for, so that its number is its own.
UniqueFd open_child(pid_t pid);

/// Whether a descriptor is a pidfd of a child of ours.
bool is_child(const UniqueFd& pidfd);

/// Takes leave of a child that has ended.
void reap_child(const UniqueFd& pidfd);

/// Whether the process of a pidfd has not ended.
bool runs(const UniqueFd& pidfd);

/// SIGKILL to the process of a pidfd, if there is one.
void kill_process(const UniqueFd& pidfd);

/// SIGTERM to the process of a pidfd.
void end_process(int pidfd);

}  // namespace tunnel::supervisor
