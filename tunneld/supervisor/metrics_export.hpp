#pragma once

#include "tunneld/audit/log_line.hpp"
#include "tunneld/config/configuration.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>

#include <functional>
#include <optional>
#include <string>

namespace tunnel::supervisor {

/// The file that [metrics] names, for the textfile collector of Prometheus' node_exporter: written
/// at once, and then each interval. What goes wrong is a line in the log when it begins and one
/// when it ends, and costs nothing but the file.
///
/// The collector goes on telling what a file says for as long as it is there, so that one which
/// stays would show links as up that nobody keeps any more. It is therefore removed when tunneld
/// ends in good order; of a tunneld that has died, its age tells (node_textfile_mtime_seconds),
/// until the next one writes it.
class MetricsExport {
 public:
  /// What to write.
  using Text = std::function<std::string()>;
  using Say = std::function<void(audit::Priority, std::string)>;

  MetricsExport(boost::asio::io_context& context, Text text, Say say);

  /// From now on this file; nothing: none. Another one of before is removed.
  void set(const std::optional<config::Metrics>& wanted);

  /// Writes the file, if there is to be one, and will do so again an interval from now.
  void write();

 private:
  void remove() const;
  void note(std::string failure);

  boost::asio::steady_timer timer_;
  Text text_;
  Say say_;
  std::optional<config::Metrics> wanted_;
  std::string failure_;  // that the log has; empty: none
};

}  // namespace tunnel::supervisor
