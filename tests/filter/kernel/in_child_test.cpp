#include "filter/kernel/in_child.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <string>

namespace tunnel::filter::kernel {
namespace {

using testing::HasSubstr;

TEST(InChild, BringsBackWhatTheWorkReturns) {
  const std::string long_text(3'000'000, 'x');
  const auto done = in_child([&]() -> Result<std::string> { return long_text; });
  ASSERT_TRUE(done);
  EXPECT_EQ(*done, long_text);
  EXPECT_EQ(*in_child([]() -> Result<std::string> { return std::string{}; }), "");
}

TEST(InChild, BringsBackAnError) {
  const auto done = in_child([]() -> Result<std::string> {
    return Error{{ENOENT, std::system_category()}, "open it"};
  });
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().message(), "open it: No such file or directory");
}

TEST(InChild, IsAnotherProcess) {
  const auto answer = in_child([]() -> Result<std::string> { return std::to_string(::getpid()); });
  ASSERT_TRUE(answer);
  EXPECT_NE(*answer, std::to_string(::getpid()));
}

TEST(InChild, OutlivesTheChild) {
  const auto aborted = in_child([]() -> Result<std::string> { std::abort(); });
  ASSERT_FALSE(aborted);
  EXPECT_THAT(aborted.error().message(), HasSubstr("signal " + std::to_string(SIGABRT)));
  const auto left = in_child([]() -> Result<std::string> { ::_exit(7); });
  ASSERT_FALSE(left);
  EXPECT_THAT(left.error().message(), HasSubstr("status 7"));
  const auto silent = in_child([]() -> Result<std::string> { ::_exit(0); });
  EXPECT_FALSE(silent);
}

}  // namespace
}  // namespace tunnel::filter::kernel
