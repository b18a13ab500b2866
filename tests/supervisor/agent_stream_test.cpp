#include "tunneld/supervisor/agent_stream.hpp"

#include "tunneld/base/unix_socket.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sys/socket.h>

#include <chrono>
#include <optional>
#include <utility>
#include <vector>

namespace tunnel::supervisor {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using Octets = std::vector<std::uint8_t>;

class Stream : public testing::Test {
 protected:
  explicit Stream(Duration patience = 1min) {
    auto pair = stream_pair();
    EXPECT_TRUE(pair.has_value());
    client_ = std::move(pair->second);
    stream_ = std::make_shared<AgentStream>(context_, std::move(pair->first), 16, patience);
    stream_->serve(
        [this](Bytes message) { messages_.emplace_back(message.begin(), message.end()); },
        [this](AgentEnd how, const std::string& /*why*/) { end_ = how; });
  }

  ~Stream() override { stream_->close(); }

  void send(const Octets& octets) {
    EXPECT_EQ(::send(client_.get(), octets.data(), octets.size(), MSG_NOSIGNAL),
              static_cast<ssize_t>(octets.size()));
    poll();
  }

  void poll() {
    context_.restart();
    context_.poll();
  }

  boost::asio::io_context context_;
  UniqueFd client_;
  std::shared_ptr<AgentStream> stream_;
  std::vector<Octets> messages_;
  std::optional<AgentEnd> end_;
};

TEST_F(Stream, HasOneMessageInHandAndReadsTheNextAfterItsAnswer) {
  send({0, 0, 0, 1, 7, 0, 0, 0, 2, 8, 9});
  EXPECT_THAT(messages_, ElementsAre(ElementsAre(7)));
  poll();
  EXPECT_EQ(messages_.size(), 1U) << "it was not answered yet";
  stream_->send(Octets{1});
  poll();
  EXPECT_THAT(messages_, ElementsAre(ElementsAre(7), ElementsAre(8, 9)));
}

TEST_F(Stream, TakesAMessageInPieces) {
  for (const auto octet : Octets{0, 0, 0, 2, 5}) send({octet});
  EXPECT_TRUE(messages_.empty());
  send({6});
  EXPECT_THAT(messages_, ElementsAre(ElementsAre(5, 6)));
}

TEST_F(Stream, CutsOffWhoSendsTooMuchAtOnce) {
  send({0, 0, 0, 17});
  EXPECT_EQ(end_, AgentEnd::Misbehaved);
  std::uint8_t octet = 0;
  EXPECT_EQ(::recv(client_.get(), &octet, 1, MSG_DONTWAIT), 0) << "it was closed";
}

TEST_F(Stream, TellsThatItsClientHungUp) {
  client_.reset();
  poll();
  EXPECT_EQ(end_, AgentEnd::Closed);
}

TEST_F(Stream, CutsOffWhoDoesNotReadItsAnswers) {
  const Octets long_answer(64 * 1024, 1);
  for (int i = 0; i < 1000 && !end_; ++i) {
    send({0, 0, 0, 1, 7});
    stream_->send(long_answer);
    poll();
  }
  EXPECT_EQ(end_, AgentEnd::Misbehaved);
}

class ImpatientStream : public Stream {
 protected:
  ImpatientStream() : Stream{1ms} {}
};

TEST_F(ImpatientStream, CutsOffWhoStopsInTheMiddleOfAMessage) {
  send({0, 0});
  context_.restart();
  context_.run();  // until there is nothing left to wait for
  EXPECT_EQ(end_, AgentEnd::Misbehaved);
}

}  // namespace
}  // namespace tunnel::supervisor
