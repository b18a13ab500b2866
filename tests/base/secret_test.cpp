#include "tunneld/base/secret.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <new>
#include <type_traits>

namespace {

// The memory of a secret may not be looked at after it was given back, so it is looked at in the
// moment when it is: every block that this program frees goes through here.
constexpr std::size_t kLength = 4099;  // of no other block in this program
const void* watched = nullptr;
int freed = 0;
bool was_wiped = false;

[[gnu::noinline]] void look_at(const void* block) noexcept {
  if (block == nullptr || block != watched) return;
  const auto* octets = static_cast<const std::uint8_t*>(block);
  was_wiped = std::all_of(octets, octets + kLength, [](auto octet) { return octet == 0; });
  ++freed;
  watched = nullptr;
}

}  // namespace

void* operator new(std::size_t size) {
  if (void* block = std::malloc(size == 0 ? 1 : size)) return block;
  std::abort();
}

void operator delete(void* block) noexcept {
  look_at(block);
  std::free(block);
}

void operator delete(void* block, std::size_t) noexcept {
  look_at(block);
  std::free(block);
}

namespace tunnel {
namespace {

using testing::Each;
using testing::ElementsAre;

class SecretMemory : public testing::Test {
 protected:
  SecretMemory() {
    watched = nullptr;
    freed = 0;
    was_wiped = false;
  }

  /// A secret whose memory is watched from now on.
  static Secret watched_secret() {
    Secret secret{std::vector<std::uint8_t>(kLength, 0x5a)};
    watched = secret.reveal().data();
    return secret;
  }
};

TEST(Secret, RevealsWhatItHolds) {
  const Secret secret{{1, 2, 3}};
  EXPECT_THAT(secret.reveal(), ElementsAre(1, 2, 3));
  EXPECT_FALSE(secret.empty());
  EXPECT_TRUE(Secret{}.empty());
}

TEST(Secret, CanBeMovedButNotCopied) {
  static_assert(!std::is_copy_constructible_v<Secret> && !std::is_copy_assignable_v<Secret>);
  static_assert(std::is_nothrow_move_constructible_v<Secret>);
  Secret first{{1, 2, 3}};
  Secret second{std::move(first)};
  EXPECT_TRUE(first.empty());  // NOLINT(bugprone-use-after-move): what is left is the point
  EXPECT_THAT(second.reveal(), ElementsAre(1, 2, 3));
}

TEST(Wipe, OverwritesEveryOctet) {
  std::array<std::uint8_t, 33> memory{};
  memory.fill(0xff);
  wipe(memory);
  EXPECT_THAT(memory, Each(0));
  wipe({});  // nothing to do, and nothing to complain about
}

TEST(ConstantTimeEqual, IsTrueOfTheSameOctetsOnly) {
  const std::vector<std::uint8_t> known{0x00, 0x5a, 0xff};
  EXPECT_TRUE(constant_time_equal(known, std::vector{known}));
  for (std::size_t i = 0; i < known.size(); ++i) {
    for (unsigned bit = 1; bit < 256; bit <<= 1) {
      auto given = known;
      given[i] = static_cast<std::uint8_t>(given[i] ^ bit);
      EXPECT_FALSE(constant_time_equal(known, given)) << i << ' ' << bit;
    }
  }
  EXPECT_FALSE(constant_time_equal(known, Bytes{known}.first(2)));
  EXPECT_FALSE(constant_time_equal(Bytes{known}.first(2), known));
}

TEST(ConstantTimeEqual, IsFalseOfAnEmptyText) {
  const std::vector<std::uint8_t> some{1};
  EXPECT_FALSE(constant_time_equal({}, {}));
  EXPECT_FALSE(constant_time_equal(some, {}));
  EXPECT_FALSE(constant_time_equal({}, some));
}

TEST_F(SecretMemory, IsZeroWhenItIsGivenBack) {
  { const auto secret = watched_secret(); }
  EXPECT_EQ(freed, 1);
  EXPECT_TRUE(was_wiped);
}

TEST_F(SecretMemory, IsZeroWhenAnotherSecretTakesItsPlace) {
  auto secret = watched_secret();
  secret = Secret{{1}};
  EXPECT_EQ(freed, 1);
  EXPECT_TRUE(was_wiped);
}

TEST_F(SecretMemory, MovesWithTheSecretAndIsNotCopied) {
  auto first = watched_secret();
  const auto* memory = first.reveal().data();
  const Secret second{std::move(first)};
  EXPECT_EQ(second.reveal().data(), memory);
  EXPECT_EQ(freed, 0);
}

TEST_F(SecretMemory, SurvivesAMoveToItself) {
  auto secret = watched_secret();
  auto& same = secret;
  secret = std::move(same);
  EXPECT_EQ(freed, 0);
  EXPECT_THAT(secret.reveal(), Each(0x5a));
}

}  // namespace
}  // namespace tunnel
