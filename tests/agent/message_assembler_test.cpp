#include "tunneld/agent/message_assembler.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tunnel::agent {
namespace {

using testing::ElementsAre;
using Octets = std::vector<std::uint8_t>;

TEST(MessageAssembler, TakesAMessageInPiecesOfAnySize) {
  for (std::size_t piece = 1; piece <= 5; ++piece) {
    MessageAssembler assembler{16};
    Bytes rest;
    const Octets stream{0, 0, 0, 3, 7, 8, 9};
    rest = stream;
    while (!rest.empty()) {
      const auto size = std::min({piece, rest.size(), assembler.wanted()});
      ASSERT_GT(size, 0U);
      assembler.add(rest.first(size));
      rest = rest.subspan(size);
    }
    ASSERT_TRUE(assembler.complete()) << piece;
    EXPECT_THAT(assembler.take(), ElementsAre(7, 8, 9));
    EXPECT_FALSE(assembler.begun());
    EXPECT_EQ(assembler.wanted(), 4U) << "and begins anew";
  }
}

TEST(MessageAssembler, WantsNoOctetOfTheNextMessage) {
  MessageAssembler assembler{16};
  EXPECT_EQ(assembler.wanted(), 4U);
  assembler.add(Octets{0, 0, 0, 2});
  EXPECT_EQ(assembler.wanted(), 2U);
  assembler.add(Octets{1, 2});
  EXPECT_EQ(assembler.wanted(), 0U);
}

TEST(MessageAssembler, RefusesWhatIsTooLongOrEmptyByItsLength) {
  for (const auto& length :
       {Octets{0, 0, 0, 17}, Octets{0xff, 0xff, 0xff, 0xff}, Octets{0, 0, 0, 0}}) {
    MessageAssembler assembler{16};
    assembler.add(length);
    EXPECT_TRUE(assembler.refused());
    EXPECT_FALSE(assembler.complete());
    EXPECT_EQ(assembler.wanted(), 0U);
  }
  MessageAssembler assembler{16};
  assembler.add(Octets{0, 0, 0, 16});
  EXPECT_FALSE(assembler.refused());
}

}  // namespace
}  // namespace tunnel::agent
