// [ppp.auth] of a profile, and the secrets it needs.

#include "tunneld/base/text.hpp"
#include "tunneld/config/document.hpp"
#include "tunneld/config/ppp_values.hpp"
#include "tunneld/config/site_draft.hpp"
#include "tunneld/config/values.hpp"

#include <algorithm>
#include <utility>

namespace tunnel::config {

namespace {

constexpr std::string_view kMethodsExample = "[\"mschap-v2\", \"chap-md5\"]";

using Methods = std::vector<Located<AuthMethod>>;

/// How an end proves itself where the profile has its name and no list: PAP only where it is asked
/// for by name, for it hands the secret over.
std::vector<AuthMethod> default_methods() {
  return {AuthMethod::MsChapV2, AuthMethod::ChapMd5};
}

std::vector<AuthMethod> values(const Methods& methods) {
  std::vector<AuthMethod> all;
  for (const auto& method : methods) all.push_back(method.value);
  return all;
}

Methods read_methods(TableReader& in, std::string_view key, Report& report) {
  auto methods = in.list(key, auth_method);
  for (auto at = methods.begin(); at != methods.end(); ++at) {
    const auto same = [&](const auto& other) { return other.value == at->value; };
    if (std::none_of(methods.begin(), at, same)) continue;
    report.error(at->where, in_quotes(word(at->value)) + " stands twice in the list",
                 "remove one of them");
  }
  return methods;
}

/// A secret that the profile cannot do without.
void check_secret(const Located<std::string>& name, SiteDraft& draft, const Facts& facts) {
  if (facts.secrets == nullptr || !draft.name) return;
  if (facts.secrets->find(*draft.name, name.value) != nullptr) return;
  draft.report.error(name.where, "secrets.toml has no secret for " + in_quotes(name.value),
                     "write it there, below [secrets] or [sites." + draft.name->str() +
                         "]: " + in_quotes(name.value) + " = \"...\"");
}

void read_requirement(TableReader& in, SiteDraft& draft, const Facts& facts) {
  auto& auth = draft.ppp.auth;
  const auto methods = read_methods(in, "require", draft.report);
  auth.require = values(methods);
  const auto peer = methods.empty() ? in.optional("peer", ppp_name)
                                    : in.required("peer", ppp_name,
                                                  "\"NAME\", the name that the far end must prove");
  const auto interval = in.optional("rechallenge", rechallenge_interval);
  if (interval) auth.rechallenge = interval->value;
  if (peer) auth.peer = peer->value;
  if (peer && !methods.empty()) check_secret(*peer, draft, facts);
  if (peer && !in.has("require")) {
    draft.report.error(
        peer->where, "nothing makes the far end prove this name",
        "write require = " + std::string{kMethodsExample} + ", or leave \"peer\" out");
  }
  const bool challenged = std::any_of(methods.begin(), methods.end(), [](const auto& method) {
    return method.value != AuthMethod::Pap;
  });
  if (auth.rechallenge != std::chrono::milliseconds{0} && !challenged) {
    draft.report.error(interval->where, "nobody is challenged, so that nobody can be again",
                       "write require with \"chap-md5\" or \"mschap-v2\", or leave it out");
  }
}

void read_own_proof(TableReader& in, SiteDraft& draft, const Facts& facts) {
  auto& auth = draft.ppp.auth;
  const auto methods = read_methods(in, "accept", draft.report);
  const auto name = methods.empty()
                        ? in.optional("name", ppp_name)
                        : in.required("name", ppp_name, "\"NAME\", the name that this end proves");
  if (name) auth.name = name->value;
  auth.accept = in.has("accept") || !name ? values(methods) : default_methods();
  if (name && !auth.accept.empty()) check_secret(*name, draft, facts);
}

}  // namespace

void read_auth(TableReader& ppp, SiteDraft& draft, const Facts& facts) {
  auto in = ppp.table("auth", "ppp.auth");
  read_requirement(in, draft, facts);
  read_own_proof(in, draft, facts);
  in.finish();
}

}  // namespace tunnel::config
