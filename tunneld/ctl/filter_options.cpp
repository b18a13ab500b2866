#include "tunneld/ctl/filter_options.hpp"

#include "tunneld/ctl/filter_help.hpp"

namespace tunnel::ctl {

namespace {

void rule_source(CLI::App* verb, RuleSource& source) {
  verb->add_option("--rules", source.rules, "A file in the language of ipf.rules")
      ->required()
      ->type_name("FILE");
  verb->add_option("--nat", source.nat, "A file in the language of ipnat.rules")->type_name("FILE");
  verb->add_option("--set", source.variables, "What $NAME stands for, in the rules of a site")
      ->type_name("NAME=VALUE")
      ->allow_extra_args(false);
}

}  // namespace

void FilterOptions::add_to(CLI::App& app, Chosen& chosen) {
  auto* filter = add_verb(app, "filter", "Look at rules of the packet filter, and try them");
  filter->require_subcommand(1);
  add_show(*filter, chosen);
  add_test(*filter, chosen);
  add_live(*filter, chosen);
  add_nat(app, chosen);
}

void FilterOptions::add_show(CLI::App& filter, Chosen& chosen) {
  auto* show = add_verb(filter, "show", "Show a file of rules as it is understood");
  rule_source(show, show_.source);
  add_json(show, show_.format);
  show->footer(kFilterShowFooter);
  yields(show, chosen, show_);
}

void FilterOptions::add_test(CLI::App& filter, Chosen& chosen) {
  auto* test = add_verb(filter, "test", "Show what rules do to packets");
  rule_source(test, test_.source);
  auto* file = test->add_option("--packets", test_.packets_file, "A file, a packet a line");
  file->type_name("FILE");
  test->add_option("packet", test_.packets, "Packets, each in quotes")
      ->type_name("PACKET")
      ->excludes(file);
  test->add_flag("--hex", test_.hex, "Packets are octets in hexadecimal");
  test->add_flag("--explain", test_.explain, "Say which rules matched, and why one decided");
  test->add_flag("--block-by-default", test_.block_by_default,
                 "Block what no rule matches, instead of \"nomatch\"");
  test->add_option("--address", test_.addresses, "The address of an interface, for 0/32")
      ->type_name("IFACE=ADDRESS")
      ->allow_extra_args(false);
  test->add_option("--seed", test_.seed, "Of the ports that are chosen by chance")
      ->capture_default_str();
  add_json(test, test_.format);
  test->footer(kFilterTestFooter);
  test->callback([this, &chosen] {
    if (test_.packets_file.empty() && test_.packets.empty()) {
      throw CLI::ValidationError("test", "name packets, or a file of them with --packets");
    }
    chosen = [this] { return Command{test_}; };
  });
}

void FilterOptions::add_live(CLI::App& filter, Chosen& chosen) {
  auto* stats = add_verb(filter, "stats", "Show what the rules in force have decided");
  stats->add_flag("--unused", stats_.unused, "Only the rules that have met no packet");
  add_json(stats, stats_.format);
  stats->footer(kFilterStatsFooter);
  yields(stats, chosen, stats_);

  auto* states = add_verb(filter, "states", "Show the connections that rules keep the state of");
  add_json(states, states_.format);
  states->footer(kFilterStatesFooter);
  yields(states, chosen, states_);

  auto* flush = add_verb(filter, "flush", "Let everything pass");
  flush->add_flag("--yes", flush_.yes, "Yes: no filter, no NAPT, no source checks")->required();
  add_json(flush, flush_.format);
  flush->footer(kFilterFlushFooter);
  yields(flush, chosen, flush_);
}

void FilterOptions::add_nat(CLI::App& app, Chosen& chosen) {
  auto* nat = add_verb(app, "nat", "Look at the translation of addresses");
  nat->require_subcommand(1);
  auto* rules = add_verb(*nat, "rules", "Show the rules of translation in force");
  add_json(rules, nat_rules_.format);
  yields(rules, chosen, nat_rules_);

  auto* sessions = add_verb(*nat, "sessions", "Show the translations that there are now");
  add_json(sessions, sessions_.format);
  sessions->footer(kNatSessionsFooter);
  yields(sessions, chosen, sessions_);
}

}  // namespace tunnel::ctl
