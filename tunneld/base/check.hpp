#pragma once

namespace tunnel {

/// Says which invariant is broken on standard error, and aborts; the supervisor starts us again.
[[noreturn]] void check_failed(const char* expression, const char* file, int line) noexcept;

}  // namespace tunnel

/// An invariant of our own code. Never on what a peer, a file or the kernel may say.
#define TUNNEL_CHECK(expression) \
  ((expression) ? static_cast<void>(0) : ::tunnel::check_failed(#expression, __FILE__, __LINE__))

/// The same, in builds for development only.
#ifdef NDEBUG
#define TUNNEL_DCHECK(expression) static_cast<void>(0)
#else
#define TUNNEL_DCHECK(expression) TUNNEL_CHECK(expression)
#endif
