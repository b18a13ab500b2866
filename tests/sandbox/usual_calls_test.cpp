// What every bridge does, and what it does when it comes to grief, is let through.

#include "pppd-bridge/session/unused_pages.hpp"
#include "tests/sandbox/run_in_child.hpp"
#include "tunneld/base/check.hpp"
#include "tunneld/base/unique_fd.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fcntl.h>
#include <signal.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

namespace tunnel::sandbox::test {
namespace {

using testing::AllOf;
using testing::ContainsRegex;
using testing::EndsWith;
using testing::HasSubstr;

class InEachProfile : public testing::TestWithParam<Profile> {};

std::string name_of(const testing::TestParamInfo<Profile>& profile) {
  constexpr std::array kNames{"Libssh2", "Openssh", "Answer", "Stdio"};
  return kNames[static_cast<std::size_t>(profile.param)];
}

INSTANTIATE_TEST_SUITE_P(Sandbox, InEachProfile, testing::ValuesIn(kProfiles), name_of);

TEST_P(InEachProfile, MemoryGrowsAndIsGivenBack) {
  const auto ended = run_confined({.profile = GetParam()}, []() -> long {
    for (std::size_t size = 1; size < 64 * 1024 * 1024; size *= 4) {
      std::vector<std::uint8_t> some(size, 1);
      some.resize(size * 2);
      some.shrink_to_fit();
    }
    auto* piece = std::malloc(1024 * 1024);
    piece = std::realloc(piece, 32 * 1024 * 1024);  // moved by the kernel
    const bool there = piece != nullptr;
    std::free(piece);
    return there ? 0 : -1;
  });
  EXPECT_EQ(ended.status, 0) << ended.said;
}

TEST_P(InEachProfile, UnusedPagesAreGivenBack) {
  const auto ended = run_free([]() -> long {
    const session::UnusedPages pages;
    if (!enter({.profile = GetParam()})) return -1;
    pages.release();
    return 0;
  });
  EXPECT_EQ(ended.status, 0) << ended.said;
}

TEST_P(InEachProfile, TimeAndChanceAreThere) {
  const auto ended = run_confined({.profile = GetParam()}, []() -> long {
    static_cast<void>(std::chrono::system_clock::now());
    timespec time{};
    std::uint32_t number = 0;
    if (::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time) < 0) return -1;  // never without a call
    return ::getrandom(&number, sizeof number, 0);
  });
  EXPECT_EQ(ended.status, 0) << ended.said;
}

TEST_P(InEachProfile, ASentenceReachesStandardError) {
  const auto ended = run_confined({.profile = GetParam()}, []() -> long {
    return std::fprintf(stderr, "pppd-bridge: %s\n", std::strerror(EPIPE));
  });
  EXPECT_EQ(ended.status, 0);
  EXPECT_EQ(ended.said, "pppd-bridge: Broken pipe\n");
}

TEST_P(InEachProfile, ABrokenInvariantAbortsAndSaysWhich) {
  const auto ended = run_confined({.profile = GetParam()},
                                  []() -> long { check_failed("sky.above()", "world.cpp", 7); });
  EXPECT_EQ(ended.signal, SIGABRT);
  EXPECT_THAT(ended.said, HasSubstr("world.cpp:7: broken invariant: sky.above()"));
}

TEST_P(InEachProfile, AnExceptionThatNobodyCatchesAborts) {
  const auto ended = run_confined({.profile = GetParam()}, []() noexcept -> long {
    return static_cast<long>(std::vector<int>{}.at(1));
  });
  EXPECT_EQ(ended.signal, SIGABRT) << ended.said;
}

TEST_P(InEachProfile, ADamagedHeapIsToldAndAborts) {
  const auto ended = run_confined({.profile = GetParam()}, []() -> long {
    auto* piece = static_cast<char*>(std::malloc(64));
    char* volatile within = piece + 16;  // or the compiler sees through it
    std::free(within);
    return 0;
  });
  EXPECT_EQ(ended.signal, SIGABRT);
  EXPECT_THAT(ended.said, HasSubstr("free(): invalid pointer"));
}

/// /proc/PID/FILE of a confined process that waits.
std::string seen_from_outside(Profile profile, const std::string& file) {
  std::array<int, 2> pair{};
  EXPECT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair.data()), 0);
  UniqueFd ours{pair[0]};
  const UniqueFd theirs{pair[1]};
  const auto child = ::fork();
  if (child == 0) {
    ours.reset();
    ::close_range(40, ~0U, 0);  // what the test was given by others
    char octet = 0;
    const bool told = enter({.profile = profile}) && ::write(theirs.get(), "c", 1) == 1;
    ::_exit(told && ::read(theirs.get(), &octet, 1) == 1 ? 0 : 1);
  }
  char octet = 0;
  EXPECT_EQ(::read(ours.get(), &octet, 1), 1);
  std::ifstream in{"/proc/" + std::to_string(child) + '/' + file};
  std::string text{std::istreambuf_iterator<char>{in}, {}};
  EXPECT_EQ(::write(ours.get(), "e", 1), 1);
  int status = 0;
  ::waitpid(child, &status, 0);
  EXPECT_EQ(status, 0);
  return text;
}

TEST_P(InEachProfile, TheKernelConfirmsIt) {
  const auto status = seen_from_outside(GetParam(), "status");
  EXPECT_THAT(status, AllOf(HasSubstr("NoNewPrivs:\t1\n"), HasSubstr("Seccomp:\t2\n")));
  for (const auto* set : {"CapInh", "CapPrm", "CapEff", "CapAmb"}) {
    EXPECT_THAT(status, HasSubstr(std::string{set} + ":\t0000000000000000\n"));
  }
  if (::geteuid() == 0) {
    EXPECT_THAT(status, HasSubstr("CapBnd:\t0000000000000000\n"));
  }
}

TEST_P(InEachProfile, LimitsAreLow) {
  rlimit before{};
  ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &before), 0);
  ASSERT_GT(before.rlim_cur, 64U);
  const auto limits = seen_from_outside(GetParam(), "limits");
  EXPECT_THAT(limits, ContainsRegex("Max processes +0 +0 "));
  EXPECT_THAT(limits, ContainsRegex("Max core file size +0 +0 "));
  EXPECT_THAT(limits, ContainsRegex("Max open files +[1-5]?[0-9] +[1-5]?[0-9] "));
}

}  // namespace
}  // namespace tunnel::sandbox::test
