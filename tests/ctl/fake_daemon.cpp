#include "tests/ctl/fake_daemon.hpp"

#include "tunneld/base/check.hpp"

#include <stdlib.h>
#include <unistd.h>

#include <chrono>
#include <fstream>
#include <utility>

namespace tunnel::ctl {

namespace json = boost::json;
using supervisor::RpcError;
using supervisor::RpcResult;

ScratchFolder::ScratchFolder() {
  std::string name = (std::filesystem::temp_directory_path() / "tunnelctl.XXXXXX").native();
  TUNNEL_CHECK(::mkdtemp(name.data()) != nullptr);
  path = name;
}

ScratchFolder::~ScratchFolder() {
  std::error_code ignored;
  std::filesystem::remove_all(path, ignored);
}

std::filesystem::path ScratchFolder::write(const std::filesystem::path& file,
                                           std::string_view text) const {
  const auto whole = path / file;
  std::filesystem::create_directories(whole.parent_path());
  std::ofstream{whole} << text;
  return whole;
}

FakeDaemon::FakeDaemon(boost::asio::io_context& loop, const std::filesystem::path& socket) {
  auto listening = listen_unix(socket, SocketKind::Stream, 0600);
  TUNNEL_CHECK(listening.has_value());
  server_ = std::make_unique<supervisor::ControlServer>(
      loop, std::move(*listening), *this,
      supervisor::Access{::geteuid(), {::getegid(), "operators"}},
      [] { return std::chrono::steady_clock::now(); });
}

void FakeDaemon::answers(const std::string& method, std::string_view json) {
  handles(method, [value = json::parse(json)](const json::object&) { return RpcResult{value}; });
}

void FakeDaemon::refuses(const std::string& method, RpcError error) {
  handles(method, [error](const json::object&) { return RpcResult{error}; });
}

void FakeDaemon::publish(const supervisor::Subject& subject, std::string_view json) {
  server_->publish(subject, json::parse(json).as_object());
}

RpcResult FakeDaemon::call(std::string_view method, const json::object& params,
                           supervisor::ClientId) {
  calls.push_back(std::string{method} + json::serialize(params));
  const auto handler = handlers_.find(std::string{method});
  if (handler == handlers_.end()) {
    return RpcError{supervisor::rpc_code::kMethodNotFound, "no such method"};
  }
  return handler->second(params);
}

}  // namespace tunnel::ctl
