#include "filter/kernel/in_child.hpp"

#include "tunneld/base/bytes.hpp"
#include "tunneld/base/unique_fd.hpp"

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdint>
#include <utility>

namespace tunnel::filter::kernel {

namespace {

/// What goes before the text: the error's number in four octets, 0 for none.
constexpr std::size_t kHeader = 4;

std::string packed(const Result<std::string>& result) {
  const auto number = result ? 0U : static_cast<std::uint32_t>(result.error().code.value());
  std::string out;
  for (const unsigned shift : {24U, 16U, 8U, 0U}) out += static_cast<char>(number >> shift & 0xffU);
  return out + (result ? *result : result.error().context);
}

Result<std::string> unpacked(const std::string& octets) {
  std::uint32_t number = 0;
  for (std::size_t i = 0; i < kHeader; ++i) {
    number = number << 8 | static_cast<std::uint8_t>(octets[i]);
  }
  auto text = octets.substr(kHeader);
  if (number == 0) return text;
  return Error{{static_cast<int>(number), std::system_category()}, std::move(text)};
}

[[noreturn]] void answer(const UniqueFd& to, const std::string& octets) {
  for (std::size_t done = 0; done < octets.size();) {
    const auto count = ::write(to.get(), octets.data() + done, octets.size() - done);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) ::_exit(1);
    done += static_cast<std::size_t>(count);
  }
  ::_exit(0);
}

/// All that comes, until nobody can write any more.
std::string read_all(const UniqueFd& from) {
  std::string text;
  std::array<char, 65536> piece{};
  for (;;) {
    const auto count = ::read(from.get(), piece.data(), piece.size());
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return text;
    text.append(piece.data(), static_cast<std::size_t>(count));
  }
}

/// It has our memory, and secrets in it.
void leave_no_core() {
  const rlimit none{0, 0};
  static_cast<void>(::setrlimit(RLIMIT_CORE, &none));
}

Result<std::string> result_of(int status, const std::string& octets) {
  if (WIFSIGNALED(status)) {
    return make_error(std::errc::io_error, "it was ended by signal " +
                                               std::to_string(WTERMSIG(status)) +
                                               " (what it said before is on standard error)");
  }
  if (octets.size() < kHeader || WEXITSTATUS(status) != 0) {
    return make_error(std::errc::io_error,
                      "it ended with status " + std::to_string(WEXITSTATUS(status)));
  }
  return unpacked(octets);
}

}  // namespace

Result<std::string> in_child(const std::function<Result<std::string>()>& work) {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) < 0) return errno_error("make a pipe");
  const UniqueFd reader{ends[0]};
  UniqueFd writer{ends[1]};
  const auto child = ::fork();
  if (child < 0) return errno_error("make a process");
  if (child == 0) {
    leave_no_core();
    answer(writer, packed(work()));
  }
  writer = UniqueFd{};
  const auto octets = read_all(reader);
  int status = 0;
  while (::waitpid(child, &status, 0) < 0 && errno == EINTR) continue;
  return result_of(status, octets);
}

}  // namespace tunnel::filter::kernel
