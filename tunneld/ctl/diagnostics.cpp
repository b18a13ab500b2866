#include "tunneld/ctl/diagnostics.hpp"

#include "tunneld/ctl/terminal.hpp"
#include "tunneld/ctl/units.hpp"

#include <boost/json/object.hpp>

#include <set>

namespace tunnel::ctl {

std::string mistakes_text(const std::vector<Diagnostic>& mistakes) {
  std::string out;
  std::set<std::string> files;
  for (const auto& mistake : mistakes) {
    out += terminal_lines(explain(mistake)) + "\n\n";
    files.insert(mistake.file);
  }
  return out + counted(mistakes.size(), "mistake") + " in " + counted(files.size(), "file") + '\n';
}

boost::json::array mistakes_json(const std::vector<Diagnostic>& mistakes) {
  boost::json::array out;
  for (const auto& mistake : mistakes) {
    out.push_back(boost::json::object{{"file", mistake.file},
                                      {"line", mistake.line},
                                      {"first_column", mistake.first_column},
                                      {"last_column", mistake.last_column},
                                      {"message", mistake.message},
                                      {"source_line", mistake.source_line},
                                      {"hint", mistake.hint}});
  }
  return out;
}

}  // namespace tunnel::ctl
