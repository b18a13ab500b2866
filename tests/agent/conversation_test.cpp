#include "tunneld/agent/conversation.hpp"

#include "tests/agent/logins.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tunnel::agent {
namespace {

using testing::ElementsAreArray;
using testing::HasSubstr;
using Octets = std::vector<std::uint8_t>;

TEST(Conversation, NamesTheOneKey) {
  Conversation conversation{usual_login()};
  const auto reaction = conversation.take(Octets{11});
  ASSERT_TRUE(std::holds_alternative<Answer>(reaction));
  const auto& answer = std::get<Answer>(reaction);
  EXPECT_EQ(answer.message, write_identities_answer(usual_login().key_blob, ""));
  EXPECT_EQ(answer.refused, "");
}

TEST(Conversation, LetsTheLoginBeSigned) {
  Conversation conversation{usual_login()};
  const auto message = sign_message(usual_parts());
  const auto reaction = conversation.take(message);
  ASSERT_TRUE(std::holds_alternative<Sign>(reaction));
  EXPECT_EQ(std::get<Sign>(reaction).algorithm, "ssh-ed25519");
  EXPECT_THAT(std::get<Sign>(reaction).request.data, ElementsAreArray(signed_data(usual_parts())));
}

/// What an Answer refuses; an error where it is none, or no failure.
std::string refusal(const Reaction& reaction) {
  const auto* answer = std::get_if<Answer>(&reaction);
  if (answer == nullptr) return "not even answered";
  EXPECT_EQ(answer->message, write_failure());
  return answer->refused;
}

TEST(Conversation, RefusesAnotherLoginAndSaysWhich) {
  Conversation conversation{usual_login()};
  auto parts = usual_parts();
  parts.user = "root";
  EXPECT_EQ(refusal(conversation.take(sign_message(parts))), "a login as another user");
}

TEST(Conversation, SignsNoMoreThanALoginTakes) {
  Conversation conversation{usual_login()};
  const auto message = sign_message(usual_parts());
  for (unsigned i = 0; i < Conversation::kMostSignatures; ++i) {
    EXPECT_TRUE(std::holds_alternative<Sign>(conversation.take(message))) << i;
  }
  EXPECT_EQ(refusal(conversation.take(message)), "more signatures than a login takes");
}

// ssh sends session-bind@openssh.com to every agent: that is nothing to write home about.
TEST(Conversation, KnowsNoExtensionAndSaysNothingOfIt) {
  Conversation conversation{usual_login()};
  EXPECT_EQ(refusal(conversation.take(Octets{27, 0, 0, 0, 0})), "");
}

TEST(Conversation, TakesNoKeysAndGivesNoneAway) {
  for (const std::uint8_t type : Octets{9, 17, 18, 19, 20, 21, 22, 23, 25, 26}) {
    Conversation conversation{usual_login()};
    EXPECT_EQ(refusal(conversation.take(Octets{type})),
              "a request of type " + std::to_string(type));
  }
}

TEST(Conversation, EndsWithAMalformedRequest) {
  for (const auto& message : {Octets{}, Octets{13}, Octets{11, 1}}) {
    Conversation conversation{usual_login()};
    const auto reaction = conversation.take(message);
    ASSERT_TRUE(std::holds_alternative<HangUp>(reaction));
    EXPECT_THAT(std::get<HangUp>(reaction).reason, HasSubstr("malformed"));
  }
}

TEST(Conversation, EndsWhenItGoesOnForTooLong) {
  Conversation conversation{usual_login()};
  for (unsigned i = 0; i < Conversation::kMostRequests; ++i) {
    EXPECT_TRUE(std::holds_alternative<Answer>(conversation.take(Octets{11})));
  }
  EXPECT_TRUE(std::holds_alternative<HangUp>(conversation.take(Octets{11})));
}

}  // namespace
}  // namespace tunnel::agent
