// The file of secrets: what it gives, what is wrong with it, and that nothing said shows a secret.

#include "tests/config/profiles.hpp"
#include "tunneld/config/secrets_file.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tunnel::config {
namespace {

using testing::ElementsAre;
using testing::ElementsAreArray;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

const SiteName kLabs = *SiteName::parse("labs");
const SiteName kArchive = *SiteName::parse("archive");

LoadedSecrets read(std::string_view text, FileFacts facts = {}) {
  const std::vector<SiteName> sites{kLabs, kArchive};
  return parse_secrets({"secrets.toml", Secret{to_bytes(text)}, facts}, &sites);
}

std::vector<std::string> mistakes(std::string_view text, FileFacts facts = {}) {
  std::vector<std::string> all;
  for (const auto& diagnostic : read(text, facts).diagnostics) all.push_back(diagnostic.message);
  return all;
}

void expect_secret(const Secrets& secrets, const SiteName& site, std::string_view name,
                   std::string_view secret) {
  const auto* found = secrets.find(site, name);
  ASSERT_NE(found, nullptr) << name;
  EXPECT_THAT(found->reveal(), ElementsAreArray(to_bytes(secret)));
}

constexpr std::string_view kExample = R"([secrets]
talisker = "correct horse"
"labs gateway" = 'b\ttery'
[sites.labs]
talisker = "staple"
)";

TEST(SecretsFile, IsComparedNameByNameAtASite) {
  const auto before = read(kExample);
  const auto after = read(R"([secrets]
talisker = "another horse"
"labs gateway" = 'b\ttery'
new = "new"
[sites.labs]
talisker = "staple"
)");
  const auto same = [&](const SiteName& site, std::string_view name) {
    return after.secrets.same_in(before.secrets, site, name);
  };
  EXPECT_FALSE(same(kArchive, "talisker"));
  EXPECT_TRUE(same(kLabs, "talisker")) << "which has its own";
  EXPECT_TRUE(same(kLabs, "labs gateway"));
  EXPECT_FALSE(same(kLabs, "new"));
  EXPECT_TRUE(same(kLabs, "nobody"));
}

TEST(SecretsFile, HasSecretsByName) {
  const auto loaded = read(kExample);
  ASSERT_THAT(loaded.diagnostics, IsEmpty());
  expect_secret(loaded.secrets, kArchive, "talisker", "correct horse");
  expect_secret(loaded.secrets, kArchive, "labs gateway", "b\\ttery");
  EXPECT_EQ(loaded.secrets.find(kArchive, "ardbeg"), nullptr);
  EXPECT_EQ(loaded.secrets.find(kArchive, "Talisker"), nullptr);
  EXPECT_EQ(loaded.secrets.find(kArchive, ""), nullptr);
}

TEST(SecretsFile, IsLookedUpForTheSiteFirst) {
  const auto loaded = read(kExample);
  ASSERT_THAT(loaded.diagnostics, IsEmpty());
  expect_secret(loaded.secrets, kLabs, "talisker", "staple");
  expect_secret(loaded.secrets, kLabs, "labs gateway", "b\\ttery");
}

TEST(SecretsFile, MayBeEmptyOrMissing) {
  EXPECT_THAT(mistakes(""), IsEmpty());
  EXPECT_THAT(mistakes("", {.error = make_error_code(std::errc::no_such_file_or_directory)}),
              IsEmpty());
}

TEST(SecretsFile, MustBeReadable) {
  EXPECT_THAT(mistakes("", {.error = make_error_code(std::errc::permission_denied)}),
              ElementsAre("cannot read this file: Permission denied"));
}

TEST(SecretsFile, IsOursAlone) {
  EXPECT_THAT(mistakes(kExample, {.error = {}, .mode = 0400}), IsEmpty());
  for (const mode_t mode : {0640U, 0604U, 0620U, 0602U, 0610U, 0601U}) {
    const auto loaded = read(kExample, {.error = {}, .mode = mode});
    ASSERT_EQ(loaded.diagnostics.size(), 1U);
    EXPECT_THAT(loaded.diagnostics[0].message, HasSubstr("is open to others (mode 06"));
    EXPECT_THAT(loaded.diagnostics[0].hint, HasSubstr("chmod 600 secrets.toml"));
    EXPECT_EQ(loaded.secrets.find(kLabs, "talisker"), nullptr);
  }
  EXPECT_THAT(mistakes(kExample, {.error = {}, .mode = 0600, .owner = Owner::Other}),
              ElementsAre("this file belongs neither to root nor to the account of tunneld"));
}

TEST(SecretsFile, HasAllItsMistakesToldInOneRun) {
  const std::string longest(255, 'x');
  EXPECT_THAT(
      mistakes("[secrets]\na = \"\"\nb = 1\nc = \"" + longest + "x\"\nd = \"\\n\"\n" +
               "\"\" = \"x\"\ne = \"" + longest + "\"\n[sites]\nlabs = \"x\"\n" +
               "[sites.Nowhere]\n[sites.archive]\nf = []\n"),
      ElementsAre("the secret of \"a\" is empty",
                  "the secret of \"b\" must be text, not an integer",
                  "the secret of \"c\" is longer than 255 bytes",
                  "the secret of \"d\" has a control character", "\"\" cannot be a PPP name",
                  "\"labs\" in [sites] must be a table", "there is no site \"Nowhere\"",
                  "the secret of \"f\" must be text, not a list"));
}

TEST(SecretsFile, AloneMayNameAnySite) {
  const SecretsFile file{"secrets.toml", Secret{to_bytes("[sites.elsewhere]\n")}};
  EXPECT_THAT(parse_secrets(file, nullptr).diagnostics, IsEmpty());
}

TEST(SecretsFile, IsKnownByItsNameOrItsTables) {
  EXPECT_TRUE(looks_like_secrets({"/etc/tunneld/secrets.toml", ""}));
  EXPECT_TRUE(looks_like_secrets({"secrets.toml.new", "talisker"}));
  EXPECT_TRUE(looks_like_secrets({"new.toml", "# ours\n[secrets]\ntalisker"}));
  EXPECT_TRUE(looks_like_secrets({"new.toml", "[sites.labs]\n"}));
  EXPECT_FALSE(looks_like_secrets({"sites/labs.toml", dial_profile()}));
}

TEST(Masking, ShowsNamesAndNothingBehindThem) {
  EXPECT_EQ(masked("[secrets]"), "[secrets]");
  EXPECT_EQ(masked("  [sites.labs]  "), "  [sites.labs]");
  EXPECT_EQ(masked("[secrets] # hunter"), "[secrets] ***");
  EXPECT_EQ(masked("talisker = \"hunter\""), "talisker = ***");
  EXPECT_EQ(masked("\ttalisker= hunter\r"), "\ttalisker= ***");
  EXPECT_EQ(masked("\"labs gateway\" = 'hunter'"), "\"labs gateway\" = ***");
  EXPECT_EQ(masked("'a=b' = 'hunter'"), "'a=b' = ***");
  EXPECT_EQ(masked("a = \"hunter = 2\""), "a = ***");
  EXPECT_EQ(masked("a = \"x\"\n\nb = \"hunter\""), "a = ***\n\nb = ***");
}

TEST(Masking, ShowsNothingOfALineThatMayBeASecret) {
  for (const auto* line : {"hunter", "hunter 2", "# a = hunter", "\"hunter = 2", "\"hunter",
                           "\"hunt\\\"er\" = 1", "talisker \"hunter=2\"", "aHVudGVy=", "aHVudGVy==",
                           "= hunter", "[\"hunter\"]", "[hunter", "a b = hunter", "{a = hunter}"}) {
    EXPECT_EQ(masked(line), "***") << line;
  }
}

TEST(Masking, ShowsNothingOfALineThatMayGoOnWithASecret) {
  EXPECT_EQ(masked("a =\nb = hunter"), "***\n***");
  EXPECT_EQ(masked("a = [\n\nhunter = 2,\nb = 1"), "a = ***\n\n***\n***");
  EXPECT_EQ(masked("a = \"\"\"\nhunter = 2\n\"\"\"\n[secrets]\nb = 1"), "***\n***\n***\n***\n***");
  EXPECT_EQ(masked("a = '''\nhunter = 2"), "***\n***");
}

/// Whatever a file of secrets becomes by a slip of the pen, what is said about it shows none.
void expect_discretion(const std::string& text) {
  for (const auto& diagnostic : read(text).diagnostics) {
    const auto told = explain(diagnostic) + diagnostic.source_line;
    EXPECT_THAT(told, Not(HasSubstr("hunter"))) << text;
    EXPECT_THAT(told, Not(HasSubstr("secret2"))) << text;
  }
}

const std::string kDelicate =
    "[secrets] # was hunter0\r\ntalisker = \"hunter1 secret2\"\n\"labs gateway\" = 'hunter2=3'\n"
    "[sites.labs]\nardbeg = \"hunter\\u0033\"\nlagavulin = \"hunter4==\"\n";

TEST(Mistakes, InAFileOfSecretsNeverShowThem) {
  for (std::size_t at = 0; at < kDelicate.size(); ++at) {
    expect_discretion(kDelicate.substr(0, at));
    expect_discretion(std::string{kDelicate}.erase(at, 1));
    for (const char c : std::string_view{"\"'=[]{},\\\n #x1.\x01\xff"}) {
      auto changed = kDelicate;
      changed[at] = c;
      expect_discretion(changed);
      expect_discretion(std::string{kDelicate}.insert(at, 1, c));
    }
  }
}

TEST(Mistakes, InAFileOfSecretsDoNotShowHowLongTheyAre) {
  const auto loaded = read("[secrets]\ntalisker = \"hunter2hunter2hunter2\n");
  ASSERT_EQ(loaded.diagnostics.size(), 1U);
  EXPECT_EQ(loaded.diagnostics[0].source_line, "talisker = ***");
  EXPECT_LE(loaded.diagnostics[0].last_column, 17U);
}

}  // namespace
}  // namespace tunnel::config
