// The table itself: what is let through is little, and each row says what for.

#include "pppd-bridge/sandbox/calls.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <set>
#include <string>
#include <string_view>

namespace tunnel::sandbox {
namespace {

using testing::Contains;
using testing::HasSubstr;
using testing::Not;

std::set<std::string_view> calls_of(Profile profile) {
  std::set<std::string_view> names;
  for (const auto& call : kCalls) {
    if ((call.where & only(profile)) != 0) names.insert(call.name);
  }
  return names;
}

bool has_conditions(const Call& call) {
  return std::any_of(call.when.begin(), call.when.end(),
                     [](const Condition& condition) { return condition.mask != 0; });
}

TEST(Calls, EveryRowSaysWhereItIsNeededAndWhatFor) {
  for (const auto& call : kCalls) {
    EXPECT_NE(call.where, 0U) << call.name;
    EXPECT_EQ(call.where & ~kAll, 0U) << call.name;
    EXPECT_GE(call.why.size(), std::string_view{"the end"}.size()) << call.name;
  }
}

/// As the table of docs/security.md has it.
std::string_view words(Profiles where) {
  if (where == kAll) return "all";
  if (where == kSupervised) return "dial, answer";
  if (where == kSsh) return "libssh2";
  if (where == kChild) return "openssh";
  return where == kStreams ? "openssh, answer, stdio" : "?";
}

TEST(Calls, StandInTheDocumentationLineByLine) {
  std::ifstream in{TUNNEL_SOURCE_DIR "/docs/security.md"};
  const std::string page{std::istreambuf_iterator<char>{in}, {}};
  std::string rows;
  for (const auto& [name, where, why, when] : kCalls) {
    rows.append("| `").append(name).append("` | ").append(words(where)).append(" | ");
    rows.append(why).append(" |\n");
  }
  EXPECT_THAT(page, HasSubstr("| Call | Bridges | What for |\n|---|---|---|\n" + rows + '\n'));
}

TEST(Calls, AreSomeTwentyFiveForEachBridge) {
  for (const auto profile : kProfiles) {
    EXPECT_GE(calls_of(profile).size(), 20U);
    EXPECT_LE(calls_of(profile).size(), 30U);
  }
}

TEST(Calls, ThatReachFurtherThanTheirOwnDescriptorsLookAtArguments) {
  const std::set<std::string_view> narrow{"mmap",  "mremap", "madvise", "futex",  "fcntl",
                                          "wait4", "sendto", "kill",    "tgkill", "recvfrom"};
  for (const auto& call : kCalls) {
    EXPECT_EQ(has_conditions(call), narrow.contains(call.name)) << call.name;
  }
}

TEST(Calls, ThatWouldOpenTheSandboxAreNotThere) {
  for (const auto profile : kProfiles) {
    for (const auto* call :
         {"open", "openat",         "execve",       "execveat",     "clone",  "clone3",
          "fork", "vfork",          "ioctl",        "ptrace",       "prctl",  "mprotect",
          "bpf",  "io_uring_setup", "rt_sigreturn", "rt_sigaction", "setuid", "memfd_create",
          "bind", "listen",         "pidfd_open",   "prlimit64",    "seccomp"}) {
      EXPECT_THAT(calls_of(profile), Not(Contains(call)));
    }
  }
}

TEST(Calls, OfSshAsAChildAreForThatClientAlone) {
  for (const auto* call : {"kill", "wait4"}) {
    EXPECT_THAT(calls_of(Profile::Openssh), Contains(call));
    for (const auto profile : {Profile::Libssh2, Profile::Answer, Profile::Stdio}) {
      EXPECT_THAT(calls_of(profile), Not(Contains(call)));
    }
  }
}

}  // namespace
}  // namespace tunnel::sandbox
