#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>

namespace tunnel::supervisor {

/// A document in Prometheus' text format, version 0.0.4: families of samples, each behind its HELP
/// and TYPE. Samples bear no time: the textfile collector of node_exporter takes none that does.
class Exposition {
 public:
  /// A counter only grows, but for a restart of tunneld; its name ends in _total.
  enum class Kind : std::uint8_t { Counter, Gauge };

  /// Names are those of the format, [a-zA-Z_][a-zA-Z0-9_]*; a value is any UTF-8.
  struct Label {
    std::string_view name;
    std::string_view value;
  };

  using Labels = std::initializer_list<Label>;

  /// The samples that follow are of this family. One of a name: the format has it that all samples
  /// of a family stand together.
  void family(std::string_view name, Kind kind, std::string_view help);

  void sample(Labels labels, std::uint64_t value);
  void sample(Labels labels, double value);

  std::string take() && { return std::move(text_); }

 private:
  void name_and_labels(Labels labels);

  std::string text_;
  std::string family_;
};

}  // namespace tunnel::supervisor
