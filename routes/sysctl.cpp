#include "routes/sysctl.hpp"

#include "tunneld/base/unique_fd.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <string_view>

namespace tunnel::routes {

namespace {

/// An interface's name may hold dots, and sysctl.d(5) takes slashes as well.
Error cannot_write(const std::string& path) {
  auto error = errno_error("set " + path + "=1");
  const auto number = error.code.value();
  if (number == EROFS || number == EACCES || number == EPERM) {
    error.context += " (set it in /etc/sysctl.d where tunneld may not write /proc/sys)";
  }
  return error;
}

}  // namespace

Result<bool> read_sysctl(const std::string& path) {
  const UniqueFd file{::open(("/proc/sys/" + path).c_str(), O_RDONLY | O_CLOEXEC)};
  if (!file) return errno_error("open /proc/sys/" + path);
  std::array<char, 16> text{};
  const auto size = ::read(file.get(), text.data(), text.size());
  if (size < 0) return errno_error("read /proc/sys/" + path);
  const std::string_view value{text.data(), static_cast<std::size_t>(size)};
  return !value.empty() && value.front() != '0';
}

bool has_ipv6() {
  return ::access("/proc/sys/net/ipv6/conf/all", F_OK) == 0;
}

Result<void> enable_sysctl(const std::string& path) {
  const UniqueFd file{::open(("/proc/sys/" + path).c_str(), O_WRONLY | O_CLOEXEC)};
  if (!file) return cannot_write(path);
  if (::write(file.get(), "1", 1) != 1) return cannot_write(path);
  return {};
}

}  // namespace tunnel::routes
