#include "tests/faults/clock_shift.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cstdint>

namespace tunnel::test {

namespace {

/// What the library reads: eight octets, seconds.
constexpr auto kFile = "/var/lib/tunneld/shift";

}  // namespace

ShiftedClocks::ShiftedClocks(const World& world) : world_{world} {
  for (const auto* gateway : {"home", "labs"}) {
    world.shell(gateway, "install -m 755 " TUNNEL_BIN_DIR
                         "/libclock_shift.so /var/lib/tunneld/clock_shift.so; "
                         "chmod 755 /var/lib/tunneld; "
                         "head -c 8 /dev/zero >/var/lib/tunneld/shift; "
                         "chmod 644 /var/lib/tunneld/shift; "
                         "echo /var/lib/tunneld/clock_shift.so >/var/lib/tunneld/preload; "
                         "chmod 644 /var/lib/tunneld/preload; "
                         "[ -e /etc/ld.so.preload ] || : >/etc/ld.so.preload; "
                         "mount --bind /var/lib/tunneld/preload /etc/ld.so.preload");
  }
}

void ShiftedClocks::shift(std::chrono::seconds by) const {
  const std::int64_t seconds = by.count();
  for (const auto* gateway : {"home", "labs"}) {
    const auto path = world_.file(gateway, kFile);
    const UniqueFd file{::open(path.c_str(), O_WRONLY | O_CLOEXEC)};
    if (!file || ::pwrite(file.get(), &seconds, sizeof seconds, 0) != sizeof seconds) {
      fail_errno("write " + path.native());
    }
  }
}

}  // namespace tunnel::test
