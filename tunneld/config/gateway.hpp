#pragma once

#include "tunneld/config/parse.hpp"
#include "tunneld/config/report.hpp"

namespace tunnel::config {

/// Reads tunneld.toml; what is wrong in it goes to the report. Every key has a default.
Gateway read_gateway(const SourceFile& file, const Facts& facts, Report& report);

/// Whether a file that goes by another name than tunneld.toml is one all the same.
bool looks_like_gateway(const SourceFile& file);

}  // namespace tunnel::config
