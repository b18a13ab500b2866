// The files of FreeBSD's ppp as text: sections, commands, words.

#include "tunneld/import/ppp_conf.hpp"

#include "tunneld/import/ppp_commands.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tunnel::importer {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

PppFile parse(const std::string& text, const std::map<std::string, std::string>& others = {}) {
  return parse_ppp_conf({"ppp.conf", text, {}}, [&](const std::string& path) {
    const auto found = others.find(path);
    return found == others.end() ? std::nullopt
                                 : std::optional{OldFile{found->first, found->second, {}}};
  });
}

std::vector<std::string> words(const std::string& line) {
  bool ignored = false;
  return ppp_words(line, ignored).value_or(std::vector<std::string>{"open quote"});
}

/// "2: set ifaddr", a command each.
std::vector<std::string> commands(const PppSection& section) {
  std::vector<std::string> all;
  for (const auto& command : section.commands) {
    auto text = std::to_string(command.where.line) + ':';
    for (const auto& word : command.words) text += ' ' + word;
    all.push_back(text);
  }
  return all;
}

TEST(PppConf, SectionsHaveTheIndentedLinesBelowThem) {
  const auto file = parse(
      "# remark\ndefault:\n set log Phase\n\nlabs:\n\tset timeout 0 # never\n"
      " # remark\n enable lqr echo\n");
  ASSERT_EQ(file.sections.size(), 2U);
  EXPECT_EQ(file.sections[0].label, "default");
  EXPECT_THAT(commands(file.sections[0]), ElementsAre("3: set log Phase"));
  EXPECT_EQ(file.sections[1].where, (Place{"ppp.conf", 5}));
  EXPECT_THAT(commands(file.sections[1]), ElementsAre("6: set timeout 0", "8: enable lqr echo"));
  EXPECT_THAT(file.mistakes, IsEmpty());
}

TEST(PppConf, ALineIsContinuedByABackslash) {
  const auto file = parse("labs:\n set device \"!ssh -l vpn \\\n   gate\"\r\n set mru 1400\n");
  ASSERT_EQ(file.sections.size(), 1U);
  EXPECT_THAT(commands(file.sections[0]),
              ElementsAre("2: set device !ssh -l vpn    gate", "4: set mru 1400"));
}

TEST(PppConf, WordsAreThoseOfPpp) {
  EXPECT_THAT(words("set device \"!ssh gate\""), ElementsAre("set", "device", "!ssh gate"));
  EXPECT_THAT(words("set login \"a \\\"b\\\" c\""), ElementsAre("set", "login", "a \"b\" c"));
  EXPECT_THAT(words("set key a#b"), ElementsAre("set", "key", "a"));
  EXPECT_THAT(words("set key \"a#b\""), ElementsAre("set", "key", "a#b"));
  EXPECT_THAT(words("set key a\\#b"), ElementsAre("set", "key", "a#b"));
  EXPECT_THAT(words("set key \"\""), ElementsAre("set", "key", ""));
  EXPECT_THAT(words("set key \"open"), ElementsAre("open quote"));
}

TEST(PppConf, ADollarSignIsDoubled) {
  EXPECT_THAT(words("set key P@$$word"), ElementsAre("set", "key", "P@$word"));
  EXPECT_THAT(words("set key P\\$word"), ElementsAre("set", "key", "P$word"));
  EXPECT_THAT(words("load ~/x a~b \\~/c"), ElementsAre("load", "/root/x", "a~b", "~/c"));
}

TEST(PppConf, AVariableOfTheEnvironmentIsSaid) {
  const auto file = parse("labs:\n set authname ${USER}x\n");
  ASSERT_EQ(file.mistakes.size(), 1U);
  EXPECT_EQ(file.mistakes[0].where.line, 2U);
  EXPECT_THAT(file.mistakes[0].what, HasSubstr("environment"));
  EXPECT_THAT(commands(file.sections[0]), ElementsAre("2: set authname x"));
}

TEST(PppConf, OtherFilesAreIncludedInTheirPlace) {
  const auto file = parse("!include extra.conf\nlabs:\n set mru 1400\n",
                          {{"/etc/ppp/extra.conf", "oban:\n set mru 1500\nlabs:\n set mru 128\n"}});
  ASSERT_EQ(file.sections.size(), 2U);
  EXPECT_EQ(file.sections[0].where, (Place{"/etc/ppp/extra.conf", 1}));
  // The first section of a name is the one that ppp reads.
  EXPECT_THAT(commands(file.sections[1]), ElementsAre("4: set mru 128"));
  ASSERT_EQ(file.mistakes.size(), 1U);
  EXPECT_THAT(file.mistakes[0].what, HasSubstr("second section \"labs\""));
}

TEST(PppConf, FilesThatIncludeEachOtherComeToAnEnd) {
  std::string many;
  for (int i = 0; i < 100; ++i) many += "!include loop.conf\n";
  const auto file =
      parse("!include loop.conf\nlabs:\n set mru 1400\n", {{"/etc/ppp/loop.conf", many}});
  EXPECT_NE(file.find("labs"), nullptr);
  EXPECT_FALSE(file.mistakes.empty());
}

TEST(PppConf, SectionsBeyondCountingAreNotRead) {
  std::string many;
  for (int i = 0; i < 3000; ++i) many += "s" + std::to_string(i) + ":\n";
  const auto file = parse(many);
  EXPECT_EQ(file.sections.size(), 2000U);
  ASSERT_EQ(file.mistakes.size(), 1U);
  EXPECT_EQ(file.mistakes[0].where.line, 2001U);
}

TEST(PppConf, AFileThatIsNotThereIsSaid) {
  const auto file = parse("!include /usr/local/etc/ppp.conf\n");
  ASSERT_EQ(file.mistakes.size(), 1U);
  EXPECT_THAT(file.mistakes[0].what, HasSubstr("\"/usr/local/etc/ppp.conf\""));
}

TEST(PppConf, WhatPppDidNotReadIsSaidWithoutShowingIt) {
  const auto file = parse("set authkey hidden\n set authname x\nlabs:\n set key \"hidden\n");
  ASSERT_EQ(file.mistakes.size(), 2U);
  EXPECT_EQ(file.mistakes[0].where.line, 1U);
  EXPECT_EQ(file.mistakes[1].where.line, 4U);
  for (const auto& mistake : file.mistakes) {
    EXPECT_THAT(mistake.what, Not(HasSubstr("hidden")));
  }
  EXPECT_THAT(file.sections[0].commands, IsEmpty());
}

std::string name_of(const std::string& line) {
  const PppCommand command{{}, words(line)};
  return std::string{resolve(command).name};
}

TEST(PppCommands, MayBeCutShortWhereNoOtherBeginsSo) {
  EXPECT_EQ(name_of("set device x"), "set device");
  EXPECT_EQ(name_of("SET Line x"), "set device");
  EXPECT_EQ(name_of("set sp 115200"), "set speed");
  EXPECT_EQ(name_of("set s 1"), "");
  EXPECT_EQ(name_of("se speed 1"), "");
  EXPECT_EQ(name_of("set key x"), "set authkey");
  EXPECT_EQ(name_of("set echoperiod 5"), "set lqrperiod");
  EXPECT_EQ(name_of("add! default HISADDR"), "add");
  EXPECT_EQ(name_of("alias enable yes"), "nat");
  EXPECT_EQ(name_of("!bg sh"), "shell");
  EXPECT_EQ(name_of("!sh -c x"), "shell");
  EXPECT_EQ(name_of("set nas x"), "");
  EXPECT_EQ(name_of("set"), "");
  EXPECT_EQ(option_name("MSChapV2"), "mschapv2");
  EXPECT_EQ(option_name("proxya"), "proxyall");
  EXPECT_EQ(option_name("proto"), "protocomp");
  EXPECT_EQ(option_name("x"), "");
}

TEST(PppCommands, NothingThatMayBeASecretIsShown) {
  for (const auto* line :
       {"set authkey hidden", "set key hidden", "set login \"ogin: x word: hidden\"",
        "set server 3000 hidden", "passwd hidden", "!bg pppctl -p hidden 3000 close",
        "set device \"!sshpass -p hidden ssh gate\"", "set authkye hidden", "authkey hidden"}) {
    EXPECT_THAT(shown({{}, words(line)}), Not(HasSubstr("hidden"))) << line;
  }
  EXPECT_EQ(shown({{}, words("set timeout 300")}), "set timeout 300");
}

}  // namespace
}  // namespace tunnel::importer
