#include "tunneld/supervisor/acceptor.hpp"

#include "tunneld/base/half_made.hpp"
#include "tunneld/base/unix_socket.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sys/resource.h>

#include <chrono>
#include <optional>
#include <utility>
#include <vector>

namespace tunnel::supervisor {
namespace {

using namespace std::chrono_literals;
using testing::SizeIs;

/// No descriptor may be opened while this is there.
class NoDescriptors {
 public:
  NoDescriptors() {
    EXPECT_EQ(::getrlimit(RLIMIT_NOFILE, &before_), 0);
    const rlimit none{0, before_.rlim_max};
    EXPECT_EQ(::setrlimit(RLIMIT_NOFILE, &none), 0);
  }

  NoDescriptors(const NoDescriptors&) = delete;
  NoDescriptors& operator=(const NoDescriptors&) = delete;

  ~NoDescriptors() { EXPECT_EQ(::setrlimit(RLIMIT_NOFILE, &before_), 0); }

 private:
  rlimit before_{};
};

class Accepting : public testing::Test {
 protected:
  void listen(Acceptor::HasRoom has_room = nullptr) {
    ASSERT_TRUE(folder_.made());
    auto listening = listen_unix(path_, SocketKind::SeqPacket, 0600);
    ASSERT_TRUE(listening.has_value());
    acceptor_.emplace(
        context_, std::move(*listening),
        [this](UniqueFd socket) {
          came_.push_back(std::move(socket));
          if (came_.size() == most_) acceptor_->close();
        },
        std::move(has_room), 1ms);
  }

  UniqueFd call() {
    auto socket = connect_unix(path_, SocketKind::SeqPacket);
    EXPECT_TRUE(socket.has_value());
    return socket ? std::move(*socket) : UniqueFd{};
  }

  /// What is ready now; not more than a few handlers have any reason to be.
  std::size_t poll() {
    context_.restart();
    std::size_t handlers = 0;
    while (handlers < 100 && context_.poll_one() == 1) ++handlers;
    return handlers;
  }

  boost::asio::io_context context_;
  TemporaryFolder folder_{"/tmp", "acceptor"};
  std::filesystem::path path_ = folder_.path() / "socket";
  std::optional<Acceptor> acceptor_;
  std::vector<UniqueFd> came_;
  std::size_t most_ = 10;
};

TEST_F(Accepting, TakesOneAfterTheOther) {
  listen();
  const auto first = call();
  const auto second = call();
  poll();
  EXPECT_THAT(came_, SizeIs(2));
}

// Asked again at once, the kernel would say the same for ever.
TEST_F(Accepting, WithoutDescriptorsWaitsUntilThereAreSome) {
  listen();
  const auto caller = call();
  {
    const NoDescriptors none;
    EXPECT_LT(poll(), 10U);
    EXPECT_THAT(came_, SizeIs(0));
  }
  context_.restart();
  while (came_.empty() && context_.run_one_for(10s) == 1) {
  }
  EXPECT_THAT(came_, SizeIs(1));
}

TEST_F(Accepting, WithoutRoomLeavesCallersWaiting) {
  bool room = false;
  listen([&] { return room; });
  const auto caller = call();
  poll();
  EXPECT_THAT(came_, SizeIs(0));
  room = true;
  context_.restart();
  while (came_.empty() && context_.run_one_for(10s) == 1) {
  }
  EXPECT_THAT(came_, SizeIs(1));
}

TEST_F(Accepting, MayBeClosedByACaller) {
  most_ = 1;
  listen();
  const auto first = call();
  const auto second = call();
  poll();
  EXPECT_THAT(came_, SizeIs(1));
  EXPECT_FALSE(connect_unix(path_, SocketKind::SeqPacket)) << "nobody listens any more";
}

TEST_F(Accepting, GoesWhileACallerIsOnHisWay) {
  listen();
  const auto caller = call();
  acceptor_.reset();
  poll();
  EXPECT_THAT(came_, SizeIs(0));
}

}  // namespace
}  // namespace tunnel::supervisor
