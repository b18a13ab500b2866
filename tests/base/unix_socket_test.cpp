// Listening and connecting in a directory of its own.

#include "tunneld/base/unix_socket.hpp"

#include "tests/base/descriptors.hpp"
#include "tests/base/temporary_directory.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <fstream>
#include <string>
#include <vector>

namespace tunnel {
namespace {

using testing::HasSubstr;

class UnixSocketTest : public testing::TestWithParam<SocketKind> {
 protected:
  std::filesystem::path path() const { return directory_.path() / "tunneld.sock"; }

  UniqueFd listening() const {
    auto socket = listen_unix(path(), GetParam(), 0600);
    EXPECT_TRUE(socket);
    return socket ? std::move(*socket) : UniqueFd{};
  }

  static UniqueFd accept(const UniqueFd& listening) {
    pollfd waiting{listening.get(), POLLIN, 0};
    EXPECT_EQ(::poll(&waiting, 1, 10000), 1);
    return UniqueFd{::accept4(listening.get(), nullptr, nullptr, SOCK_CLOEXEC)};
  }

 private:
  test::TemporaryDirectory directory_;
};

std::string kind_name(const testing::TestParamInfo<SocketKind>& kind) {
  return kind.param == SocketKind::Stream ? "Stream" : "SeqPacket";
}

INSTANTIATE_TEST_SUITE_P(Kinds, UnixSocketTest,
                         testing::Values(SocketKind::Stream, SocketKind::SeqPacket), kind_name);

TEST_P(UnixSocketTest, ThatListensIsKnownByItsFileAndKind) {
  const auto server = listening();
  EXPECT_TRUE(check_listening(server.get(), path(), GetParam()));
  const auto other = GetParam() == SocketKind::Stream ? SocketKind::SeqPacket : SocketKind::Stream;
  EXPECT_FALSE(check_listening(server.get(), path(), other));
  EXPECT_FALSE(check_listening(server.get(), path().native() + "x", GetParam()));
  EXPECT_FALSE(check_listening(STDIN_FILENO, path(), GetParam()));
  ASSERT_EQ(::unlink(path().c_str()), 0);
  EXPECT_FALSE(check_listening(server.get(), path(), GetParam())) << "nobody finds it any more";
}

TEST_P(UnixSocketTest, ThatIsBoundOnlyOrConnectedDoesNotListen) {
  const auto server = listening();
  const auto client = connect_unix(path(), GetParam());
  ASSERT_TRUE(client);
  const auto session = accept(server);
  EXPECT_FALSE(check_listening(session.get(), path(), GetParam()));
  EXPECT_EQ(static_cast<bool>(check_connected(session.get())), GetParam() == SocketKind::SeqPacket);
  EXPECT_FALSE(check_connected(server.get()));
  ASSERT_EQ(::unlink(path().c_str()), 0);
  const auto bound = bind_unix(path(), GetParam(), 0600);
  ASSERT_TRUE(bound);
  EXPECT_FALSE(check_listening(bound->get(), path(), GetParam()));
}

TEST_P(UnixSocketTest, WhoConnectsIsHeard) {
  const auto server = listening();
  const auto client = connect_unix(path(), GetParam());
  ASSERT_TRUE(client);
  const auto session = accept(server);
  ASSERT_TRUE(send_datagram(client->get(), to_bytes("hello")));
  Datagram datagram;
  EXPECT_EQ(*receive_datagram(session.get(), 100, datagram), ReceiveStatus::Received);
  EXPECT_EQ(datagram.bytes, to_bytes("hello"));
  EXPECT_EQ(peer_credentials(session.get())->pid, ::getpid());
}

TEST_P(UnixSocketTest, SocketsAreNonBlockingAndCloseOnExec) {
  const auto server = listening();
  const auto client = connect_unix(path(), GetParam());
  ASSERT_TRUE(client);
  for (const auto* socket : {&server, &*client}) {
    EXPECT_TRUE(test::is_nonblocking(*socket));
    EXPECT_TRUE(test::closes_on_exec(*socket));
  }
}

TEST_P(UnixSocketTest, HasTheModeThatWasAskedForWhateverTheUmask) {
  const auto previous = ::umask(0027);
  const auto server = listen_unix(path(), GetParam(), 0660);
  EXPECT_EQ(::umask(previous), 0027U);  // and leaves the umask as it was
  ASSERT_TRUE(server);

  struct stat there {};

  ASSERT_EQ(::stat(path().c_str(), &there), 0);
  EXPECT_EQ(there.st_mode & 07777, 0660U);
}

TEST_P(UnixSocketTest, StaleSocketIsReplaced) {
  listening().reset();  // as a daemon that was killed leaves it: the file stays
  ASSERT_TRUE(std::filesystem::is_socket(path()));
  const auto server = listening();
  EXPECT_TRUE(connect_unix(path(), GetParam()));
}

TEST_P(UnixSocketTest, LiveSocketIsRefusedAndLivesOn) {
  const auto server = listening();
  const auto second = listen_unix(path(), GetParam(), 0600);
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code, std::errc::address_in_use);
  EXPECT_THAT(second.error().message(),
              HasSubstr("another tunneld is listening on " + path().native()));
  accept(server);  // the one that looked
  EXPECT_TRUE(connect_unix(path(), GetParam()));
}

TEST_P(UnixSocketTest, LiveSocketOfTheOtherKindIsRefusedAndLivesOn) {
  const auto server = listening();
  const auto other = GetParam() == SocketKind::Stream ? SocketKind::SeqPacket : SocketKind::Stream;
  const auto second = listen_unix(path(), other, 0600);
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code, std::errc::address_in_use);
  EXPECT_TRUE(connect_unix(path(), GetParam()));
}

TEST_P(UnixSocketTest, FileOfAnotherKindIsNotTouched) {
  std::ofstream{path()} << "precious";
  const auto server = listen_unix(path(), GetParam(), 0600);
  ASSERT_FALSE(server);
  EXPECT_THAT(server.error().message(), HasSubstr(path().native()));
  std::string contents;
  std::ifstream{path()} >> contents;
  EXPECT_EQ(contents, "precious");
}

TEST_P(UnixSocketTest, ListenerWithAFullBacklogIsLiveAndKeepsNobodyWaiting) {
  const auto server = listening();
  ASSERT_EQ(::listen(server.get(), 1), 0);  // a smaller backlog, and nobody accepts
  std::vector<UniqueFd> clients;
  auto client = connect_unix(path(), GetParam());
  for (; client; client = connect_unix(path(), GetParam())) clients.push_back(std::move(*client));
  EXPECT_EQ(client.error().code, std::errc::resource_unavailable_try_again);
  const auto second = listen_unix(path(), GetParam(), 0600);
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code, std::errc::address_in_use);
}

TEST_P(UnixSocketTest, NobodyThereIsAnErrorThatNamesThePath) {
  const auto client = connect_unix(path(), GetParam());
  ASSERT_FALSE(client);
  EXPECT_EQ(client.error().code, std::errc::no_such_file_or_directory);
  EXPECT_THAT(client.error().message(), HasSubstr(path().native()));
}

TEST_P(UnixSocketTest, DirectoryThatIsNotThereIsAnErrorThatNamesThePath) {
  const auto missing = path() / "deeper" / "tunneld.sock";
  const auto server = listen_unix(missing, GetParam(), 0600);
  ASSERT_FALSE(server);
  EXPECT_THAT(server.error().message(), HasSubstr(missing.native()));
}

TEST_P(UnixSocketTest, LongestPathIsTakenAndALongerOneRefused) {
  constexpr std::size_t kLongest = 107;  // sun_path, without the NUL
  const auto directory = path().parent_path().native();
  const auto longest = directory + '/' + std::string(kLongest - directory.size() - 1, 's');
  const auto server = listen_unix(longest, GetParam(), 0600);
  ASSERT_TRUE(server);
  EXPECT_TRUE(connect_unix(longest, GetParam()));
  const auto longer = longest + 's';
  const auto refused_server = listen_unix(longer, GetParam(), 0600);
  ASSERT_FALSE(refused_server);
  EXPECT_EQ(refused_server.error().code, std::errc::filename_too_long);
  EXPECT_THAT(refused_server.error().message(), HasSubstr("choose a shorter runtime_dir"));
  EXPECT_FALSE(connect_unix(longer, GetParam()));
}

TEST_P(UnixSocketTest, FailuresLeakNoDescriptor) {
  const auto before = test::open_descriptors();
  EXPECT_FALSE(connect_unix(path(), GetParam()));
  EXPECT_FALSE(listen_unix(path() / "deeper", GetParam(), 0600));
  {
    const auto server = listening();
    EXPECT_FALSE(listen_unix(path(), GetParam(), 0600));
  }
  EXPECT_EQ(test::open_descriptors(), before);
}

}  // namespace
}  // namespace tunnel
