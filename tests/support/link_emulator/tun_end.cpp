#include "tests/support/link_emulator/tun_end.hpp"

#include <fcntl.h>
#include <linux/if.h>
#include <linux/if_tun.h>
#include <sched.h>
#include <sys/ioctl.h>

namespace tunnel::test {

Result<UniqueFd> make_tun_end(const std::string& network_namespace, const std::string& name) {
  const UniqueFd network{::open(network_namespace.c_str(), O_RDONLY | O_CLOEXEC)};
  if (!network) return errno_error("open " + network_namespace);
  if (::setns(network.get(), CLONE_NEWNET) != 0) return errno_error("enter " + network_namespace);

  UniqueFd tun{::open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC)};
  if (!tun) return errno_error("open /dev/net/tun");
  ifreq request{};
  if (name.size() >= IFNAMSIZ) {
    return make_error(std::errc::filename_too_long, "interface " + name);
  }
  name.copy(request.ifr_name, IFNAMSIZ - 1);
  request.ifr_flags = IFF_TUN | IFF_NO_PI;
  if (::ioctl(tun.get(), TUNSETIFF, &request) != 0) return errno_error("make interface " + name);
  return tun;
}

}  // namespace tunnel::test
