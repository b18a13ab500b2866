#include "pppd-bridge/transport/remote_text.hpp"

#include <gmock/gmock.h>

namespace tunnel::transport {

namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;
using namespace std::chrono_literals;

constexpr TimePoint kStart{std::chrono::hours{1}};

void feed(RemoteText& text, std::string_view bytes) {
  text.feed(to_bytes(bytes));
}

TEST(RemoteText, MakesLinesOfWhatComesInPieces) {
  RemoteText text;
  feed(text, "no such");
  EXPECT_THAT(text.take(kStart), IsEmpty());
  feed(text, " site\r\n\n\r\nsecond\nthi");
  EXPECT_THAT(text.take(kStart), ElementsAre("no such site", "second"));
  text.finish();
  EXPECT_THAT(text.take(kStart), ElementsAre("thi"));
  text.finish();
  EXPECT_THAT(text.take(kStart), IsEmpty());
}

TEST(RemoteText, EscapesWhatIsNotPlain) {
  RemoteText text;
  feed(text, "\x1b[2J tab\t \xff\n");
  EXPECT_THAT(text.take(kStart), ElementsAre("\\x1b[2J tab\\t \\xff"));
}

TEST(RemoteText, CutsALongLineAndSaysSo) {
  RemoteText text;
  feed(text, std::string(100'000, 'a') + '\n');
  EXPECT_THAT(text.take(kStart), ElementsAre(std::string(RemoteText::kMaxLine, 'a') + "…"));
  feed(text, std::string(RemoteText::kMaxLine, 'b') + '\n');
  EXPECT_THAT(text.take(kStart), ElementsAre(std::string(RemoteText::kMaxLine, 'b')));
}

TEST(RemoteText, PassesABurstAndCountsTheRest) {
  RemoteText text;
  for (int i = 0; i < 1000; ++i) feed(text, "flood\n");
  EXPECT_THAT(text.take(kStart), SizeIs(RemoteText::kBurst));
  EXPECT_THAT(text.take(kStart), IsEmpty());
  EXPECT_THAT(text.take(kStart + RemoteText::kPause), ElementsAre("(980 more lines left out)"));
}

TEST(RemoteText, PassesOneLineEachPauseAfterABurst) {
  RemoteText text;
  for (std::size_t i = 0; i < RemoteText::kBurst; ++i) feed(text, "flood\n");
  EXPECT_THAT(text.take(kStart), SizeIs(RemoteText::kBurst));
  feed(text, "a\nb\n");
  EXPECT_THAT(text.take(kStart + 2 * RemoteText::kPause), ElementsAre("a", "b"));
  feed(text, "c\nd\n");
  EXPECT_THAT(text.take(kStart + 3 * RemoteText::kPause), ElementsAre("c"));
  EXPECT_THAT(text.take(kStart + 4 * RemoteText::kPause), ElementsAre("(1 more lines left out)"));
}

}  // namespace

}  // namespace tunnel::transport
