#pragma once

#include "tunneld/config/parse.hpp"
#include "tunneld/config/report.hpp"
#include "tunneld/config/site_draft.hpp"
#include "tunneld/config/table_reader.hpp"

#include <optional>
#include <string>
#include <vector>

namespace tunnel::config {

/// A pool as far as it could be read.
struct PoolDraft {
  Located<std::string> name;
  std::vector<Located<AddressRange>> addresses{};
};

/// tunneld.toml: every key of [gateway] has a default.
struct GatewayDraft {
  Gateway gateway;
  std::vector<PoolDraft> pools{};  // sorted by name
  std::optional<Filter> filter{};  // without what the profiles add
  std::optional<Metrics> metrics{};
};

/// Reads tunneld.toml; what is wrong in it goes to the report.
GatewayDraft read_gateway(const SourceFile& file, const Facts& facts, Report& report);

/// Reads [pools]; what is wrong in each of them, and between them, goes to the report.
std::vector<PoolDraft> read_pools(const Table& root, Report& report);

/// Adds to the reports of sites what is wrong between them and the pools: a pool that is not there,
/// or an address or network of a site in one. `gateway` is the report of the pools' file.
void compare_pools(const std::vector<PoolDraft>& pools, const Report& gateway,
                   std::vector<SiteDraft>& sites);

/// Whether a file that goes by another name than tunneld.toml is one all the same.
bool looks_like_gateway(const SourceFile& file);

}  // namespace tunnel::config
