#pragma once

#include "tunneld/import/findings.hpp"
#include "tunneld/import/tree.hpp"

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace tunnel::importer {

/// A variable of rc.conf, and where it was set last.
struct RcValue {
  std::string text{};
  Place where{};

  bool operator==(const RcValue&) const = default;
};

/// The variables of rc.conf(5). The file is a shell's, but nothing in it is run: assignments are
/// read, with the shell's quotes, and with $NAME where an earlier line has set it; lines of another
/// kind are passed over.
class RcConf {
 public:
  using Values = std::map<std::string, RcValue, std::less<>>;

  /// Reads one more file; later lines win.
  void read(const OldFile& file);

  /// nullptr: it is not set.
  const RcValue* find(std::string_view name) const;
  /// Its text; empty where it is not set.
  std::string text(std::string_view name) const;
  /// As checkyesno of rc.subr(8) takes it.
  bool is_yes(std::string_view name) const;

  const Values& values() const noexcept { return values_; }

  /// Whether there was any file.
  bool empty() const noexcept { return !read_; }

 private:
  Values values_;
  bool read_ = false;
};

/// The words of a variable that is a list.
std::vector<std::string> list_of(std::string_view text);

}  // namespace tunnel::importer
