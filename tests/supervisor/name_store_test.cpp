#include "tunneld/supervisor/name_store.hpp"

#include "tests/base/temporary_directory.hpp"

#include <gtest/gtest.h>

#include <fstream>

namespace tunnel::supervisor {
namespace {

TEST(NameStore, KeepsTheAddressesOfNames) {
  const test::TemporaryDirectory directory;
  const policy::KnownNames::Addresses all{
      {"gw.example", {Ipv4Address{7}, *Ipv6Address::parse("2001:db8::1")}},
      {"other.example", {Ipv4Address{8}}}};
  EXPECT_TRUE(NameStore{directory.path()}.load().empty());
  ASSERT_TRUE(NameStore{directory.path()}.save(all));
  EXPECT_EQ(NameStore{directory.path()}.load(), all);
}

TEST(NameStore, LeavesOutWhatMakesNoSense) {
  const test::TemporaryDirectory directory;
  std::ofstream{directory.path() / "names.json"}
      << R"({"a": ["10.0.0.1", 7, "x"], "b": [], "c": "10.0.0.1", "d": ["y"]})";
  const auto all = NameStore{directory.path()}.load();
  ASSERT_EQ(all.size(), 1U);
  EXPECT_EQ(all.begin()->first, "a");
  EXPECT_EQ(all.begin()->second.size(), 1U);
}

}  // namespace
}  // namespace tunnel::supervisor
