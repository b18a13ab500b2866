#pragma once

#include "tunneld/supervisor/control_server.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace tunnel::ctl {

/// A temporary folder, removed with all that is in it.
class ScratchFolder {
 public:
  ScratchFolder();
  ScratchFolder(const ScratchFolder&) = delete;
  ScratchFolder& operator=(const ScratchFolder&) = delete;
  ~ScratchFolder();

  /// Writes a file, and the folders above it.
  std::filesystem::path write(const std::filesystem::path& file, std::string_view text) const;

  std::filesystem::path path;
};

/// The real control server, and behind it answers that a test has set.
class FakeDaemon final : public supervisor::ControlApi {
 public:
  using Handler = std::function<supervisor::RpcResult(const boost::json::object& params)>;

  FakeDaemon(boost::asio::io_context& loop, const std::filesystem::path& socket);

  /// What a method answers, as JSON.
  void answers(const std::string& method, std::string_view json);
  void refuses(const std::string& method, supervisor::RpcError error);

  void handles(const std::string& method, Handler handler) { handlers_[method] = handler; }

  void publish(const supervisor::Subject& subject, std::string_view json);

  /// Closes every connection and listens no more.
  void end() { server_.reset(); }

  /// "METHOD{params}", in their order.
  std::vector<std::string> calls;

 private:
  supervisor::RpcResult call(std::string_view method, const boost::json::object& params,
                             supervisor::ClientId client) override;

  std::map<std::string, Handler> handlers_;
  std::unique_ptr<supervisor::ControlServer> server_;
};

}  // namespace tunnel::ctl
