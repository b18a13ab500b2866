#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tunnel::test {

/// A document in Prometheus' text format, version 0.0.4, read strictly.
class ParsedExposition {
 public:
  using Labels = std::map<std::string, std::string>;

  struct Sample {
    std::string family;
    Labels labels{};
    double value = 0;
  };

  struct Family {
    std::string type;
    std::string help;
  };

  /// What the format, or node_exporter's textfile collector, does not allow throws
  /// std::runtime_error with the line: a sample without HELP and TYPE before it, a family that is
  /// there twice or not in one piece, a sample that is there twice, a time behind a value, a name
  /// with other characters, an escape that there is not, a last line without its end. So does what
  /// Prometheus' conventions do not: a counter that is not called _total, or anything else that is;
  /// and what we have no use for: empty lines and braces, more than one blank, other types.
  static ParsedExposition parse(std::string_view text);

  const std::map<std::string, Family>& families() const noexcept { return families_; }

  const std::vector<Sample>& samples() const noexcept { return samples_; }

  /// The value of this very sample; nullopt: there is none.
  std::optional<double> value(std::string_view family, const Labels& labels = {}) const;

 private:
  void take_line(std::string_view line);
  void take_comment(std::string_view line);
  void take_sample(std::string_view line);

  std::map<std::string, Family> families_;
  std::vector<Sample> samples_;
  std::string current_;
};

}  // namespace tunnel::test
