#include "tunneld/base/unique_fd.hpp"

#include "tests/base/descriptors.hpp"

#include <gtest/gtest.h>

#include <unistd.h>

namespace tunnel {
namespace {

using test::is_open;

UniqueFd some_file() {
  return UniqueFd{::open("/dev/null", O_RDWR | O_CLOEXEC)};
}

TEST(UniqueFd, ClosesWhatItOwns) {
  auto file = some_file();
  const int number = file.get();
  ASSERT_TRUE(is_open(number));
  file.reset();
  EXPECT_FALSE(is_open(number));
  EXPECT_FALSE(file);
  EXPECT_EQ(file.get(), -1);
  file.reset();  // a second time is nothing
}

TEST(UniqueFd, ClosesAtTheEndOfItsLife) {
  int number = -1;
  {
    const auto file = some_file();
    number = file.get();
  }
  EXPECT_FALSE(is_open(number));
}

TEST(UniqueFd, HandsItsDescriptorOnWhenMoved) {
  auto first = some_file();
  const int number = first.get();
  UniqueFd second{std::move(first)};
  EXPECT_FALSE(first);  // NOLINT(bugprone-use-after-move): what is left is the point
  EXPECT_EQ(second.get(), number);
  auto third = some_file();
  const int replaced = third.get();
  third = std::move(second);
  EXPECT_EQ(third.get(), number);
  EXPECT_FALSE(is_open(replaced));
  EXPECT_TRUE(is_open(number));
}

TEST(UniqueFd, SurvivesAMoveToItself) {
  auto file = some_file();
  auto& same = file;
  file = std::move(same);
  EXPECT_TRUE(is_open(file.get()));
}

TEST(UniqueFd, ForgetsWhatItReleases) {
  auto file = some_file();
  const UniqueFd again{file.release()};
  EXPECT_FALSE(file);
  EXPECT_TRUE(is_open(again.get()));
}

TEST(UniqueFd, DuplicatesToTheSameFileAboveTheStandardDescriptors) {
  const auto file = some_file();
  const auto copy = file.duplicate();
  ASSERT_TRUE(copy);
  EXPECT_NE(copy->get(), file.get());
  EXPECT_GE(copy->get(), 3);
  EXPECT_TRUE(test::same_file(*copy, file));
  EXPECT_TRUE(test::closes_on_exec(*copy));
}

TEST(UniqueFd, HasNothingToDuplicateWhenItIsEmpty) {
  const auto copy = UniqueFd{}.duplicate();
  ASSERT_FALSE(copy);
  EXPECT_EQ(copy.error().code, std::errc::bad_file_descriptor);
}

TEST(SetNonblocking, KeepsTheOtherFlags) {
  const UniqueFd file{::open("/dev/null", O_WRONLY | O_APPEND | O_CLOEXEC)};
  ASSERT_TRUE(set_nonblocking(file.get()));
  EXPECT_TRUE(test::is_nonblocking(file));
  EXPECT_NE(::fcntl(file.get(), F_GETFL) & O_APPEND, 0);
  EXPECT_FALSE(set_nonblocking(-1));
}

}  // namespace
}  // namespace tunnel
