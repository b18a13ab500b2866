#include "pppd-bridge/session/stop_signals.hpp"

#include <signal.h>
#include <sys/signalfd.h>

namespace tunnel::session {

Result<UniqueFd> stop_signals() {
  ::signal(SIGPIPE, SIG_IGN);
  sigset_t set;
  ::sigemptyset(&set);
  for (const int number : {SIGTERM, SIGINT, SIGHUP}) ::sigaddset(&set, number);
  if (::sigprocmask(SIG_BLOCK, &set, nullptr) < 0) return errno_error("block signals");
  UniqueFd signals{::signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK)};
  if (!signals) return errno_error("make a signal descriptor");
  return signals;
}

}  // namespace tunnel::session
