// What sshd's AuthorizedKeysCommand and tunneld say to each other.

#include "tunneld/ipc/ticket.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace tunnel::ipc {
namespace {

using testing::ElementsAre;

TicketWanted wanted() {
  return {.version = 7, .site = *SiteName::parse("home"), .key = "SHA256:abc"};
}

TicketAnswer granted() {
  return {.ticket = std::vector<std::uint8_t>(kTicketOctets, 0xa5), .reason = {}};
}

TEST(TicketMessage, IsReadAsItWasWritten) {
  EXPECT_EQ(decode_ticket_wanted(encode(wanted())), wanted());
  EXPECT_EQ(decode_ticket_answer(encode(granted())), granted());
  const TicketAnswer refused{.ticket = {}, .reason = "there is no such site"};
  EXPECT_EQ(decode_ticket_answer(encode(refused)), refused);
}

TEST(TicketMessage, MayBeOfAKeyThatNoSiteHas) {
  const TicketWanted stranger{.version = 7, .site = std::nullopt, .key = "SHA256:abc"};
  EXPECT_EQ(decode_ticket_wanted(encode(stranger)), stranger);
  const std::vector<std::uint8_t> no_name{7, 0, 1, '/', 0, 1, 'k'};
  EXPECT_FALSE(decode_ticket_wanted(no_name));
}

TEST(TicketMessage, OnTheWireIsAsDocumented) {
  EXPECT_THAT(encode(TicketWanted{.version = 7, .site = *SiteName::parse("a"), .key = "k"}),
              ElementsAre(7, 0, 1, 'a', 0, 1, 'k'));
  EXPECT_THAT(encode(TicketAnswer{.ticket = {}, .reason = "no"}), ElementsAre(0, 0, 2, 'n', 'o'));
}

template <typename Decode>
void expect_refused_when_cut_or_longer(std::vector<std::uint8_t> whole, Decode decode) {
  for (std::size_t length = 0; length < whole.size(); ++length) {
    EXPECT_FALSE(decode(Bytes{whole}.first(length))) << length;
  }
  whole.push_back(0);
  EXPECT_FALSE(decode(whole));
}

TEST(TicketMessage, ThatIsCutOffOrTooLongIsRefused) {
  expect_refused_when_cut_or_longer(encode(wanted()), decode_ticket_wanted);
  expect_refused_when_cut_or_longer(encode(granted()), decode_ticket_answer);
}

TEST(TicketMessage, WithATicketOfAnotherLengthIsRefused) {
  for (const int size : {1, 15, 17, 255}) {
    ByteWriter out;
    out.u8(static_cast<std::uint8_t>(size));
    out.bytes(std::vector<std::uint8_t>(static_cast<std::size_t>(size), 1));
    out.u16(0);
    EXPECT_FALSE(decode_ticket_answer(out.view())) << size;
  }
}

}  // namespace
}  // namespace tunnel::ipc
