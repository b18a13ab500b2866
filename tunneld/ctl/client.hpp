#pragma once

#include "tunneld/base/result.hpp"
#include "tunneld/base/time.hpp"
#include "tunneld/base/unique_fd.hpp"

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>
#include <boost/system/result.hpp>

#include <chrono>
#include <cstdint>
#include <deque>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

namespace tunnel::ctl {

/// Where a daemon is to be found, and what to tell somebody who does not find it.
struct Place {
  std::filesystem::path socket;
  std::filesystem::path read_socket;  // for whoever may not use the other; empty: there is none
  std::string control_group;
  std::string read_group;  // empty: none, or not known
  std::filesystem::path log_dir;
};

/// Why nothing more comes.
enum class Ended : std::uint8_t {
  Deadline,
  Interrupted,  // SIGINT, SIGTERM or SIGHUP
  OutputGone,   // nobody reads what we would print
  Closed,       // by the daemon
  Garbled,      // it is not tunneld that speaks: no JSON, or a line without end
};

/// Why a call has no result. Codes of the daemon are JSON-RPC's; 0: the call never got that far.
struct CallError {
  int code = 0;
  std::string message;  // fit for a terminal
  boost::json::value data{};
  std::optional<Ended> ended{};  // with code 0
};

inline constexpr int kNoSuchSite = -32001;
inline constexpr int kReloadRefused = -32002;
inline constexpr int kNotAllowed = -32003;
inline constexpr int kMethodNotFound = -32601;
inline constexpr int kInvalidParams = -32602;

using CallResult = boost::system::result<boost::json::object, CallError>;

struct Notification {
  std::string method;
  boost::json::object params;
};

/// A connection to the daemon: blocking, one call at a time.
class Client {
 public:
  /// The error is a sentence that says what to do; std::errc::permission_denied: somebody else
  /// must.
  static Result<Client> connect(const Place& place, std::chrono::milliseconds patience);

  /// What its deadlines are counted from; the only place of tunnelctl that reads a clock.
  static TimePoint now() noexcept;

  CallResult call(std::string_view method, const boost::json::object& params);

  /// From now on, waiting ends when a signal arrives or the reader of `output` goes; until then
  /// signals end the process, as they do by default.
  Result<void> watch(int output);

  /// The next notification, of those that came during calls too.
  std::variant<Notification, Ended> next(std::optional<TimePoint> deadline);

  /// Drops the notifications that came so far. Who has subscribed and then asks for the present
  /// state has in the answer whatever they told, and in what follows them all that is new.
  void drop_notifications() { notifications_.clear(); }

 private:
  enum class Wake : std::uint8_t { Readable, Deadline, Interrupted, OutputGone };

  Client(UniqueFd socket, std::filesystem::path path, std::chrono::milliseconds patience);

  std::optional<Ended> send(std::string_view request, TimePoint deadline);
  Wake wait(short events, std::optional<TimePoint> deadline);
  std::optional<std::string> take_line();
  std::variant<boost::json::object, Ended> message(std::optional<TimePoint> deadline);
  CallError explain(Ended why) const;

  UniqueFd socket_;
  std::filesystem::path path_;
  std::chrono::milliseconds patience_;
  UniqueFd signals_;
  int output_ = -1;
  std::string received_;
  std::size_t searched_ = 0;
  std::deque<Notification> notifications_;
  std::int64_t last_id_ = 0;
};

}  // namespace tunnel::ctl
