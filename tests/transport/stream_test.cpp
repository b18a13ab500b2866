#include "clients.hpp"
#include "driver.hpp"
#include "private_network.hpp"
#include "sshd.hpp"

#include <gmock/gmock.h>

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <iterator>

namespace tunnel::transport {

namespace {

using testing::HasSubstr;
using namespace std::chrono_literals;

constexpr std::size_t kMiB = 1024 * 1024;

class Stream : public EachClient {};

TUNNEL_EACH_CLIENT(Stream);

std::size_t open_descriptors() {
  const std::filesystem::directory_iterator entries{"/proc/self/fd"};
  return static_cast<std::size_t>(std::distance(begin(entries), end(entries)));
}

bool has_zombie() {
  siginfo_t info{};
  ::waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT);
  return info.si_pid != 0;
}

std::string file_contents(const std::filesystem::path& path) {
  std::ifstream file{path, std::ios::binary};
  return {std::istreambuf_iterator<char>{file}, {}};
}

std::size_t count(const std::string& text, const std::string& word) {
  std::size_t found = 0;
  for (auto at = text.find(word); at != text.npos; at = text.find(word, at + 1)) ++found;
  return found;
}

// The server starts a key exchange every 4 MiB each way, in the middle of everything else.
TEST_P(Stream, CarriesEveryByteBothWaysThroughKeyExchanges) {
  const Sshd sshd{{.lines = {"RekeyLimit 4M", "LogLevel DEBUG1"}}};
  const auto stream = connect(sshd.settings(GetParam()));
  ASSERT_NE(stream, nullptr);
  const auto done = transfer(*stream, 64 * kMiB, 64 * kMiB);
  EXPECT_EQ(done.status, IoStatus::Done) << stream->close_reason();
  EXPECT_EQ(done.received, 64 * kMiB);
  EXPECT_EQ(done.wrong, 0U);
  EXPECT_GE(count(sshd.log(), "SSH2_MSG_NEWKEYS received"), 10U);
}

// Pieces smaller than an SSH packet leave decrypted bytes that no descriptor announces.
TEST_P(Stream, SaysThatItHasMoreWhenNoDescriptorDoes) {
  const Sshd sshd{{.command = "sh -c 'head -c 65536 /dev/zero; exec cat'"}};
  const auto stream = connect(sshd.settings(GetParam()));
  ASSERT_NE(stream, nullptr);
  EXPECT_EQ(transfer(*stream, 0, 65536, 1500).received, 65536U);
  EXPECT_FALSE(stream->pending_input());
}

TEST_P(Stream, IsReadInPiecesSmallerThanItsPackets) {
  const Sshd sshd{{}};
  const auto stream = connect(sshd.settings(GetParam()));
  ASSERT_NE(stream, nullptr);
  const auto done = transfer(*stream, 2 * kMiB, 2 * kMiB, 1500);
  EXPECT_EQ(done.status, IoStatus::Done) << stream->close_reason();
  EXPECT_EQ(done.sent, 2 * kMiB);
  EXPECT_EQ(done.received, 2 * kMiB);
  EXPECT_EQ(done.wrong, 0U);
}

TEST_P(Stream, SaysWhatTheFarSidePrintsAndHowItEnds) {
  const Sshd sshd{{.command = "sh -c 'echo no such site: nowhere >&2; exit 3'"}};
  const auto stream = connect(sshd.settings(GetParam()));
  ASSERT_NE(stream, nullptr);
  EXPECT_EQ(read_to_end(*stream), IoStatus::Closed);
  EXPECT_THAT(stream->close_reason(), HasSubstr("exited with status 3"));
  EXPECT_EQ(remote_text(*stream), "no such site: nowhere\n");
}

TEST_P(Stream, DeliversWhatCameBeforeTheEnd) {
  const Sshd sshd{{.command = "head -c 3000000 /dev/zero"}};
  const auto stream = connect(sshd.settings(GetParam()));
  ASSERT_NE(stream, nullptr);
  const auto done = transfer(*stream, 0, 4'000'000);
  EXPECT_EQ(done.received, 3'000'000U);
  EXPECT_EQ(done.status, IoStatus::Closed);
  EXPECT_EQ(stream->close_reason(), "the far side's command ended");
}

TEST_P(Stream, EscapesAndBoundsTheTextOfAFloodAndCarriesOn) {
  const Sshd sshd{{.command = "sh -c 'yes \"$(printf \"a\\033b\")\" | head -c 40000000 >&2; "
                              "head -c 1000000 /dev/zero'"}};
  const auto stream = connect(sshd.settings(GetParam()));
  ASSERT_NE(stream, nullptr);
  const auto done = transfer(*stream, 0, 1'000'000);
  EXPECT_EQ(done.received, 1'000'000U);
  const auto lines = stream->take_remote_text(TimePoint::max());
  EXPECT_LE(lines.size(), 21U);
  ASSERT_GE(lines.size(), 2U);
  EXPECT_EQ(lines.front(), "a\\x1bb");
}

// Each stream fills the window that the other one needs, and key exchanges hold up its widening.
TEST_P(Stream, CarriesBothStreamsThroughKeyExchanges) {
  constexpr std::size_t kAmount = 40'000'000;
  const Sshd sshd{{.command = "sh -c 'yes not an error | head -c 20000000 >&2 & "
                              "head -c 40000000 /dev/zero; wait; exec cat'",
                   .lines = {"RekeyLimit 1M"}}};
  const auto stream = connect(sshd.settings(GetParam()));
  ASSERT_NE(stream, nullptr);
  const auto done = transfer(*stream, 0, kAmount, 131'849);
  EXPECT_EQ(done.status, IoStatus::Done) << stream->close_reason();
  EXPECT_EQ(done.received, kAmount);
}

TEST_P(Stream, NoticesAtOnceThatTheServersSessionIsKilled) {
  const Sshd sshd{{}};
  const auto stream = connect(sshd.settings(GetParam()));
  ASSERT_NE(stream, nullptr);
  ASSERT_EQ(transfer(*stream, kMiB, kMiB).received, kMiB);
  for (const auto session : sshd.sessions()) ::kill(session, SIGKILL);
  const auto before = std::chrono::steady_clock::now();
  EXPECT_EQ(read_to_end(*stream), IoStatus::Failed);
  EXPECT_LT(std::chrono::steady_clock::now() - before, 2s);
  EXPECT_FALSE(stream->close_reason().empty());
}

// The far side reads nothing until something is written into a named pipe.
TEST_P(Stream, WaitsWithoutSpinningForAFarSideThatDoesNotRead) {
  const Sshd sshd{{.command = "sh -c 'read start </run/go; cat >/dev/null'"}};
  std::filesystem::remove("/run/go");
  ASSERT_EQ(::mkfifo("/run/go", 0600), 0);
  const auto stream = connect(sshd.settings(GetParam()));
  ASSERT_NE(stream, nullptr);
  const std::vector<std::uint8_t> block(256 * 1024);
  std::vector<std::uint8_t> nothing(4096);
  std::size_t taken = 0;
  int quiet = 0;
  while (quiet == 0) {
    stream->flush();
    stream->read(nothing);
    const auto put = stream->write(block);
    taken += put.bytes;
    ASSERT_LT(taken, 16 * kMiB) << "no bound";
    if (put.bytes == 0 && !wait_for(*stream, 200ms)) ++quiet;
  }
  std::ofstream{"/run/go"} << "now\n";
  const auto done = transfer(*stream, 16 * kMiB, 0);
  EXPECT_EQ(done.sent, 16 * kMiB);
  EXPECT_EQ(done.status, IoStatus::Done) << stream->close_reason();
}

TEST_P(Stream, LeavesNoDescriptorAndNoProcessBehind) {
  const Sshd sshd{{}};
  connect(sshd.settings(GetParam()));  // what is opened once and for all
  sshd.wait_for_agents();              // which live in this process
  const auto descriptors = open_descriptors();
  const auto children = children_of(::getpid()).size();
  for (int i = 0; i < 3; ++i) {
    const auto stream = connect(sshd.settings(GetParam()));
    ASSERT_NE(stream, nullptr);
    EXPECT_EQ(transfer(*stream, kMiB, kMiB).received, kMiB);
  }
  auto refused = sshd.settings(GetParam());
  refused.agent = sshd.stranger_agent(GetParam());
  dial_error(std::move(refused));
  sshd.wait_for_agents();
  EXPECT_EQ(open_descriptors(), descriptors);
  EXPECT_EQ(children_of(::getpid()).size(), children);
  EXPECT_FALSE(has_zombie());
}

TEST(StreamByOpenssh, ShowsTheKeyInNoArgumentAndNoEnvironment) {
  const Sshd sshd{{}};
  const auto stream = connect(sshd.settings(Client::Openssh));
  ASSERT_NE(stream, nullptr);
  const auto key = sshd.client_key_text();
  const auto secret = key.substr(key.find('\n') + 1, 60);
  std::size_t looked_at = 0;
  for (const auto child : children_of(::getpid())) {
    if (child == sshd.pid()) continue;
    const auto process = std::filesystem::path{"/proc"} / std::to_string(child);
    const auto arguments = file_contents(process / "cmdline");
    EXPECT_THAT(arguments, HasSubstr("/usr/bin/ssh"));
    EXPECT_EQ(arguments.find(secret), std::string::npos);
    EXPECT_EQ(file_contents(process / "environ").find(secret), std::string::npos);
    ++looked_at;
  }
  EXPECT_EQ(looked_at, 1U);
  for (const auto& entry : std::filesystem::directory_iterator{"/proc/self/fd"}) {
    std::error_code gone;  // the iterator's own descriptor
    const auto target = std::filesystem::read_symlink(entry.path(), gone).string();
    EXPECT_EQ(target.find("memfd:"), std::string::npos) << "kept after authentication";
  }
}

TEST(StreamByOpenssh, FailsWithTheChildsReasonWhenTheChildIsKilled) {
  const Sshd sshd{{}};
  const auto stream = connect(sshd.settings(Client::Openssh));
  ASSERT_NE(stream, nullptr);
  for (const auto child : children_of(::getpid())) {
    if (child != sshd.pid()) ::kill(child, SIGKILL);
  }
  EXPECT_EQ(read_to_end(*stream), IoStatus::Failed);
  EXPECT_THAT(stream->close_reason(), HasSubstr("killed by signal 9"));
}

// libssh2 forgets what it has decrypted when it sees the end of the connection.
TEST(StreamByLibssh2, DeliversWhatCameBeforeTheServersSessionWasKilled) {
  constexpr std::size_t kAmount = 50'000;
  const Sshd sshd{{.command = "sh -c 'read x; head -c 50000 /dev/zero; exec cat'"}};
  const auto stream = connect(sshd.settings(Client::Libssh2));
  ASSERT_NE(stream, nullptr);
  const int socket = stream->watches().begin()->fd;
  const int enough = kAmount;
  ASSERT_EQ(::setsockopt(socket, SOL_SOCKET, SO_RCVLOWAT, &enough, sizeof enough), 0);
  ASSERT_EQ(stream->write(to_bytes("x\n")).bytes, 2U);
  ASSERT_TRUE(wait_for(*stream, 10s));
  for (const auto session : sshd.sessions()) ::kill(session, SIGKILL);
  pollfd hang_up{socket, POLLRDHUP, 0};
  ASSERT_EQ(::poll(&hang_up, 1, 10'000), 1);
  const auto done = transfer(*stream, 0, kAmount + 1);
  EXPECT_EQ(done.received, kAmount);
  EXPECT_EQ(done.status, IoStatus::Failed);
  EXPECT_EQ(stream->close_reason(), "sshd closed the connection");
}

TEST(StreamByLibssh2, NamesTheSignalThatKilledTheFarSide) {
  const Sshd sshd{{.command = "exec sh -c 'kill -TERM $$'"}};
  const auto stream = connect(sshd.settings(Client::Libssh2));
  ASSERT_NE(stream, nullptr);
  EXPECT_EQ(read_to_end(*stream), IoStatus::Closed);
  EXPECT_THAT(stream->close_reason(), HasSubstr("killed by signal TERM"));
}

}  // namespace

}  // namespace tunnel::transport
