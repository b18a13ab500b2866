#pragma once

#include "tunneld/base/bytes.hpp"
#include "tunneld/base/result.hpp"
#include "tunneld/base/unique_fd.hpp"

#include <sys/types.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <utility>
#include <vector>

namespace tunnel {

/// Who is at the other end of a Unix socket, as the kernel vouches for it (SO_PEERCRED).
struct PeerCredentials {
  pid_t pid = 0;
  uid_t uid = 0;
  gid_t gid = 0;
};

enum class SocketKind : std::uint8_t { Stream, SeqPacket };

/// One datagram and the descriptors that came with it.
struct Datagram {
  std::vector<std::uint8_t> bytes;
  std::vector<UniqueFd> descriptors;
};

/// What a non-blocking receive found.
enum class ReceiveStatus : std::uint8_t { Received, WouldBlock, Closed };

/// A connected pair of SOCK_SEQPACKET sockets, close-on-exec, non-blocking.
Result<std::pair<UniqueFd, UniqueFd>> seqpacket_pair();

/// The same of SOCK_STREAM sockets.
Result<std::pair<UniqueFd, UniqueFd>> stream_pair();

/// A socket that is bound to `path`, non-blocking, and does not listen yet. Nothing may be there.
Result<UniqueFd> bind_unix(const std::filesystem::path& path, SocketKind kind, mode_t mode);

/// A listening socket at `path`, non-blocking. A stale socket file is replaced; a live one, of
/// either kind, is an error that says so (std::errc::address_in_use), as is a file of another sort
/// (std::errc::file_exists).
Result<UniqueFd> listen_unix(const std::filesystem::path& path, SocketKind kind, mode_t mode);

/// Whether a descriptor that somebody else has made is a socket as listen_unix() makes it, for this
/// very file; the error is a sentence about what it is not.
Result<void> check_listening(int socket, const std::filesystem::path& path, SocketKind kind);

/// The same of a connected SOCK_SEQPACKET socket, wherever it leads.
Result<void> check_connected(int socket);

/// Connects without waiting, to a listener that has room in its backlog; non-blocking afterwards.
/// A path longer than sockaddr_un is an error.
Result<UniqueFd> connect_unix(const std::filesystem::path& path, SocketKind kind);

Result<PeerCredentials> peer_credentials(int socket);

/// Sends one datagram, whole or not at all; std::errc::resource_unavailable_try_again when full.
Result<void> send_datagram(int socket, Bytes bytes, std::span<const int> descriptors = {});

inline constexpr std::size_t kMaxDescriptors = 4;

/// Receives one datagram of at most `limit` bytes and kMaxDescriptors descriptors (close-on-exec).
/// A larger one is an error (std::errc::message_size); its descriptors are closed.
Result<ReceiveStatus> receive_datagram(int socket, std::size_t limit, Datagram& out);

}  // namespace tunnel
