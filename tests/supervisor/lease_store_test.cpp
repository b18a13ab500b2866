#include "tunneld/supervisor/lease_store.hpp"

#include "tests/base/temporary_directory.hpp"
#include "tests/supervisor/leases.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

namespace tunnel::supervisor {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

class LeaseFile : public testing::Test {
 protected:
  LeaseStore store() {
    LeaseStore made{file_, [this](const Error& error) { complaints_.push_back(error.message()); }};
    made.set_pools({pool("roaming", "10.0.0.1", "10.0.0.9")});
    return made;
  }

  /// A store of a daemon that starts.
  LeaseStore loaded() {
    auto made = store();
    const auto read = made.load();
    EXPECT_TRUE(read.has_value()) << read.error().message();
    return made;
  }

  void write(std::string_view text) { std::ofstream{file_} << text; }

  test::TemporaryDirectory directory_;
  std::filesystem::path file_ = directory_.path() / "leases.json";
  std::vector<std::string> complaints_;
};

TEST_F(LeaseFile, KeepsTheLeasesOverARestart) {
  auto first = store();
  ASSERT_TRUE(first.assign(site("a"), "roaming", at(1)).has_value());
  ASSERT_TRUE(first.assign(site("b"), "roaming", at(2)).has_value());
  first.release(site("a"), at(3));
  const auto second = loaded();
  EXPECT_EQ(second.table().leases(), first.table().leases());
  EXPECT_EQ(second.table().find(site("a"))->unused_since, at(3));
  EXPECT_EQ(second.table().find(site("b"))->unused_since, std::nullopt);
  EXPECT_THAT(complaints_, IsEmpty());
}

TEST_F(LeaseFile, OfOtherPoolsGivesWhatIsStillInThem) {
  auto first = store();
  for (const auto* name : {"a", "b"}) {
    ASSERT_TRUE(first.assign(site(name), "roaming", at(1)).has_value());
  }
  LeaseStore second{file_, [](const Error&) {}};
  second.set_pools({pool("visitors", "10.0.0.2", "10.0.0.3")});
  ASSERT_TRUE(second.load().has_value());
  EXPECT_THAT(second.table().leases(), SizeIs(1));
  EXPECT_EQ(*second.assign(site("b"), "visitors", at(2)), ip("10.0.0.2"));
}

TEST_F(LeaseFile, MayBeMissing) {
  EXPECT_THAT(loaded().table().leases(), IsEmpty());
}

TEST_F(LeaseFile, ThatIsDamagedIsToldAndCostsNoMore) {
  for (const auto* text : {"", "{", "[]", "\"x\"", "{\"a\": {}}x"}) {
    write(text);
    auto made = store();
    const auto read = made.load();
    ASSERT_TRUE(read.has_error()) << text;
    EXPECT_THAT(read.error().message(), HasSubstr("leases.json is damaged"));
    EXPECT_TRUE(made.assign(site("a"), "roaming", at(1)).has_value());
  }
}

TEST_F(LeaseFile, HasEntriesWithoutSenseLeftOut) {
  write(R"({"a": {"pool": "roaming", "address": "10.0.0.4", "first_given_us": 7},
            "B!": {"address": "10.0.0.5", "first_given_us": 7},
            "c": {"address": "10.0.0", "first_given_us": 7},
            "d": {"address": "10.0.0.6"}, "e": {"address": "10.0.0.7", "first_given_us": "x"},
            "f": {"address": "10.9.9.9", "first_given_us": 7}, "g": 1,
            "h": {"address": "10.0.0.4", "first_given_us": 7}})");
  const auto made = loaded();
  ASSERT_THAT(made.table().leases(), SizeIs(1));
  EXPECT_EQ(made.table().find(site("a"))->address, ip("10.0.0.4"));
}

TEST_F(LeaseFile, ThatCannotBeWrittenCostsNoAddress) {
  file_ = directory_.path() / "missing" / "leases.json";
  auto made = store();
  EXPECT_TRUE(made.assign(site("a"), "roaming", at(1)).has_value());
  EXPECT_THAT(complaints_, ElementsAre(HasSubstr("write " + file_.native())));
}

TEST_F(LeaseFile, IsWrittenOnlyWhenALeaseChanges) {
  auto made = store();
  ASSERT_TRUE(made.assign(site("a"), "roaming", at(1)).has_value());
  std::filesystem::remove(file_);
  ASSERT_TRUE(made.assign(site("a"), "roaming", at(2)).has_value());
  made.release(site("b"), at(3));
  EXPECT_FALSE(std::filesystem::exists(file_));
  made.release(site("a"), at(4));
  EXPECT_TRUE(std::filesystem::exists(file_));
}

TEST_F(LeaseFile, LosesTheLeasesOfPoolsThatWent) {
  auto made = store();
  ASSERT_TRUE(made.assign(site("a"), "roaming", at(1)).has_value());
  made.release(site("a"), at(2));
  made.set_pools({});
  EXPECT_THAT(loaded().table().leases(), IsEmpty());
}

}  // namespace
}  // namespace tunnel::supervisor
