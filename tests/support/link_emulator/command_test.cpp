#include "tests/support/link_emulator/command.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tunnel::test {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

TEST(LinkCommand, HasEverySettingWithItsUnit) {
  const auto command = parse_link_command(
      "left delay=25ms jitter=0.5ms rate=100Mb/s queue=625000B loss=0.5% seed=7");
  ASSERT_TRUE(command.has_value());
  EXPECT_EQ(*command, (LinkCommand{Direction::LeftToRight,
                                   {.delay = 25ms,
                                    .jitter = 500us,
                                    .bits_per_second = 100'000'000,
                                    .queue_bytes = 625'000,
                                    .loss = 0.005,
                                    .seed = 7}}));
}

TEST(LinkCommand, LeavesOutWhatIsNotThere) {
  EXPECT_EQ(*parse_link_command("both"), LinkCommand{});
  EXPECT_EQ(*parse_link_command("right  delay=1ms "),
            (LinkCommand{Direction::RightToLeft, {.delay = 1ms}}));
}

TEST(LinkCommand, GivesBothEndsAllButTheSameLosses) {
  const auto command = *parse_link_command("both delay=1ms loss=1% seed=7");
  EXPECT_EQ(settings_of_left(command), command.settings);
  auto right = settings_of_right(command);
  EXPECT_NE(right.seed, command.settings.seed);
  right.seed = command.settings.seed;
  EXPECT_EQ(right, command.settings);
}

TEST(LinkCommand, RefusesWhatItDoesNotKnow) {
  for (const auto* line :
       {"both delay=25", "both delay=-1ms", "both delay=1sms", "both loss=101%", "both loss=nan%",
        "both rate=ten", "both queue=2000000000B", "both speed=3", "both delay", "both =1ms"}) {
    const auto command = parse_link_command(line);
    ASSERT_FALSE(command.has_value()) << line;
    EXPECT_THAT(command.error().context, HasSubstr(std::string{line}.substr(5))) << line;
  }
  for (const auto* line : {"", "delay=1ms", "up delay=1ms"}) {
    EXPECT_THAT(parse_link_command(line).error().context, HasSubstr("begins with both"));
  }
}

}  // namespace
}  // namespace tunnel::test
