// Where a bridge is found again by the next tunneld.

#include "tunneld/supervisor/bridge_sockets.hpp"

#include "tests/base/temporary_directory.hpp"
#include "tunneld/base/unix_socket.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>

namespace tunnel::supervisor {
namespace {

using testing::IsEmpty;
using testing::UnorderedElementsAre;

class BridgeSocketsTest : public testing::Test {
 protected:
  BridgeSockets open() const {
    auto sockets = BridgeSockets::open(folder());
    EXPECT_TRUE(sockets);
    return std::move(*sockets);
  }

  std::filesystem::path folder() const { return directory_.path() / "bridges"; }

  static SiteName site(const char* name) { return *SiteName::parse(name); }

  const SiteName home = site("home");

 private:
  test::TemporaryDirectory directory_;
};

TEST_F(BridgeSocketsTest, AreForNobodyElse) {
  open();

  struct stat there {};

  ASSERT_EQ(::stat(folder().c_str(), &there), 0);
  EXPECT_EQ(there.st_mode & 07777, 0700U);
  ASSERT_EQ(::chmod(folder().c_str(), 0755), 0);
  open();  // of an earlier tunneld
  ASSERT_EQ(::stat(folder().c_str(), &there), 0);
  EXPECT_EQ(there.st_mode & 07777, 0700U);
}

TEST_F(BridgeSocketsTest, DoNotStandWhereAFileIs) {
  std::ofstream{folder()} << "not ours";
  const auto sockets = BridgeSockets::open(folder());
  ASSERT_FALSE(sockets);
  EXPECT_EQ(sockets.error().code, std::errc::file_exists);
}

TEST_F(BridgeSocketsTest, HaveNobodyUntilTheBridgeListens) {
  const auto sockets = open();
  EXPECT_EQ(sockets.call(home).error().code, std::errc::no_such_file_or_directory);
  const auto bridge = sockets.make(home);
  ASSERT_TRUE(bridge);
  EXPECT_EQ(sockets.call(home).error().code, std::errc::connection_refused);
  ASSERT_EQ(::listen(bridge->get(), 1), 0);
  EXPECT_TRUE(sockets.call(home));
}

TEST_F(BridgeSocketsTest, HaveNobodyOnceTheBridgeIsGone) {
  const auto sockets = open();
  auto bridge = sockets.make(home);
  ASSERT_EQ(::listen(bridge->get(), 1), 0);
  bridge->reset();
  EXPECT_EQ(sockets.call(home).error().code, std::errc::connection_refused);
  EXPECT_THAT(sockets.sites(), UnorderedElementsAre(home)) << "a stale file";
  EXPECT_TRUE(sockets.make(home)) << "which is in nobody's way";
}

TEST_F(BridgeSocketsTest, OfABridgeThatWasReplacedLeadToNobody) {
  const auto sockets = open();
  const auto older = sockets.make(home);
  ASSERT_EQ(::listen(older->get(), 1), 0);
  const auto newer = sockets.make(home);
  EXPECT_EQ(sockets.call(home).error().code, std::errc::connection_refused);
  ASSERT_EQ(::listen(newer->get(), 1), 0);
  const auto called = sockets.call(home);
  EXPECT_EQ(::accept4(older->get(), nullptr, nullptr, SOCK_NONBLOCK), -1);
  EXPECT_GE((UniqueFd{::accept4(newer->get(), nullptr, nullptr, SOCK_CLOEXEC)}.get()), 0);
}

// The socket is tunneld's, and the one who listens on it is told from it all the same.
TEST_F(BridgeSocketsTest, TellWhoListens) {
  const auto sockets = open();
  const auto bridge = sockets.make(home);
  const auto child = ::fork();
  if (child == 0) ::_exit(::listen(bridge->get(), 1) == 0 ? 0 : 1);
  int status = -1;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  ASSERT_EQ(status, 0);
  const auto called = sockets.call(home);
  ASSERT_TRUE(called);
  EXPECT_EQ(peer_credentials(called->get())->pid, child);
}

TEST_F(BridgeSocketsTest, AreListedAndRemoved) {
  const auto sockets = open();
  EXPECT_THAT(sockets.sites(), IsEmpty());
  const auto one = sockets.make(home);
  const auto other = sockets.make(site("attic"));
  std::ofstream{folder() / "Not a site"} << "";
  EXPECT_THAT(sockets.sites(), UnorderedElementsAre(home, site("attic")));
  sockets.remove(home);
  sockets.remove(home);
  EXPECT_THAT(sockets.sites(), UnorderedElementsAre(site("attic")));
}

}  // namespace
}  // namespace tunnel::supervisor
