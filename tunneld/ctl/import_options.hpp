#pragma once

#include "tunneld/ctl/option_parts.hpp"

namespace tunnel::ctl {

/// The verbs `import …` on the command line, and what they are told.
class ImportOptions {
 public:
  void add_to(CLI::App& app, Chosen& chosen);

 private:
  ImportFreebsdCommand freebsd_{};
};

}  // namespace tunnel::ctl
