#include "tunneld/supervisor/access.hpp"

#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <vector>

namespace tunnel::supervisor {

namespace {

Result<std::vector<gid_t>> peer_groups(int socket) {
  std::vector<gid_t> groups(64);
  for (int attempt = 0; attempt < 2; ++attempt) {
    auto bytes = static_cast<socklen_t>(groups.size() * sizeof(gid_t));
    const int status = ::getsockopt(socket, SOL_SOCKET, SO_PEERGROUPS, groups.data(), &bytes);
    const bool too_small = status < 0 && errno == ERANGE;
    if (status < 0 && !too_small) break;
    groups.resize(bytes / sizeof(gid_t));  // on ERANGE: as many as there are
    if (!too_small) return groups;
  }
  return errno_error("read the groups of a socket's peer");
}

}  // namespace

Power power_of(const Access& access, const PeerCredentials& peer, std::span<const gid_t> groups) {
  const auto is_in = [&](gid_t group) {
    return peer.gid == group || std::find(groups.begin(), groups.end(), group) != groups.end();
  };
  if (peer.uid == 0 || peer.uid == access.owner || is_in(access.control.id)) return Power::Control;
  return access.read && is_in(access.read->id) ? Power::Read : Power::None;
}

Power power_of(const Access& access, int socket) {
  const auto peer = peer_credentials(socket);
  if (!peer) return Power::None;
  const auto groups = peer_groups(socket);
  return power_of(access, *peer, groups ? *groups : std::vector<gid_t>{});
}

std::string who_may(const Access& access, Power needed) {
  const auto control = "\"" + access.control.name + "\"";
  if (needed == Power::Control || !access.read) {
    return "root and members of the group " + control;
  }
  return "root and members of the groups " + control + " and \"" + access.read->name + "\"";
}

}  // namespace tunnel::supervisor
