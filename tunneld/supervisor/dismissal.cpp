#include "tunneld/supervisor/dismissal.hpp"

#include "tunneld/supervisor/processes.hpp"

#include <boost/asio/steady_timer.hpp>

#include <chrono>
#include <memory>
#include <utility>

namespace tunnel::supervisor {

namespace {

using namespace std::chrono_literals;

/// Longer than a peer that is there takes to answer a Terminate-Request.
constexpr auto kPatience = 5s;

/// Its process does not outlive this.
class Dismissed {
 public:
  Dismissed(boost::asio::io_context& context, UniqueFd handle)
      : patience{context, kPatience}, handle_{std::move(handle)} {}

  Dismissed(const Dismissed&) = delete;
  Dismissed& operator=(const Dismissed&) = delete;

  ~Dismissed() { kill_process(handle_); }

  boost::asio::steady_timer patience;

 private:
  UniqueFd handle_;
};

}  // namespace

void dismiss(boost::asio::io_context& context, Caller caller, const std::string& reason) {
  caller.channel->send(ipc::Shutdown{reason});
  caller.channel->close();
  // Shared with the handler alone, which is the last to have it: run, or given up.
  const auto dismissed = std::make_shared<Dismissed>(context, std::move(caller.handle));
  dismissed->patience.async_wait([dismissed](const boost::system::error_code&) {});
}

}  // namespace tunnel::supervisor
