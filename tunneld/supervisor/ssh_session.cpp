#include "tunneld/supervisor/ssh_session.hpp"

#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>

#include <chrono>
#include <memory>
#include <utility>

namespace tunnel::supervisor {

namespace {

using namespace std::chrono_literals;

/// A client that lives hears of its session's end within this time, also over a bad line.
constexpr auto kPatience = 5s;

struct Ending {
  Ending(boost::asio::io_context& context, UniqueFd pidfd)
      : process{context, pidfd.release()}, patience{context, kPatience} {}

  boost::asio::posix::stream_descriptor process;
  boost::asio::steady_timer patience;
};

}  // namespace

void end_session(boost::asio::io_context& context, const ProcessMark& session, uid_t account) {
  auto pidfd = open_process(session);
  if (!pidfd || user_of(session.pid) != account) return;
  const auto ending = std::make_shared<Ending>(context, std::move(pidfd));
  ending->patience.async_wait([ending](const boost::system::error_code& error) {
    if (!error) end_process(ending->process.native_handle());
  });
  ending->process.async_wait(
      boost::asio::posix::stream_descriptor::wait_read,
      [ending](const boost::system::error_code&) { ending->patience.cancel(); });
}

}  // namespace tunnel::supervisor
