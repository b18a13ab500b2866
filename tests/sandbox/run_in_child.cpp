#include "tests/sandbox/run_in_child.hpp"

#include "tunneld/base/unique_fd.hpp"

#include <gtest/gtest.h>

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cstdio>

namespace tunnel::sandbox::test {

namespace {

constexpr int kNotConfined = 99;

std::string read_all(int fd) {
  std::string text;
  std::array<char, 512> buffer{};
  for (auto got = ::read(fd, buffer.data(), buffer.size()); got > 0;
       got = ::read(fd, buffer.data(), buffer.size())) {
    text.append(buffer.data(), static_cast<std::size_t>(got));
  }
  return text;
}

}  // namespace

Ended run_free(const Body& body) {
  std::array<int, 2> ends{};
  EXPECT_EQ(::pipe2(ends.data(), O_CLOEXEC), 0);
  const UniqueFd reader{ends[0]};
  UniqueFd writer{ends[1]};
  const auto child = ::fork();
  EXPECT_GE(child, 0);
  if (child == 0) {
    ::dup2(writer.get(), STDERR_FILENO);
    writer.reset();
    ::_exit(body() >= 0 ? 0 : 1);
  }
  writer.reset();
  Ended ended;
  ended.said = read_all(reader.get());
  int status = 0;
  EXPECT_EQ(::waitpid(child, &status, 0), child);
  if (WIFEXITED(status)) ended.status = WEXITSTATUS(status);
  if (WIFSIGNALED(status)) ended.signal = WTERMSIG(status);
  return ended;
}

Ended run_confined(const Subject& subject, const Body& body) {
  return run_free([&]() -> long {
    const auto entered = enter(subject);
    if (!entered) {
      std::fprintf(stderr, "%s\n", entered.error().message().c_str());
      ::_exit(kNotConfined);
    }
    return body();
  });
}

}  // namespace tunnel::sandbox::test
