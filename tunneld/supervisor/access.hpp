#pragma once

#include "tunneld/base/unix_socket.hpp"

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace tunnel::supervisor {

/// What a client of the control socket may do; each may what those before it may.
enum class Power : std::uint8_t { None, Read, Control };

/// A group that has a power, by number and for sentences.
struct AccessGroup {
  gid_t id = 0;
  std::string name;
};

/// Who may use the control socket, besides root.
struct Access {
  uid_t owner = 0;  // the daemon's own
  AccessGroup control;
  std::optional<AccessGroup> read{};  // who may look on
};

/// What the process at the other end may do. `groups` are its supplementary ones as the kernel has
/// them (SO_PEERGROUPS): what the files of this machine say of its user is not asked, since neither
/// a membership that a session does not have yet, nor one that it has given up, is one.
Power power_of(const Access& access, const PeerCredentials& peer, std::span<const gid_t> groups);
/// The same of a connected socket; None where the kernel does not say who is there.
Power power_of(const Access& access, int socket);

/// Who may do what `needed` is needed for: `root and members of the group "tunneld"`.
std::string who_may(const Access& access, Power needed);

}  // namespace tunnel::supervisor
