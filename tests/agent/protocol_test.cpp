#include "tunneld/agent/protocol.hpp"

#include "tests/agent/logins.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tunnel::agent {
namespace {

using testing::ElementsAre;
using testing::ElementsAreArray;
using Octets = std::vector<std::uint8_t>;

const Octets kKey{1, 2, 3};
const Octets kData{4, 5};

// draft-miller-ssh-agent, sections 3.5 and 3.6, octet by octet.
TEST(AgentProtocol, WritesWhatTheDraftSays) {
  EXPECT_THAT(write_identities_request(), ElementsAre(0, 0, 0, 1, 11));
  EXPECT_THAT(write_failure(), ElementsAre(0, 0, 0, 1, 5));
  EXPECT_THAT(write_sign_request({kKey, kData, kRsaSha512}),
              ElementsAre(0, 0, 0, 18, 13, 0, 0, 0, 3, 1, 2, 3, 0, 0, 0, 2, 4, 5, 0, 0, 0, 4));
  EXPECT_THAT(write_identities_answer(kKey, "me"),
              ElementsAre(0, 0, 0, 18, 12, 0, 0, 0, 1, 0, 0, 0, 3, 1, 2, 3, 0, 0, 0, 2, 'm', 'e'));
  EXPECT_THAT(write_sign_answer(kData), ElementsAre(0, 0, 0, 7, 14, 0, 0, 0, 2, 4, 5));
}

TEST(AgentProtocol, ReadsRequests) {
  const auto sign = without_length(write_sign_request({kKey, kData, 4}));
  const auto request = parse_request(sign);
  ASSERT_TRUE(request && std::holds_alternative<SignRequest>(*request));
  const auto& parts = std::get<SignRequest>(*request);
  EXPECT_THAT(parts.key_blob, ElementsAreArray(kKey));
  EXPECT_THAT(parts.data, ElementsAreArray(kData));
  EXPECT_EQ(parts.flags, 4U);

  const auto list = parse_request(Octets{11});
  EXPECT_TRUE(list && std::holds_alternative<IdentitiesRequest>(*list));
  const auto extension = parse_request(Octets{27, 0, 0, 0, 1, 'x', 9, 9});
  EXPECT_TRUE(extension && std::holds_alternative<ExtensionRequest>(*extension));
  for (const std::uint8_t type : Octets{1, 17, 18, 19, 20, 22, 23, 25, 26, 255}) {
    const auto other = parse_request(Octets{type, 1, 2});
    ASSERT_TRUE(other && std::holds_alternative<OtherRequest>(*other)) << int{type};
    EXPECT_EQ(std::get<OtherRequest>(*other).type, type);
  }
}

TEST(AgentProtocol, TakesARequestWholeOrNotAtAll) {
  auto sign = without_length(write_sign_request({kKey, kData, 0}));
  for (std::size_t length = 0; length < sign.size(); ++length) {
    EXPECT_FALSE(parse_request(Bytes{sign}.first(length))) << length;
  }
  sign.push_back(0);
  EXPECT_FALSE(parse_request(sign)) << "an octet too many";
  EXPECT_FALSE(parse_request(Octets{11, 0}));
}

TEST(AgentProtocol, ReadsAnswers) {
  const auto list = without_length(write_identities_answer(kKey, "me"));
  const auto keys = parse_identities_answer(list);
  ASSERT_TRUE(keys);
  EXPECT_THAT(*keys, ElementsAre(ElementsAreArray(kKey)));
  const auto none = parse_identities_answer(Octets{12, 0, 0, 0, 0});
  ASSERT_TRUE(none);
  EXPECT_THAT(*none, testing::IsEmpty());
  const auto answer = without_length(write_sign_answer(kData));
  const auto signature = parse_sign_answer(answer);
  ASSERT_TRUE(signature);
  EXPECT_THAT(*signature, ElementsAreArray(kData));
}

TEST(AgentProtocol, TakesAnAnswerWholeOrNotAtAll) {
  auto list = without_length(write_identities_answer(kKey, "me"));
  auto answer = without_length(write_sign_answer(kData));
  for (std::size_t length = 0; length < list.size(); ++length) {
    EXPECT_FALSE(parse_identities_answer(Bytes{list}.first(length))) << length;
  }
  for (std::size_t length = 0; length < answer.size(); ++length) {
    EXPECT_FALSE(parse_sign_answer(Bytes{answer}.first(length))) << length;
  }
  list.push_back(0);
  answer.push_back(0);
  EXPECT_FALSE(parse_identities_answer(list));
  EXPECT_FALSE(parse_sign_answer(answer));
  EXPECT_FALSE(parse_sign_answer(Octets{5})) << "a failure";
  EXPECT_FALSE(parse_identities_answer(Octets{5}));
}

// The count is checked against what is there before anything is made of it.
TEST(AgentProtocol, BelievesNoCountOfKeys) {
  EXPECT_FALSE(parse_identities_answer(Octets{12, 0xff, 0xff, 0xff, 0xff}));
  EXPECT_FALSE(parse_identities_answer(Octets{12, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0, 0}));
}

}  // namespace
}  // namespace tunnel::agent
