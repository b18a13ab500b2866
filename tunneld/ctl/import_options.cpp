#include "tunneld/ctl/import_options.hpp"

#include "tunneld/ctl/import_help.hpp"

namespace tunnel::ctl {

void ImportOptions::add_to(CLI::App& app, Chosen& chosen) {
  auto* import = add_verb(app, "import", "Take over the configuration of another gateway");
  import->require_subcommand(1);
  auto* freebsd =
      add_verb(*import, "freebsd", "Take over ppp.conf, ipf.rules and what belongs to them");
  freebsd->add_option("dir", freebsd_.from, "Where its files are")->type_name("DIR")->required();
  freebsd->add_option("--to", freebsd_.to, "The folder to make [tunneld-import]")->type_name("OUT");
  add_json(freebsd, freebsd_.format);
  freebsd->footer(kImportFreebsdFooter);
  yields(freebsd, chosen, freebsd_);
}

}  // namespace tunnel::ctl
