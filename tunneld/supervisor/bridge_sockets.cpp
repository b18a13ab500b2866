#include "tunneld/supervisor/bridge_sockets.hpp"

#include "tunneld/base/unix_socket.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>
#include <utility>

namespace tunnel::supervisor {

namespace fs = std::filesystem;

Result<BridgeSockets> BridgeSockets::open(fs::path folder) {
  if (::mkdir(folder.c_str(), 0700) < 0 && errno != EEXIST) {
    return errno_error("make the folder " + folder.native());
  }

  struct stat there {};

  if (::lstat(folder.c_str(), &there) < 0) return errno_error("look at " + folder.native());
  if (!S_ISDIR(there.st_mode) || there.st_uid != ::geteuid()) {
    return make_error(std::errc::file_exists,
                      folder.native() + " is in the way and is no folder of tunneld's; remove it");
  }
  if (::chmod(folder.c_str(), 0700) < 0) return errno_error("chmod " + folder.native());
  return BridgeSockets{std::move(folder)};
}

Result<UniqueFd> BridgeSockets::make(const SiteName& site) const {
  remove(site);
  return bind_unix(folder_ / site.str(), SocketKind::SeqPacket, 0600);
}

Result<UniqueFd> BridgeSockets::call(const SiteName& site) const {
  return connect_unix(folder_ / site.str(), SocketKind::SeqPacket);
}

void BridgeSockets::remove(const SiteName& site) const {
  std::error_code ignored;
  fs::remove(folder_ / site.str(), ignored);
}

std::vector<SiteName> BridgeSockets::sites() const {
  std::vector<SiteName> found;
  std::error_code error;
  for (fs::directory_iterator at{folder_, error}, end; !error && at != end; at.increment(error)) {
    if (auto name = SiteName::parse(at->path().filename().native())) {
      found.push_back(std::move(*name));
    }
  }
  return found;
}

}  // namespace tunnel::supervisor
