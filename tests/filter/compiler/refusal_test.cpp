// The rule that a kernel refuses, found by asking it about parts of the policy.

#include "filter/compiler/refusal.hpp"

#include "filter/nft/commands.hpp"
#include "tests/filter/compiler/policy.hpp"

#include <boost/json/serialize.hpp>

namespace tunnel::filter::test {
namespace {

/// A kernel that takes no table which has a certain text in it.
class FakeKernel {
 public:
  explicit FakeKernel(std::string refused) : refused_{std::move(refused)} {}

  std::optional<unsigned> refused_line(const std::string& rules, const std::string& nat = "") {
    const auto found =
        compiler::find_refused(lists_of(rules), nat_of(nat), {}, [this](const nft::Table& table) {
          ++asked_;
          const auto text = boost::json::serialize(nft::replace(table));
          return text.find(refused_) == std::string::npos;
        });
    return found ? std::optional{found->line} : std::nullopt;
  }

  unsigned asked() const { return asked_; }

 private:
  std::string refused_;
  unsigned asked_ = 0;
};

TEST(Refusal, IsFoundAmongManyRules) {
  std::string rules;
  for (int i = 1; i <= 1000; ++i) {
    rules += "block in quick from 10.0." + std::to_string(i / 250) + "." +
             std::to_string(i % 250 + 1) + " to any\n";
  }
  FakeKernel kernel{"10.0.3.1\""};  // of line 750
  EXPECT_EQ(kernel.refused_line(rules), 750U);
  EXPECT_LE(kernel.asked(), 20U);
}

TEST(Refusal, IsFoundInGroupsAndInOtherDirections) {
  FakeKernel kernel{"192.0.2.9"};
  EXPECT_EQ(kernel.refused_line("block in all head 1\n"
                                "block out all\n"
                                "pass in quick from 192.0.2.9 to any group 1\n"
                                "pass out all\n"),
            3U);
}

TEST(Refusal, IsFoundAmongTranslations) {
  FakeKernel kernel{"192.0.2.9"};
  EXPECT_EQ(kernel.refused_line("block in all\n",
                                "map em0 10.0.0.0/8 -> 192.0.2.1/32\n"
                                "rdr em0 192.0.2.1/32 port 80 -> 192.0.2.9 port 80 tcp\n"),
            2U);
}

TEST(Refusal, IsNobodysWhereTheWholeIsTakenOrNothingIs) {
  EXPECT_EQ(FakeKernel{"no such text"}.refused_line("block in all\n"), std::nullopt);
  EXPECT_EQ(FakeKernel{"prerouting"}.refused_line("block in all\n"), std::nullopt);
}

}  // namespace
}  // namespace tunnel::filter::test
