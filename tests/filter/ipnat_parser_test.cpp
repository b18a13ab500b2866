// The language of ipnat(5): what a rule says, and what is said about one that cannot be.

#include "filter/language/ipnat_parser.hpp"

#include "filter/language/printer.hpp"
#include "tests/filter/fake_names.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace tunnel::filter::test {
namespace {

using language::parse_ipnat_rules;
using language::ParsedNatRules;
using language::print;
using language::SourceFile;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::SizeIs;

ParsedNatRules parse(const std::string& text, const language::Variables& variables = {}) {
  return parse_ipnat_rules(SourceFile{"ipnat.rules", text, 1}, FakeNames{}, variables);
}

std::vector<std::string> printed(const std::string& text,
                                 const language::Variables& variables = {}) {
  const auto parsed = parse(text, variables);
  for (const auto& mistake : parsed.mistakes) ADD_FAILURE() << text << ": " << mistake.message;
  std::vector<std::string> lines;
  for (const auto& rule : parsed.rules) lines.push_back(print(rule));
  return lines;
}

struct Form {
  const char* written;
  const char* canonical;
};

class NatForms : public testing::TestWithParam<Form> {};

TEST_P(NatForms, HaveACanonicalFormThatIsTheSameRule) {
  EXPECT_THAT(printed(GetParam().written), ElementsAre(GetParam().canonical));
  EXPECT_THAT(printed(GetParam().canonical), ElementsAre(GetParam().canonical));
  EXPECT_EQ(parse(GetParam().written).rules, parse(GetParam().canonical).rules);
}

constexpr Form kForms[]{
    {"map em0 10.0.0.0/8 -> 192.0.2.1/32", "map em0 10.0.0.0/8 -> 192.0.2.1/32"},
    {"map em0 10.0.0.0/8 -> 192.0.2.1", "map em0 10.0.0.0/8 -> 192.0.2.1/32"},
    {"map em0 10.1.2.3/0xff000000 -> 0/32", "map em0 10.0.0.0/8 -> 0/32"},
    {"map em0 10.0.0.0 netmask 255.0.0.0 -> 0.0.0.0/32", "map em0 10.0.0.0/8 -> 0/32"},
    {"map em0 any -> 192.0.2.0/24", "map em0 any -> 192.0.2.0/24"},
    {"map em0 0/0 -> 0/0", "map em0 0.0.0.0/0 -> 0.0.0.0/0"},
    {"map em0 10.0.0.0/8 -> 192.0.2.1-192.0.2.9", "map em0 10.0.0.0/8 -> 192.0.2.1-192.0.2.9"},
    {"map em0 10.0.0.0/8 -> range 192.0.2.1-192.0.2.9",
     "map em0 10.0.0.0/8 -> 192.0.2.1-192.0.2.9"},
    {"map em0 10.0.0.0/8 -> gw.example", "map em0 10.0.0.0/8 -> 192.0.2.1/32"},
    {"map em0 10.0.0.0/8 -> 0/32 portmap tcp/udp auto",
     "map em0 10.0.0.0/8 -> 0/32 portmap tcp/udp auto"},
    {"map em0 10.0.0.0/8 -> 0/32 portmap tcpudp auto",
     "map em0 10.0.0.0/8 -> 0/32 portmap tcp/udp auto"},
    {"map em0 10.0.0.0/8 -> 0/32 portmap tcp 1025:65000 sequential",
     "map em0 10.0.0.0/8 -> 0/32 portmap tcp 1025:65000 sequential"},
    {"map em0 10.0.0.0/8 -> 0/32 proxy port ftp ftp/tcp",
     "map em0 10.0.0.0/8 -> 0/32 proxy port 21 ftp/tcp"},
    {"map em0 10.0.0.0/8 -> 0/32 mssclamp 1452 tag home tcp",
     "map em0 10.0.0.0/8 -> 0/32 mssclamp 1452 tag home tcp"},
    {"map em0 10.0.0.0/8 -> 0/32 tcp frag age 60/30",
     "map em0 10.0.0.0/8 -> 0/32 frag age 60/30 tcp"},
    {"map em0 from 10.0.0.0/8 to ! 10.9.0.0/16 -> 0/32",
     "map em0 from 10.0.0.0/8 to !10.9.0.0/16 -> 0/32"},
    {"map em0 from 10.0.0.0/8 ! to 10.9.0.0/16 -> 0/32",
     "map em0 from 10.0.0.0/8 to !10.9.0.0/16 -> 0/32"},
    {"map em0 from 10.0.0.0/8 port > 1023 to any port = 80 -> 0/32",
     "map em0 from 10.0.0.0/8 port > 1023 to any port = 80 -> 0/32 tcp/udp"},
    {"map em0 from 10.0.0.0/8 to any -> 0/32", "map em0 10.0.0.0/8 -> 0/32"},
    {"map-block em0 10.0.0.0/16 -> 192.0.2.0/24", "map-block em0 10.0.0.0/16 -> 192.0.2.0/24"},
    {"map-block em0 10.0.0.0/16 -> 192.0.2.0/24 ports auto",
     "map-block em0 10.0.0.0/16 -> 192.0.2.0/24"},
    {"map-block em0 10.0.0.0/16 -> 192.0.2.0/24 ports 256",
     "map-block em0 10.0.0.0/16 -> 192.0.2.0/24 ports 256"},
    {"bimap em0 10.0.0.1/32 -> 192.0.2.1/32", "bimap em0 10.0.0.1/32 -> 192.0.2.1/32"},
    {"bimap em0 10.0.0.0/24 -> 192.0.2.0/24", "bimap em0 10.0.0.0/24 -> 192.0.2.0/24"},
    {"bimap em0 10.0.0.1/32 -> 0/32", "bimap em0 10.0.0.1/32 -> 0/32"},
    {"rdr em0 192.0.2.1/32 port 80 -> 10.0.0.1 port 8080 tcp",
     "rdr em0 192.0.2.1/32 port 80 -> 10.0.0.1 port 8080 tcp"},
    {"rdr em0 192.0.2.1 port http -> 10.0.0.1 port 8080",
     "rdr em0 192.0.2.1/32 port 80 -> 10.0.0.1 port 8080 tcp/udp"},
    {"rdr em0 192.0.2.1/32 port 80-90 -> 10.0.0.1 port 8080 tcp",
     "rdr em0 192.0.2.1/32 port 80-90 -> 10.0.0.1 port 8080 tcp"},
    {"rdr em0 192.0.2.1/32 port 80:90 -> 10.0.0.1 port = 8080 tcp",
     "rdr em0 192.0.2.1/32 port 80-90 -> 10.0.0.1 port = 8080 tcp"},
    {"rdr em0 192.0.2.1/32 -> 10.0.0.1", "rdr em0 192.0.2.1/32 -> 10.0.0.1"},
    {"rdr em0 192.0.2.1/32 port 0 -> 10.0.0.1 port 0 icmp",
     "rdr em0 192.0.2.1/32 -> 10.0.0.1 icmp"},
    {"rdr em0 0/0 port 80 -> 10.0.0.1,10.0.0.2 port 80 tcp round-robin sticky",
     "rdr em0 0.0.0.0/0 port 80 -> 10.0.0.1,10.0.0.2 port 80 tcp round-robin sticky"},
    {"rdr em0 any port 80 -> 0.0.0.0 port 3128 tcp",
     "rdr em0 any port 80 -> 0.0.0.0 port 3128 tcp"},
    {"rdr em0 any port 80 -> 10.0.0.1 port 80 tcp round-robin frag age 10 mssclamp 1400 tag t",
     "rdr em0 any port 80 -> 10.0.0.1 port 80 tcp round-robin frag age 10 mssclamp 1400 tag t"},
    {"rdr em0 from 10.0.0.0/8 to 192.0.2.1 port = 80 -> 10.0.0.1 port 80 tcp",
     "rdr em0 from 10.0.0.0/8 to 192.0.2.1 port = 80 -> 10.0.0.1 port 80 tcp"},
    {"rdr em0 ! from 10.0.0.0/8 to 192.0.2.1 port 1 >< 9 -> 10.0.0.1 udp",
     "rdr em0 from !10.0.0.0/8 to 192.0.2.1 port 1 >< 9 -> 10.0.0.1 udp"},
};

INSTANTIATE_TEST_SUITE_P(Ipnat, NatForms, testing::ValuesIn(kForms));

TEST(IpnatFile, OfASiteHasVariables) {
  EXPECT_THAT(printed("map $interface 10.0.0.0/8 -> $local/32",
                      {{"interface", "tun7"}, {"local", "10.9.0.1"}}),
              ElementsAre("map tun7 10.0.0.0/8 -> 10.9.0.1/32"));
}

struct Mistake {
  const char* rule;
  unsigned column;
  const char* message;
  const char* hint;
};

class NatMistakes : public testing::TestWithParam<Mistake> {};

TEST_P(NatMistakes, SayWhatWhereAndWhatToDo) {
  const std::string good = "map em0 10.0.0.0/8 -> 0/32\n";
  const auto parsed = parse(good + GetParam().rule + '\n' + good);
  EXPECT_THAT(parsed.rules, SizeIs(2));
  ASSERT_THAT(parsed.mistakes, SizeIs(1));
  const auto& mistake = parsed.mistakes[0];
  EXPECT_EQ(mistake.line, 2U);
  EXPECT_EQ(mistake.first_column, GetParam().column) << mistake.message;
  EXPECT_THAT(mistake.message, HasSubstr(GetParam().message));
  EXPECT_THAT(mistake.hint, HasSubstr(GetParam().hint));
}

constexpr Mistake kMistakes[]{
    {"mapp em0 10.0.0.0/8 -> 0/32", 1, "does not begin a rule", "did you mean \"map\"?"},
    {"translate em0", 1, "does not begin a rule", "map, map-block, rdr or bimap"},
    {"rewrite in on em0", 1, "\"rewrite\" is not supported", "a rdr for the destination"},
    {"map this_is_too_long_a_name any -> 0/32", 5, "is not the name of an interface", "1 to 15"},
    {"map em0,em1 any -> 0/32", 8, "a second interface is not supported", "for each"},
    {"map em0 10.0.0.0/8 0/32", 20, "expected \"->\" instead of \"0\"", "as map em0"},
    {"map em0 10.0.0.0/8 ->", 22, "expected an address", ""},
    {"map em0 2001:db8::/32 -> 0/32", 9, "IPv6 are not translated", "route them"},
    {"map em0 10.0.0.0/8 -> any", 23, "a target is an address", "0/32"},
    {"map em0 10.0.0.0/8 -> 10.0.0.9-10.0.0.1", 23, "runs backwards", "lower"},
    {"map em0 10.0.0.0/8 -> 0/32 portmap icmp auto", 36, "portmap is of tcp, udp", ""},
    {"map em0 10.0.0.0/8 -> 0/32 portmap tcp 9:1", 40, "is empty", "lower port first"},
    {"map em0 10.0.0.0/8 -> 0/32 portmap tcp 5", 41, "expected \":\"", ""},
    {"map em0 10.0.0.0/8 -> 0/32 portmap tcp auto udp", 45, "names two protocols", "for each"},
    {"map em0 10.0.0.0/8 -> 0/32 icmpidmap icmp 1:2", 28, "\"icmpidmap\" is not supported",
     "leave"},
    {"map em0 10.0.0.0/8 -> 0/32 proxy port 1720 h323/tcp", 44, "the proxy \"h323\"", "ftp/tcp is"},
    {"map em0 10.0.0.0/8 -> 0/32 proxy ftp/tcp", 34, "needs the port", "proxy port ftp ftp/tcp"},
    {"map em0 10.0.0.0/8 -> 0/32 purge", 28, "\"purge\" is not supported", "sessions"},
    {"map em0 10.0.0.0/8 -> 0/32 mssclamp 0", 37, "one octet", ""},
    {"map em0 10.0.0.0/8 -> 0/32 mssclamp 1400 icmp", 1, "mssclamp is of TCP", ""},
    {"map em0 10.0.0.0/8 -> 0/32 sticky", 1, "sticky is for round-robin", ""},
    {"map em0 10.0.0.0/8 -> 0/32 round-robin", 1, "round-robin is of rdr", ""},
    {"map em0 10.0.0.0/8 -> 0/32 tag a_name_that_is_too_long", 32, "at most 16", ""},
    {"map em0 10.0.0.0/8 -> 0/32 stiky", 28, "is not expected here", "did you mean \"sticky\"?"},
    {"map em0 10.0.0.0/8 -> 0/32 what now", 28, "is not expected here", "options are"},
    {"map em0 from any port = 80 to any -> 0/32 icmp", 1, "only TCP and UDP have ports", ""},
    {"map-block em0 any -> 192.0.2.0/24", 1, "from a network to a network", ""},
    {"map-block em0 10.0.0.0/8 -> 0/32 portmap tcp auto", 34, "portmap is of map alone", ""},
    {"map em0 10.0.0.0/8 -> 0/32 ports 256", 28, "ports is of map-block alone", "portmap"},
    {"bimap em0 10.0.0.0/24 -> 192.0.2.1/32", 1, "must have the same size", ""},
    {"rdr em0 192.0.2.1 port 80 -> 10.0.0.0/8 port 80", 30, "rdr goes to single hosts", "commas"},
    {"rdr em0 192.0.2.1 port 90-80 -> 10.0.0.1 port 80", 24, "runs backwards", ""},
    {"rdr em0 192.0.2.1 port 80 -> 10.0.0.1 port 80:90", 46, "a range of ports as a target", ""},
    {"rdr em0 192.0.2.1 port 80 -> 10.0.0.1 port 80 icmp", 1, "only TCP and UDP have ports", ""},
    {"rdr em0 192.0.2.1 port 80-90 -> 10.0.0.1 port 65530 tcp", 1, "beyond 65535", "port = 65530"},
    {"rdr em0 192.0.2.1 port 99999 -> 10.0.0.1 port 80", 24, "is not a port", ""},
    {"map $interface any -> 0/32", 5, "\"$interface\" stands for nothing here", "of a site"},
};

INSTANTIATE_TEST_SUITE_P(Ipnat, NatMistakes, testing::ValuesIn(kMistakes));

TEST(IpnatFile, CutAnywhereIsReadWithoutHarm) {
  const std::string text =
      "rdr em0 from !10.0.0.0/8 port 1 >< 9 to 192.0.2.1/32 port = 80 -> 10.0.0.1,10.0.0.2 port = "
      "8080 tcp/udp round-robin frag age 1/2 sticky mssclamp 1400 tag t\n"
      "map em0 10.0.0.0/8 -> 192.0.2.1-192.0.2.9 portmap tcp 1:9 sequential proxy port 21 "
      "ftp/tcp\n";
  for (std::size_t size = 0; size <= text.size(); ++size) {
    const auto parsed = parse(text.substr(0, size));
    EXPECT_LE(parsed.rules.size() + parsed.mistakes.size(), 2U);
  }
}

}  // namespace
}  // namespace tunnel::filter::test
