// The language of ipf(5): what a rule says, and what is said about one that cannot be.

#include "filter/language/ipf_parser.hpp"

#include "filter/language/printer.hpp"
#include "tests/filter/fake_names.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace tunnel::filter::test {
namespace {

using language::parse_ipf_rules;
using language::ParsedRules;
using language::print;
using language::SourceFile;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

ParsedRules parse(const std::string& text, const language::Variables& variables = {}) {
  return parse_ipf_rules(SourceFile{"ipf.rules", text, 1}, FakeNames{}, variables);
}

/// The canonical forms of the rules of a text without mistakes.
std::vector<std::string> printed(const std::string& text,
                                 const language::Variables& variables = {}) {
  const auto parsed = parse(text, variables);
  for (const auto& mistake : parsed.mistakes) ADD_FAILURE() << mistake.message;
  std::vector<std::string> lines;
  for (const auto& rule : parsed.rules) lines.push_back(print(rule));
  return lines;
}

struct Form {
  const char* written;
  const char* canonical;
};

class Forms : public testing::TestWithParam<Form> {};

TEST_P(Forms, HaveACanonicalFormThatIsTheSameRule) {
  EXPECT_THAT(printed(GetParam().written), ElementsAre(GetParam().canonical));
  EXPECT_THAT(printed(GetParam().canonical), ElementsAre(GetParam().canonical));
  EXPECT_EQ(parse(GetParam().written).rules, parse(GetParam().canonical).rules);
}

constexpr Form kForms[]{
    {"pass in all", "pass in all"},
    {"block out from any to any", "block out all"},
    {"@3 pass in all", "@3 pass in all"},
    {"block return-rst in log quick on tun0 proto tcp all",
     "block return-rst in log quick on tun0 proto tcp all"},
    {"block return-icmp in all", "block return-icmp (net-unr) in all"},
    {"block return-icmp(3) in all", "block return-icmp (port-unr) in all"},
    {"block return-icmp-as-dest ( port-unr ) in proto udp all",
     "block return-icmp-as-dest (port-unr) in proto udp all"},
    {"block return-icmp (77) in all", "block return-icmp (77) in all"},
    {"log in all", "log in all"},
    {"log body level local4.warn out on em0 all", "log body level local4.warn out on em0 all"},
    {"log body first or-block level warn in quick all",
     "log body first or-block level warn in quick all"},
    {"pass in quick log first on em0 all keep state",
     "pass in log first quick on em0 all keep state"},
    {"count in on tun0 all", "count in on tun0 all"},
    {"pass in proto 47 all", "pass in proto 47 all"},
    {"pass in proto gre all", "pass in proto 47 all"},
    {"pass in proto tcp/udp all", "pass in proto tcp/udp all"},
    {"pass in proto tcp-udp all", "pass in proto tcp/udp all"},
    {"pass in tos 16 ttl 0x40 proto udp all", "pass in tos 16 ttl 64 proto udp all"},
    {"pass in from 10.1.2.3/8 to any", "pass in from 10.0.0.0/8 to any"},
    {"pass in from 10.1.2.3 mask 255.0.0.0 to any", "pass in from 10.0.0.0/8 to any"},
    {"pass in from 10.1.2.3/0xffffff00 to any", "pass in from 10.1.2.0/24 to any"},
    {"pass in from 10.1.2.3/255.0.255.0 to any", "pass in from 10.0.2.0/255.0.255.0 to any"},
    {"pass in from 0/0 to 0xc0a80101", "pass in from 0.0.0.0/0 to 192.168.1.1"},
    {"pass in from !10.0.0.1 to !any", "pass in from !10.0.0.1 to !any"},
    {"pass in from gw.example to any", "pass in from 192.0.2.1 to any"},
    {"pass in from six.example to any", "pass in from 2001:db8::6 to any"},
    {"pass in from 2001:DB8::1/32 to ::/0", "pass in from 2001:db8::/32 to ::/0"},
    {"pass in family inet6 proto ipv6-icmp all icmp-type echo",
     "pass in family inet6 proto 58 all icmp-type echo"},
    {"pass in to 10.0.0.1", "pass in from any to 10.0.0.1"},
    {"pass in from 10.0.0.1", "pass in from 10.0.0.1 to any"},
    {"pass in proto tcp from port = 80 to any port != 81",
     "pass in proto tcp from any port = 80 to any port != 81"},
    {"pass in proto tcp from any port eq ftp to any port ge 1024",
     "pass in proto tcp from any port = 21 to any port >= 1024"},
    {"pass in proto udp from any port<1024 to any port > tftp",
     "pass in proto udp from any port < 1024 to any port > 69"},
    {"pass in from any port le 5 to any port lt 9", "pass in from any port <= 5 to any port < 9"},
    {"pass in from any port ne 5 to any port gt 9", "pass in from any port != 5 to any port > 9"},
    {"pass in proto tcp from any to any port 9900 >< 9990",
     "pass in proto tcp from any to any port 9900 >< 9990"},
    {"pass in proto tcp from any to any port ftp:http",
     "pass in proto tcp from any to any port 21:80"},
    {"pass in proto tcp from any to any port 1<>3",
     "pass in proto tcp from any to any port 1 <> 3"},
    {"pass in proto tcp all flags S", "pass in proto tcp all flags S/FSRPAU"},
    {"pass in proto tcp all flags S/SA", "pass in proto tcp all flags S/SA"},
    {"pass in proto tcp all flags /SAP", "pass in proto tcp all flags 0/SPA"},
    {"pass in proto tcp all flags 0x2/0x12", "pass in proto tcp all flags S/SA"},
    {"pass in proto tcp all flags SC/SAEC", "pass in proto tcp all flags SC/SAEC"},
    {"pass in proto icmp all icmp-type unreach code needfrag",
     "pass in proto icmp all icmp-type unreach code 4"},
    {"pass in proto icmp all icmp-type 200", "pass in proto icmp all icmp-type 200"},
    {"block in all with ipopts", "block in all with ipopts"},
    {"block in all with ipopts frag", "block in all with ipopts and frag"},
    {"block in all with not short, no frags", "block in all with not short and not frag"},
    {"block in all with opt lsrr,ssrr and not opt rr",
     "block in all with opt lsrr,ssrr and not opt rr"},
    {"block in all and frag-body", "block in all with frag-body"},
    {"block in all with bad lowttl nat", "block in all with bad and lowttl and nat"},
    {"block in all with mbcast multicast bcast",
     "block in all with mbcast and multicast and bcast"},
    {"pass in proto tcp all flags S keep state keep frags head 100 group 5",
     "pass in proto tcp all flags S/FSRPAU keep state keep frags head 100 group 5"},
    {"pass in all keep frag keep state", "pass in all keep state keep frags"},
    {"pass in all keep state (limit 100 age 60/30, no-icmp-err)",
     "pass in all keep state (limit 100, age 60/30, no-icmp-err)"},
    {"pass in all keep state(age 9)", "pass in all keep state (age 9)"},
    {"pass in all head web group 0", "pass in all head web"},
};

INSTANTIATE_TEST_SUITE_P(Ipf, Forms, testing::ValuesIn(kForms));

TEST(IpfFile, MayHaveRemarksEmptyLinesContinuationAndSeveralRulesInALine) {
  EXPECT_THAT(printed("# policy\n\n  \npass in all # everything\r\nblock out \\\n  quick \\\n all\n"
                      "pass in on lo0 all; pass out on lo all;\npass in quick all"),
              ElementsAre("pass in all", "block out quick all", "pass in on lo all",
                          "pass out on lo all", "pass in quick all"));
}

TEST(IpfFile, TellsTheLineOfEachRule) {
  const auto parsed = parse("# one\npass in all\n\nblock \\\n in all\npass out all\n");
  std::vector<unsigned> lines;
  for (const auto& rule : parsed.rules) lines.push_back(rule.place.line);
  EXPECT_THAT(lines, ElementsAre(2, 4, 6));
}

TEST(IpfFile, OfASiteHasVariables) {
  EXPECT_THAT(printed("pass in on $interface from $remote/24 to $local",
                      {{"interface", "tun7"}, {"remote", "10.9.0.2"}, {"local", "10.9.0.1"}}),
              ElementsAre("pass in on tun7 from 10.9.0.0/24 to 10.9.0.1"));
}

struct Mistake {
  const char* rule;
  unsigned column;
  const char* message;
  const char* hint;
};

class Mistakes : public testing::TestWithParam<Mistake> {};

TEST_P(Mistakes, SayWhatWhereAndWhatToDo) {
  const auto parsed = parse(std::string{"pass in all\n"} + GetParam().rule + "\npass out all\n");
  EXPECT_THAT(parsed.rules, SizeIs(2));
  ASSERT_THAT(parsed.mistakes, SizeIs(1));
  const auto& mistake = parsed.mistakes[0];
  EXPECT_EQ(mistake.line, 2U);
  EXPECT_EQ(mistake.first_column, GetParam().column) << mistake.message;
  EXPECT_GT(mistake.last_column, mistake.first_column);
  EXPECT_THAT(mistake.message, HasSubstr(GetParam().message));
  EXPECT_THAT(mistake.hint, HasSubstr(GetParam().hint));
  EXPECT_EQ(mistake.source_line, GetParam().rule);
}

constexpr Mistake kMistakes[]{
    {"allow in all", 1, "\"allow\" is not an action", "block, pass, log or count"},
    {"pass all", 6, "expected \"in\" or \"out\" instead of \"all\"", "the order is"},
    {"pass in", 8, "expected \"all\", \"from\" or \"to\" instead of the end of the rule", ""},
    {"pass in on em0", 15, "instead of the end of the rule", "the order is"},
    {"pass in on this_is_too_long_a_name all", 12, "is not the name of an interface", "1 to 15"},
    {"pass in on em0,em1 all", 15, "lists of interfaces are not supported", "a rule for each"},
    {"pass in on ! em0 all", 12, "\"!\" is not the name of an interface", ""},
    {"pass in on em0 to em1:10.0.0.1 all", 16, "chooses the way of a packet", "routing table"},
    {"100 pass in all", 1, "collections of rules are not supported", "@N"},
    {"pass in proto nothing all", 15, "\"nothing\" is not a protocol", "/etc/protocols"},
    {"pass in proto 256 all", 15, "is not a protocol", ""},
    {"pass in from 10.0.0 to any", 14, "\"10.0.0\" is not an address", "all four numbers"},
    {"pass in from 10.0.0.0/33 to any", 23, "\"33\" is not a mask of IPv4", "up to 32"},
    {"pass in from 2001:db8::/129 to any", 25, "is not a prefix length of IPv6 (0 to 128)", ""},
    {"pass in from nobody.example to any", 14, "the host \"nobody.example\" is not known", ""},
    {"pass in from two.example to any", 14, "has 2 addresses", "a rule for each"},
    {"pass in from (10.0.0.1,10.0.0.2) to any", 14, "lists of addresses are not supported", ""},
    {"pass in from pool/5 to any", 14, "lists of addresses are not supported", "a network"},
    {"pass in from 10.0.0.1 to ::1", 1, "mixes IPv4 and IPv6", "each family"},
    {"pass in family inet6 from 10.0.0.1 to any", 1, "mixes IPv4 and IPv6", ""},
    {"pass in proto tcp from any port 80 to any", 36, "expected ><, <> or :", "port = 80"},
    {"pass in proto tcp from any port = 1:9 to any", 36, "stands without \"=\"", "port 1:"},
    {"pass in proto tcp from any port = 70000 to any", 35, "is not a port", ""},
    {"pass in proto udp from any port = ftp to any", 35, "\"ftp\" is not known for udp", ""},
    {"pass in proto tcp from any port = (1,2) to any", 35, "lists of ports", "a range"},
    {"pass in proto icmp from any port = 1 to any", 29, "only TCP and UDP have ports", ""},
    {"pass in all flags S", 13, "only TCP has flags", "proto tcp"},
    {"pass in proto tcp/udp all flags S", 27, "only TCP has flags", "proto tcp"},
    {"pass in proto tcp all flags Q", 29, "are not TCP flags", "FSRPAUEC"},
    {"pass in proto tcp all flags S/A", 23, "never match", "behind the /"},
    {"pass in proto tcp all icmp-type echo", 23, "only ICMP has types", "proto icmp"},
    {"pass in proto icmp all icmp-type nope", 34, "is not a type of ICMP", "echorep"},
    {"block return-icmp (nope) in all", 20, "is not a code", "port-unr"},
    {"block in all with nonsense", 19, "is nothing that a packet can be", "ipopts"},
    {"block in all with oow", 19, "\"oow\" is not supported", ""},
    {"block in all with opt zzzz", 23, "is not an IP option", "lsrr"},
    {"pass in all keep nothing", 18, "expected \"state\" or \"frags\"", ""},
    {"pass in all keep state (strict)", 25, "\"strict\" is not supported", "always checked"},
    {"pass in all keep state (limit x)", 31, "is not a number of states", ""},
    {"pass in all keep state (limit 5", 32, "expected \")\"", ""},
    {"pass in all keep frags (strict)", 24, "options of keep frags are not supported", ""},
    {"pass in all group 5 head 6", 21, "\"head\" is not expected here", "[head N] [group M]"},
    {"pass in all head 5 group 5", 1, "the group that it opens", ""},
    {"pass in all head a_name_that_is_too_long", 18, "at most 16", ""},
    {"log in all keep state", 1, "decides nothing", "pass log"},
    {"count in log all", 1, "only counts", ""},
    {"pass in log log all", 13, "log twice", ""},
    {"log level nowhere.info in all", 11, "names no facility", "local7"},
    {"log level loud in all", 11, "names no severity", "warn"},
    {"auth in all", 1, "\"auth\" is not supported", "pass or block"},
    {"skip 3 in all", 1, "\"skip\" is not supported", "group"},
    {"call now x/1 in all", 1, "\"call\" is not supported", ""},
    {"pass in fastroute all", 9, "\"fastroute\" is not supported", "routed by the routing table"},
    {"pass in dup-to em0 all", 9, "\"dup-to\" is not supported", "tcpdump"},
    {"pass in all pps 50", 13, "\"pps\" is not supported", "limit"},
    {"pass in all { block in all }", 13, "\"{\" is not supported", "head N"},
    {"pass in on $interface all", 12, "\"$interface\" stands for nothing here", "of a site"},
    {"pass in from 10.0.0.1\" to any", 22, "is not expected here", ""},
    {"pass in from 10.0.0.1 t\u00fc any", 23, "is not expected here", "did you mean \"to\"?"},
    {"pass in on em0 \u00fcall", 16, "expected \"all\", \"from\" or \"to\"", "the order is"},
    {"blok in all", 1, "is not an action", "did you mean \"block\"?"},
    {"pass in al", 9, "expected \"all\"", "did you mean \"all\"?"},
    {"pass in all flgas S", 13, "is not expected here", "did you mean \"flags\"?"},
    {"block in all with shrt", 19, "is nothing that a packet can be", "did you mean \"short\"?"},
    {"pass in proto icmp all icmp-type ehco", 34, "is not a type", "did you mean \"echo\"?"},
    {"block in all with opt lsr", 23, "is not an IP option", "did you mean \"lsrr\"?"},
    {"block return-icmp (port-unrr) in all", 20, "is not a code", "did you mean \"port-unr\"?"},
    {"pass in all keep state keep state", 29, "keep state twice", ""},
};

INSTANTIATE_TEST_SUITE_P(Ipf, Mistakes, testing::ValuesIn(kMistakes));

TEST(IpfFile, ReportsEveryMistakeInOneRun) {
  const auto parsed = parse("allow in all\npass in all\npass on all\nblock in proto x all");
  EXPECT_THAT(parsed.mistakes, SizeIs(3));
  EXPECT_THAT(parsed.rules, SizeIs(1));
}

TEST(IpfFile, MayBeEmpty) {
  EXPECT_THAT(parse("").rules, IsEmpty());
  EXPECT_THAT(parse("# nothing\n\n").mistakes, IsEmpty());
}

TEST(IpfFile, CutAnywhereIsReadWithoutHarm) {
  const std::string text =
      "@1 block return-icmp (port-unr) in log body first level local0.info quick on tun0 proto tcp "
      "from !10.0.0.0/8 port = 1 to 2001:db8::/32 port 1 >< 9 flags S/SA with not opt rr,ts keep "
      "state (limit 5, age 1/2) keep frags head 1 group 2\n";
  for (std::size_t size = 0; size <= text.size(); ++size) {
    const auto parsed = parse(text.substr(0, size));
    EXPECT_LE(parsed.rules.size() + parsed.mistakes.size(), 1U);
  }
}

}  // namespace
}  // namespace tunnel::filter::test
