#include "tunneld/supervisor/lease_table.hpp"

#include "tests/supervisor/leases.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tunnel::supervisor {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

class Leases : public testing::Test {
 protected:
  Leases() { table_.set_pools({pool("roaming", "10.0.0.1", "10.0.0.3")}); }

  /// The address that the site gets, or why it gets none.
  std::string assign(std::string_view name, std::string_view from = "roaming") {
    const auto address = table_.assign(site(name), from, at(now_ += 1));
    return address ? address->str() : address.error().message();
  }

  bool release(std::string_view name) { return table_.release(site(name), at(now_ += 1)); }

  LeaseTable table_;
  int now_ = 0;
};

TEST_F(Leases, AreTheLowestAddressesThatNobodyHas) {
  EXPECT_EQ(assign("a"), "10.0.0.1");
  EXPECT_EQ(assign("b"), "10.0.0.2");
  EXPECT_EQ(assign("c"), "10.0.0.3");
}

TEST_F(Leases, OfASiteStayTheSame) {
  assign("a");
  assign("b");
  EXPECT_EQ(assign("b"), "10.0.0.2");
  release("a");
  release("b");
  EXPECT_EQ(assign("b"), "10.0.0.2");
  EXPECT_EQ(assign("c"), "10.0.0.3") << "the first one is still kept for a";
  EXPECT_EQ(assign("a"), "10.0.0.1");
}

TEST_F(Leases, KnowWhenTheyWereGivenAndLastUsed) {
  assign("a");
  ASSERT_NE(table_.find(site("a")), nullptr);
  EXPECT_EQ(*table_.find(site("a")),
            (Lease{.pool = "roaming", .address = ip("10.0.0.1"), .first_given = at(1)}));
  EXPECT_TRUE(release("a"));
  EXPECT_EQ(table_.find(site("a"))->unused_since, at(2));
  EXPECT_FALSE(release("a"));
  EXPECT_EQ(table_.find(site("a"))->unused_since, at(2)) << "it was not used since";
  assign("a");
  EXPECT_EQ(table_.find(site("a"))->unused_since, std::nullopt);
  EXPECT_EQ(table_.find(site("a"))->first_given, at(1));
}

TEST_F(Leases, OfAFullPoolAreTakenFromTheSiteThatLeftItsOwnLongestUnused) {
  for (const auto* name : {"a", "b", "c"}) assign(name);
  release("b");
  release("a");
  EXPECT_EQ(assign("d"), "10.0.0.2");
  EXPECT_EQ(table_.find(site("b")), nullptr);
  EXPECT_EQ(table_.find(site("d"))->first_given, at(6));
  EXPECT_EQ(assign("b"), "10.0.0.1") << "now a's is the one";
}

TEST_F(Leases, InUseAreTakenFromNobody) {
  for (const auto* name : {"a", "b", "c"}) assign(name);
  EXPECT_THAT(assign("d"), HasSubstr("all 3 addresses of the pool \"roaming\" are in use: "));
  EXPECT_EQ(table_.find(site("d")), nullptr);
  EXPECT_THAT(table_.leases(), SizeIs(3));
}

TEST_F(Leases, AreOfPoolsThatThereAre) {
  EXPECT_THAT(assign("a", "elsewhere"), HasSubstr("there is no pool \"elsewhere\""));
}

TEST_F(Leases, OfOnePoolAreNothingToAnother) {
  table_.set_pools({pool("p", "10.0.0.1", "10.0.0.1"), pool("q", "10.0.1.1", "10.0.1.1")});
  assign("a", "p");
  EXPECT_EQ(assign("b", "q"), "10.0.1.1");
  release("b");
  EXPECT_THAT(assign("c", "p"), HasSubstr("the only address of the pool \"p\" is in use: "));
}

TEST_F(Leases, ChangeWithTheSitesPool) {
  table_.set_pools({pool("p", "10.0.0.1", "10.0.0.1"), pool("q", "10.0.1.1", "10.0.1.1")});
  assign("a", "p");
  EXPECT_EQ(assign("a", "q"), "10.0.1.1");
  EXPECT_EQ(assign("b", "p"), "10.0.0.1");
}

TEST_F(Leases, OfAllRangesAreGivenInTheirOrder) {
  auto two = pool("p", "10.0.9.1", "10.0.9.1");
  two.addresses.push_back({ip("10.0.0.7"), ip("10.0.0.7")});
  table_.set_pools({two});
  EXPECT_EQ(assign("a", "p"), "10.0.9.1");
  EXPECT_EQ(assign("b", "p"), "10.0.0.7");
  EXPECT_THAT(assign("c", "p"), HasSubstr("all 2 addresses"));
}

TEST_F(Leases, GoWithTheirPool) {
  assign("a");
  assign("b");
  release("a");
  table_.set_pools({pool("roaming", "10.0.0.2", "10.0.0.9")});
  EXPECT_EQ(table_.find(site("a")), nullptr);
  EXPECT_EQ(assign("b"), "10.0.0.2");
  EXPECT_EQ(assign("a"), "10.0.0.3");
}

TEST_F(Leases, InUseGoWithTheirPoolWhenTheyAreReleased) {
  assign("a");
  table_.set_pools({pool("roaming", "10.0.5.1", "10.0.5.9")});
  EXPECT_NE(table_.find(site("a")), nullptr) << "its link goes on";
  EXPECT_TRUE(release("a"));
  EXPECT_EQ(table_.find(site("a")), nullptr);
}

TEST_F(Leases, InUseAreReplacedWhenTheirPoolHasThemNoMore) {
  assign("a");
  table_.set_pools({pool("roaming", "10.0.5.1", "10.0.5.9")});
  EXPECT_EQ(assign("a"), "10.0.5.1");
}

TEST_F(Leases, KeepTheirAddressWhenOnlyThePoolsNameChanges) {
  assign("a");
  assign("b");
  table_.set_pools({pool("visitors", "10.0.0.1", "10.0.0.3")});
  EXPECT_EQ(assign("b", "visitors"), "10.0.0.2");
  EXPECT_EQ(table_.find(site("b"))->pool, "visitors");
}

TEST_F(Leases, AreRestoredWhereTheyMakeSense) {
  const auto lease = [](std::string_view address) {
    return Lease{.pool = "roaming", .address = ip(address), .first_given = at(0)};
  };
  table_.restore(site("a"), lease("10.0.0.2"));
  table_.restore(site("b"), lease("10.0.0.2"));
  table_.restore(site("c"), lease("10.0.9.9"));
  table_.restore(site("a"), lease("10.0.0.3"));
  EXPECT_THAT(table_.leases(), SizeIs(1));
  EXPECT_EQ(assign("a"), "10.0.0.2");
}

TEST_F(Leases, AreReleasedOnlyWhereThereIsOne) {
  EXPECT_FALSE(release("a"));
  EXPECT_THAT(table_.leases(), IsEmpty());
}

}  // namespace
}  // namespace tunnel::supervisor
