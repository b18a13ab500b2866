#pragma once

#include "tunneld/ctl/option_parts.hpp"

namespace tunnel::ctl {

/// The verbs `filter …` and `nat …` on the command line, and what they are told.
class FilterOptions {
 public:
  void add_to(CLI::App& app, Chosen& chosen);

 private:
  void add_show(CLI::App& filter, Chosen& chosen);
  void add_test(CLI::App& filter, Chosen& chosen);
  void add_live(CLI::App& filter, Chosen& chosen);
  void add_nat(CLI::App& app, Chosen& chosen);

  FilterShowCommand show_{};
  FilterTestCommand test_{};
  FilterStatsCommand stats_{};
  FilterFlushCommand flush_{};
  FilterStatesCommand states_{};
  NatRulesCommand nat_rules_{};
  NatSessionsCommand sessions_{};
};

}  // namespace tunnel::ctl
