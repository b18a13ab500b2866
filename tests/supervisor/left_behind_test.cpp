// Descriptors that an earlier tunneld has left to the next one.

#include "tunneld/supervisor/left_behind.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <functional>
#include <string>
#include <vector>

namespace tunnel::supervisor {
namespace {

using testing::ElementsAre;

SiteName site(const char* name) {
  return *SiteName::parse(name);
}

TEST(KeptName, SaysWhatAndOfWhom) {
  EXPECT_EQ(kept_name(KeptOfSite::Device, site("labs")), "tun@labs");
  EXPECT_EQ(kept_name(KeptOfSite::Bridge, site("labs")), "bridge@labs");
  EXPECT_EQ(parse_kept_name("tun@labs"), (KeptName{KeptOfSite::Device, site("labs")}));
  EXPECT_EQ(parse_kept_name("bridge@a-1_b"), (KeptName{KeptOfSite::Bridge, site("a-1_b")}));
}

TEST(KeptName, IsNoOtherName) {
  for (const auto* name : {"", "tun", "tun@", "@labs", "tun@LABS", "tun@a/b", "bridge@tun@labs",
                           "control.sock", "child", "stored", " tun@labs"}) {
    EXPECT_FALSE(parse_kept_name(name)) << name;
  }
}

UniqueFd some_descriptor() {
  return UniqueFd{::open("/dev/null", O_RDONLY | O_CLOEXEC)};
}

TEST(LeftBehind, IsTakenByNameInTheOrderInWhichItCame) {
  std::vector<LeftBehind::Each> all;
  for (const auto* name : {"a", "b", "a"}) all.push_back({name, some_descriptor()});
  const int first = all[0].descriptor.get();
  const int last = all[2].descriptor.get();
  LeftBehind left{std::move(all)};
  EXPECT_EQ(left.take("a").get(), first);
  EXPECT_EQ(left.take("a").get(), last);
  EXPECT_FALSE(left.take("a"));
  EXPECT_EQ(left.take_all().size(), 1U);
  EXPECT_FALSE(left.take("b"));
}

/// In a process of its own, whose descriptors from 3 on are `count` open ones; true: as expected.
bool in_process(int count, const char* fds, const char* names,
                const std::function<bool(Result<LeftBehind>)>& expected) {
  const auto child = ::fork();
  if (child == 0) {
    ::close_range(3, ~0U, 0);
    for (int i = 0; i < count; ++i) ::open("/dev/null", O_RDONLY);
    ::setenv("LISTEN_PID", std::to_string(::getpid()).c_str(), 1);
    ::setenv("LISTEN_FDS", fds, 1);
    ::setenv("LISTEN_FDNAMES", names, 1);
    ::_exit(expected(LeftBehind::from_environment()) ? 0 : 1);
  }
  int status = -1;
  EXPECT_EQ(::waitpid(child, &status, 0), child);
  return status == 0;
}

bool is_open(int descriptor) {
  return ::fcntl(descriptor, F_GETFD) >= 0;
}

TEST(LeftBehind, IsWhatTheEnvironmentSays) {
  EXPECT_TRUE(in_process(2, "2", "tun@labs:control.sock", [](Result<LeftBehind> left) {
    return left && left->take("tun@labs").get() == 3 && left->take("control.sock").get() == 4;
  }));
}

TEST(LeftBehind, IsNotHandedOnToChildren) {
  EXPECT_TRUE(in_process(1, "1", "x", [](const Result<LeftBehind>& left) {
    return left && ::fcntl(3, F_GETFD) == FD_CLOEXEC && std::getenv("LISTEN_FDS") == nullptr &&
           std::getenv("LISTEN_PID") == nullptr && std::getenv("LISTEN_FDNAMES") == nullptr;
  }));
}

TEST(LeftBehind, OfAnotherProcessIsNone) {
  EXPECT_TRUE(in_process(1, "1", "x", [](const Result<LeftBehind>&) {
    ::setenv("LISTEN_PID", "1", 1);
    ::setenv("LISTEN_FDS", "1", 1);
    const auto left = LeftBehind::from_environment();
    return left && left->all().empty();
  }));
}

TEST(LeftBehind, WhoseCountLiesIsClosed) {
  struct Lie {
    const char* fds;
    const char* names;
  };

  for (const auto& lie : {Lie{"3", "a:b:c"}, Lie{"1000000", "a:b"}, Lie{"0", ""}, Lie{"-1", "a"},
                          Lie{"x", "a"}, Lie{"2", "a"}, Lie{"2", "a:b:c"}}) {
    EXPECT_TRUE(in_process(
        2, lie.fds, lie.names,
        [](const Result<LeftBehind>& left) { return !left && !is_open(3) && !is_open(4); }))
        << lie.fds << ' ' << lie.names;
  }
}

}  // namespace
}  // namespace tunnel::supervisor
