#include "tests/support/key_agent.hpp"

#include "tunneld/agent/login.hpp"
#include "tunneld/agent/message_assembler.hpp"
#include "tunneld/agent/private_key.hpp"
#include "tunneld/agent/protocol.hpp"
#include "tunneld/base/check.hpp"
#include "tunneld/base/unix_socket.hpp"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <condition_variable>
#include <filesystem>
#include <list>
#include <mutex>
#include <thread>
#include <utility>
#include <variant>

namespace tunnel::test {

namespace {

void make_blocking(int fd) {
  TUNNEL_CHECK(::fcntl(fd, F_SETFL, ::fcntl(fd, F_GETFL) & ~O_NONBLOCK) == 0);
}

std::vector<std::uint8_t> answer(const agent::PrivateKey& key, Willing willing, Bytes message) {
  const auto request = agent::parse_request(message);
  if (!request) return agent::write_failure();
  if (std::holds_alternative<agent::IdentitiesRequest>(*request)) {
    return agent::write_identities_answer(key.public_blob(), "a test's");
  }
  const auto* sign = std::get_if<agent::SignRequest>(&*request);
  const auto login = sign == nullptr ? std::nullopt : agent::parse_login(sign->data);
  if (!login || willing == Willing::No) return agent::write_failure();
  const std::string algorithm(login->algorithm.begin(), login->algorithm.end());
  const auto signature = key.sign(algorithm, sign->data);
  return signature ? agent::write_sign_answer(*signature) : agent::write_failure();
}

void serve(const agent::PrivateKey& key, Willing willing, int client) {
  agent::MessageAssembler assembler{agent::kLongestRequest};
  std::array<std::uint8_t, 4096> buffer;
  while (true) {
    const auto room = std::min(assembler.wanted(), buffer.size());
    const auto got = ::recv(client, buffer.data(), room, 0);
    if (got <= 0) return;
    assembler.add(Bytes{buffer}.first(static_cast<std::size_t>(got)));
    if (assembler.refused()) return;
    if (!assembler.complete()) continue;
    const auto reply = answer(key, willing, assembler.take());
    if (::send(client, reply.data(), reply.size(), MSG_NOSIGNAL) < 0) return;
  }
}

}  // namespace

struct KeyAgent::Impl {
  Impl(agent::PrivateKey its_key, Willing is_willing)
      : key{std::move(its_key)}, willing{is_willing} {}

  agent::PrivateKey key;
  Willing willing;
  std::string folder = "/tmp/key-agent.XXXXXX";
  UniqueFd listener;
  std::mutex mutex;
  std::condition_variable idle;
  std::list<UniqueFd> clients;
  std::list<std::thread> threads;

  std::filesystem::path path() const { return std::filesystem::path{folder} / "socket"; }

  void add(UniqueFd client) {
    make_blocking(client.get());
    const std::lock_guard lock{mutex};
    const auto place = clients.insert(clients.end(), std::move(client));
    threads.emplace_back([this, place] {
      serve(key, willing, place->get());
      const std::lock_guard gone{mutex};
      clients.erase(place);
      idle.notify_all();
    });
  }

  /// Until the listener is shut down.
  void accept_all() {
    while (true) {
      UniqueFd client{::accept4(listener.get(), nullptr, nullptr, SOCK_CLOEXEC)};
      if (!client) return;
      add(std::move(client));
    }
  }
};

KeyAgent::KeyAgent(const std::string& key, Willing willing) {
  auto parsed = agent::PrivateKey::parse(to_bytes(key));
  TUNNEL_CHECK(parsed.has_value());
  impl_ = std::make_unique<Impl>(std::move(*parsed), willing);
  TUNNEL_CHECK(::mkdtemp(impl_->folder.data()) != nullptr);
  auto listener = listen_unix(impl_->path(), SocketKind::Stream, 0666);
  TUNNEL_CHECK(listener.has_value());
  impl_->listener = std::move(*listener);
  make_blocking(impl_->listener.get());
  const std::lock_guard lock{impl_->mutex};  // it adds to the list that it is being put into
  impl_->threads.emplace_back([impl = impl_.get()] { impl->accept_all(); });
}

KeyAgent::~KeyAgent() {
  ::shutdown(impl_->listener.get(), SHUT_RDWR);
  impl_->threads.front().join();  // from now on there are no new ones
  {
    const std::lock_guard lock{impl_->mutex};
    for (const auto& client : impl_->clients) ::shutdown(client.get(), SHUT_RDWR);
  }
  for (auto& thread : impl_->threads) {
    if (thread.joinable()) thread.join();
  }
  std::filesystem::remove_all(impl_->folder);
}

UniqueFd KeyAgent::connect() {
  auto pair = stream_pair();
  TUNNEL_CHECK(pair.has_value());
  impl_->add(std::move(pair->first));
  return std::move(pair->second);
}

void KeyAgent::wait_until_idle() {
  std::unique_lock lock{impl_->mutex};
  impl_->idle.wait(lock, [this] { return impl_->clients.empty(); });
}

UniqueFd KeyAgent::handle() {
  UniqueFd handle{::open(impl_->path().c_str(), O_PATH | O_CLOEXEC)};
  TUNNEL_CHECK(static_cast<bool>(handle));
  return handle;
}

}  // namespace tunnel::test
