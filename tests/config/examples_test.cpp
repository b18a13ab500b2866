// The examples that administrators copy from are right, and the broken ones are broken as they say.

#include "tests/config/profiles.hpp"
#include "tunneld/config/secrets_file.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>

namespace tunnel::config {
namespace {

namespace fs = std::filesystem;

const fs::path kExamples = fs::path{TUNNEL_SOURCE_DIR} / "examples";

SourceFile example(const fs::path& path) {
  return {path.filename().string(), contents(kExamples / path), {.error = {}, .mode = 0644}};
}

Configuration configuration(const std::string& gateway, const std::string& site) {
  const auto folder = fs::path{"profiles"} / gateway;
  const std::vector<SourceFile> sites{example(folder / "sites" / (site + ".toml"))};
  auto loaded = parse(example(folder / "tunneld.toml"), sites, make_facts());
  for (const auto& diagnostic : loaded.diagnostics) ADD_FAILURE() << explain(diagnostic);
  return loaded.configuration.value_or(Configuration{});
}

TEST(ExampleProfiles, AreTheReferencePairOfSites) {
  const auto home = configuration("home", "labs");
  const auto labs = configuration("labs", "home");
  ASSERT_EQ(home.sites.size(), 1U);
  ASSERT_EQ(labs.sites.size(), 1U);
  EXPECT_EQ(home.sites[0].role(), Role::Dial);
  EXPECT_EQ(labs.sites[0].role(), Role::Answer);
  EXPECT_EQ(home.sites[0].ppp.local, labs.sites[0].ppp.remote);
  EXPECT_EQ(home.sites[0].ppp.remote, labs.sites[0].ppp.local);
}

TEST(ExampleProfiles, ShowTheDefaults) {
  const auto shown = configuration("home", "labs");
  ASSERT_EQ(shown.sites.size(), 1U);
  EXPECT_EQ(shown.gateway, Gateway{.name = "talisker"});
  const auto& site = shown.sites[0];
  EXPECT_EQ(site.reconnect, Reconnect{});
  EXPECT_EQ(site.routes, (Routes{.remote = site.routes.remote}));
  EXPECT_EQ(site.ppp, (Ppp{.interface = site.ppp.interface,
                           .local = site.ppp.local,
                           .remote = site.ppp.remote,
                           .ident = site.ppp.ident}));
  EXPECT_EQ(*site.dial(), (Dial{.host = site.dial()->host,
                                .identity = site.dial()->identity,
                                .host_keys = site.dial()->host_keys}));
}

/// A broken example is one site's profile alone; or a gateway's file; or secrets for the site of
/// examples/profiles/home; or a second site beside that one.
Loaded load_broken(const std::string& name) {
  const auto file = example(fs::path{"broken"} / name);
  if (name.starts_with("secrets-")) {
    const std::vector<SiteName> sites{*SiteName::parse("labs")};
    auto secrets = parse_secrets({file.name, Secret{to_bytes(file.text)}}, &sites);
    return {.diagnostics = std::move(secrets.diagnostics)};
  }
  if (name.starts_with("gateway-")) return parse(file, {}, make_facts());
  if (name.starts_with("auth-secret-")) {
    const Secrets none;
    auto facts = make_facts();
    facts.secrets = &none;
    return parse_alone(file, facts);
  }
  std::vector<SourceFile> sites{file};
  if (name.starts_with("second-")) sites.push_back(example("profiles/home/sites/labs.toml"));
  return parse(gateway_file(), sites, make_facts());
}

std::vector<std::string> names_in_broken(std::string_view extension) {
  std::vector<std::string> names;
  for (const auto& entry : fs::directory_iterator{kExamples / "broken"}) {
    if (entry.path().extension() == extension) names.push_back(entry.path().stem().string());
  }
  std::sort(names.begin(), names.end());
  return names;
}

class BrokenExample : public ::testing::TestWithParam<std::string> {};

TEST_P(BrokenExample, IsExplainedAsExpected) {
  const auto loaded = load_broken(GetParam() + ".toml");
  EXPECT_FALSE(loaded.configuration);
  ASSERT_EQ(loaded.diagnostics.size(), 1U) << "each shows one mistake";
  EXPECT_EQ(explain(loaded.diagnostics[0]) + '\n',
            contents(kExamples / "broken" / (GetParam() + ".expected")));
}

std::string test_name(const ::testing::TestParamInfo<std::string>& info) {
  auto name = info.param;
  std::replace(name.begin(), name.end(), '-', '_');
  return name;
}

INSTANTIATE_TEST_SUITE_P(All, BrokenExample, ::testing::ValuesIn(names_in_broken(".toml")),
                         test_name);

TEST(BrokenExamples, AreManyAndEachHasItsExpectation) {
  EXPECT_GE(names_in_broken(".toml").size(), 30U);
  EXPECT_EQ(names_in_broken(".toml"), names_in_broken(".expected"));
}

}  // namespace
}  // namespace tunnel::config
