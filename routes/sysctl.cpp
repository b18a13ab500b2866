#include "routes/sysctl.hpp"

#include "tunneld/base/unique_fd.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <charconv>
#include <string>

namespace tunnel::routes {

namespace {

/// An interface's name may hold dots, and sysctl.d(5) takes slashes as well.
Error cannot_write(const std::string& path, const std::string& value) {
  auto error = errno_error("set " + path + '=' + value);
  const auto number = error.code.value();
  if (number == EROFS || number == EACCES || number == EPERM) {
    error.context += " (set it in /etc/sysctl.d where tunneld may not write /proc/sys)";
  }
  return error;
}

}  // namespace

Result<std::uint32_t> read_sysctl(const std::string& path) {
  const UniqueFd file{::open(("/proc/sys/" + path).c_str(), O_RDONLY | O_CLOEXEC)};
  if (!file) return errno_error("open /proc/sys/" + path);
  std::array<char, 16> text{};
  const auto size = ::read(file.get(), text.data(), text.size());
  if (size < 0) return errno_error("read /proc/sys/" + path);
  std::uint32_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + size, value);
  if (error != std::errc{}) {
    return make_error(std::errc::invalid_argument, "/proc/sys/" + path + " holds no number");
  }
  return value;
}

bool has_ipv6() {
  return ::access("/proc/sys/net/ipv6/conf/all", F_OK) == 0;
}

Result<void> write_sysctl(const std::string& path, std::uint32_t value) {
  const auto text = std::to_string(value);
  const UniqueFd file{::open(("/proc/sys/" + path).c_str(), O_WRONLY | O_CLOEXEC)};
  if (!file) return cannot_write(path, text);
  const auto written = ::write(file.get(), text.data(), text.size());
  if (written != static_cast<ssize_t>(text.size())) return cannot_write(path, text);
  return {};
}

}  // namespace tunnel::routes
