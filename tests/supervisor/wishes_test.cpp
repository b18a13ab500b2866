// What somebody has said of sites, over a restart.

#include "tunneld/supervisor/wishes.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tunnel::supervisor {
namespace {

SiteName site(const char* name) {
  return *SiteName::parse(name);
}

TEST(Wishes, AreReadAsTheyWereWritten) {
  const Wishes wishes{
      {site("attic"), Wish::Up}, {site("home"), Wish::Down}, {site("labs"), Wish::Withdrawn}};
  const auto text = write_wishes(wishes);
  EXPECT_EQ(text, "attic up\nhome down\nlabs withdrawn\n");
  EXPECT_EQ(read_wishes(text), wishes);
  EXPECT_EQ(read_wishes(""), Wishes{});
}

TEST(Wishes, CutShortOrOtherwiseWrongAreNone) {
  const std::string text = "attic up\nhome down\n";
  for (std::size_t size = 1; size < text.size(); ++size) {
    if (size == 9) continue;  // a whole line
    EXPECT_FALSE(read_wishes(text.substr(0, size))) << size;
  }
  for (const auto* wrong : {"\n", " \n", "labs\n", "labs \n", " down\n", "labs  down\n",
                            "labs down \n", "LABS down\n", "labs Down\n", "a up\na down\n"}) {
    EXPECT_FALSE(read_wishes(wrong)) << wrong;
  }
}

}  // namespace
}  // namespace tunnel::supervisor
