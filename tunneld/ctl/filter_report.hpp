#pragma once

#include "filter/evaluator/outcome.hpp"
#include "filter/model/nat_rule.hpp"
#include "filter/model/rule_lists.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include <string>

namespace tunnel::ctl {

/// Where rules stand, for messages: the names of the files, by Place::file.
struct FileNames {
  std::string rules{};
  std::string nat{};

  /// "ipf.rules:16"
  std::string place_text(const filter::Place& place) const;
};

/// What happened to a packet, a line each, indented.
std::string steps_text(const filter::evaluator::Trace& trace,
                       const filter::evaluator::Outcome& outcome, const FileNames& files);

boost::json::array steps_json(const filter::evaluator::Trace& trace);

boost::json::array log_json(const filter::evaluator::Outcome& outcome);

/// {"rule":"@300:2","file":…,"line":…,"text":…}
boost::json::object rule_json(const filter::Rule& rule, const filter::RuleId& id,
                              const FileNames& files);
boost::json::object rule_json(const filter::NatRule& rule, const FileNames& files);

}  // namespace tunnel::ctl
