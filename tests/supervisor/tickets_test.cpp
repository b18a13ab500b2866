// Which SSH session may claim which site. Time, chance and processes are made up.

#include "tunneld/supervisor/tickets.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>
#include <string>
#include <vector>

namespace tunnel::supervisor {
namespace {

using namespace std::chrono_literals;
using Verdict = Tickets::Verdict;

constexpr auto kKey = "SHA256:home";

/// The process of sshd that serves one connection.
ProcessMark session(int number) {
  return {.pid = 1000 + number, .started = 50};
}

/// The bridge that sshd has started in it, by its child of the account and a shell.
std::vector<ProcessMark> bridge_in(ProcessMark session) {
  const auto below = [&](int by) {
    return ProcessMark{.pid = session.pid * 10 + by, .started = session.started + 1};
  };
  return {below(3), below(2), below(1), session, {.pid = 700, .started = 1}};
}

class TicketsTest : public testing::Test {
 protected:
  using Octets = std::vector<std::uint8_t>;

  Octets issue(ProcessMark to, const std::string& for_site = "home",
               const std::string& key = kKey) {
    return tickets.issue({site(for_site), key, to}, now);
  }

  Verdict claim(const Octets& ticket, ProcessMark from, const std::string& for_site = "home",
                const std::string& key = kKey) {
    const auto line = bridge_in(from);
    return tickets.redeem({site(for_site), key, ticket, line}, now);
  }

  static SiteName site(const std::string& name) { return *SiteName::parse(name); }

  TimePoint now{1000s};
  std::uint64_t random = 0;
  std::set<ProcessMark> ended;
  Tickets tickets{[this](MutableBytes octets) {
                    ++random;
                    for (std::size_t i = 0; i < octets.size(); ++i) {
                      octets[i] = static_cast<std::uint8_t>(random >> (8 * (i % 8)));
                    }
                  },
                  [this](const ProcessMark& process) { return !ended.contains(process); },
                  {.per_site = 4, .in_all = 6}};
};

TEST_F(TicketsTest, LetTheirSessionIn) {
  EXPECT_EQ(claim(issue(session(1)), session(1)), Verdict::Granted);
}

TEST_F(TicketsTest, AreOf128Bits) {
  EXPECT_EQ(issue(session(1)).size() * 8, 128U);
}

TEST_F(TicketsTest, AreUsedOnce) {
  const auto ticket = issue(session(1));
  EXPECT_EQ(claim(ticket, session(1)), Verdict::Granted);
  EXPECT_EQ(claim(ticket, session(1)), Verdict::Unknown);
  EXPECT_EQ(tickets.size(), 0U);
}

TEST_F(TicketsTest, AreAskedFor) {
  issue(session(1));
  EXPECT_EQ(claim({}, session(1)), Verdict::Missing);
}

TEST_F(TicketsTest, CannotBeGuessed) {
  auto ticket = issue(session(1));
  ticket.back() ^= 1;
  EXPECT_EQ(claim(ticket, session(1)), Verdict::Unknown);
  ticket.pop_back();
  EXPECT_EQ(claim(ticket, session(1)), Verdict::Unknown);
}

// Whoever has the account reads them in /proc.
TEST_F(TicketsTest, AreOfNoUseToAnotherSessionAndItsOwnStillGetsIn) {
  const auto ticket = issue(session(1));
  EXPECT_EQ(claim(ticket, session(2)), Verdict::OtherSession);
  EXPECT_EQ(claim(ticket, session(1)), Verdict::Granted);
}

TEST_F(TicketsTest, AreOfNoUseToAProcessOfTheSameNumberAsTheSession) {
  const auto ticket = issue(session(1));
  auto later = session(1);
  later.started += 1000;
  EXPECT_EQ(claim(ticket, later), Verdict::OtherSession);
}

TEST_F(TicketsTest, AreOfNoUseToAProcessThatIsGone) {
  const auto ticket = issue(session(1));
  EXPECT_EQ(tickets.redeem({site("home"), kKey, ticket, {}}, now), Verdict::OtherSession);
}

// Only what sshd has started has a claim, not sshd itself.
TEST_F(TicketsTest, AreOfNoUseToTheSessionItself) {
  const auto ticket = issue(session(1));
  const std::vector<ProcessMark> line{session(1)};
  EXPECT_EQ(tickets.redeem({site("home"), kKey, ticket, line}, now), Verdict::OtherSession);
}

TEST_F(TicketsTest, AreForOneSiteAndOneKey) {
  const auto ticket = issue(session(1));
  EXPECT_EQ(claim(ticket, session(1), "attic"), Verdict::OtherSite);
  EXPECT_EQ(claim(ticket, session(1), "home", "SHA256:attic"), Verdict::OtherKey);
  EXPECT_EQ(claim(ticket, session(1)), Verdict::Granted);
}

// A client offers one key after the other; only one of them proves itself.
TEST_F(TicketsTest, OfOtherSitesGoWithTheOneThatIsUsed) {
  const auto attic = issue(session(1), "attic", "SHA256:attic");
  const auto home = issue(session(1));
  EXPECT_EQ(claim(home, session(1)), Verdict::Granted);
  EXPECT_EQ(claim(attic, session(1), "attic", "SHA256:attic"), Verdict::Unknown);
}

// sshd asks when the client asks, and again when it signs; the command is the second answer's.
TEST_F(TicketsTest, OfAnEarlierQuestionOfTheSessionAreVoid) {
  const auto first = issue(session(1));
  const auto second = issue(session(1));
  EXPECT_EQ(tickets.size(), 1U);
  EXPECT_EQ(claim(first, session(1)), Verdict::Unknown);
  EXPECT_EQ(claim(second, session(1)), Verdict::Granted);
}

TEST_F(TicketsTest, Expire) {
  const auto ticket = issue(session(1));
  now += Tickets::kLifetime - 1ns;
  const auto young = issue(session(2));
  now += 1ns;
  EXPECT_EQ(claim(ticket, session(1)), Verdict::Expired);
  EXPECT_EQ(claim(ticket, session(1)), Verdict::Unknown) << "it is not kept";
  EXPECT_EQ(claim(young, session(2)), Verdict::Granted);
}

// A public key is no secret: anybody may offer it, again and again.
TEST_F(TicketsTest, OfALoginThatIsUnderWaySurviveAFloodOfOffers) {
  const auto ticket = issue(session(1));
  for (int i = 2; i < 1000; ++i) {
    issue(session(i));
    ended.insert(session(i));  // sshd has refused him
    EXPECT_LE(tickets.size(), 4U);
  }
  EXPECT_EQ(claim(ticket, session(1)), Verdict::Granted);
}

TEST_F(TicketsTest, AreBoundedForASiteAndTheOldestGoFirst) {
  const auto oldest = issue(session(1));
  const auto second = issue(session(2));
  for (int i = 3; i <= 5; ++i) issue(session(i));
  EXPECT_EQ(tickets.size(), 4U);
  EXPECT_EQ(claim(oldest, session(1)), Verdict::Unknown);
  EXPECT_EQ(claim(second, session(2)), Verdict::Granted);
}

TEST_F(TicketsTest, AreBoundedInAllAndTheSiteWithMostPaysFirst) {
  const auto attic = issue(session(1), "attic");
  for (int i = 2; i <= 5; ++i) issue(session(i));
  const auto barn = issue(session(6), "barn");
  EXPECT_EQ(tickets.size(), 6U);
  const auto cellar = issue(session(7), "cellar");
  EXPECT_EQ(tickets.size(), 6U);
  EXPECT_EQ(claim(attic, session(1), "attic"), Verdict::Granted);
  EXPECT_EQ(claim(barn, session(6), "barn"), Verdict::Granted);
  EXPECT_EQ(claim(cellar, session(7), "cellar"), Verdict::Granted);
}

TEST_F(TicketsTest, ThatAreNotGrantedAreRefusedWithASentence) {
  EXPECT_EQ(sentence(Verdict::Granted), "");
  for (const auto verdict : {Verdict::Missing, Verdict::Unknown, Verdict::Expired,
                             Verdict::OtherSite, Verdict::OtherKey, Verdict::OtherSession}) {
    EXPECT_NE(sentence(verdict), "");
  }
}

}  // namespace
}  // namespace tunnel::supervisor
