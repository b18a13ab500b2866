#include "tunneld/supervisor/history_store.hpp"

#include "tests/base/temporary_directory.hpp"
#include "tests/supervisor/leases.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

namespace tunnel::supervisor {
namespace {

using testing::EndsWith;

class HistoryFile : public testing::Test {
 protected:
  /// A store of a daemon that starts.
  HistoryStore loaded() {
    HistoryStore made{file_};
    const auto read = made.load();
    EXPECT_TRUE(read.has_value()) << read.error().message();
    return made;
  }

  void write(std::string_view text) { std::ofstream{file_} << text; }

  test::TemporaryDirectory directory_;
  std::filesystem::path file_ = directory_.path() / "links.json";
};

TEST_F(HistoryFile, KeepsTheCountsOverARestart) {
  auto first = loaded();
  ASSERT_TRUE(first.put(site("a"), {3, at(1)}).has_value());
  ASSERT_TRUE(first.put(site("b"), {}).has_value());
  const auto second = loaded();
  EXPECT_EQ(second.get(site("a")), (KeptHistory{3, at(1)}));
  EXPECT_EQ(second.get(site("b")), KeptHistory{});
  EXPECT_EQ(second.get(site("c")), KeptHistory{});
}

TEST_F(HistoryFile, ThatIsDamagedIsToldAndCostsNoMore) {
  write("{\"a\": {\"established\": 1}");
  HistoryStore store{file_};
  const auto read = store.load();
  ASSERT_TRUE(read.has_error());
  EXPECT_THAT(read.error().message(),
              EndsWith("links.json is damaged; the counts in status begin anew"));
  ASSERT_TRUE(store.put(site("a"), {1, at(1)}).has_value());
  EXPECT_EQ(loaded().get(site("a")).established, 1U);
}

TEST_F(HistoryFile, HasEntriesWithoutSenseLeftOut) {
  write(R"({"a": {"established": 7, "first_established_us": "x"}, "B!": {"established": 7},
            "c": {"established": -1}, "d": {"established": "7"}, "e": {}, "f": 7})");
  const auto store = loaded();
  EXPECT_EQ(store.get(site("a")), (KeptHistory{7, std::nullopt}));
  for (const auto* none : {"c", "d", "e", "f"}) EXPECT_EQ(store.get(site(none)), KeptHistory{});
}

TEST_F(HistoryFile, ThatCannotBeWrittenIsTold) {
  HistoryStore store{directory_.path() / "missing" / "links.json"};
  EXPECT_TRUE(store.put(site("a"), {1, at(1)}).has_error());
}

}  // namespace
}  // namespace tunnel::supervisor
