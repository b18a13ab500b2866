#pragma once

#include <CLI/CLI.hpp>
#include <string>
#include <utility>

namespace tunnel::bridge {

/// Says what a word should be, where one of our own parsers does not take it.
template <typename Parse>
CLI::Validator must_be(Parse parse, std::string what) {
  return CLI::Validator{[parse, what](std::string& word) {
                          return parse(word) ? std::string{} : "\"" + word + "\" is not " + what;
                        },
                        ""};
}

/// Stores words that have been through must_be() with the same parser.
template <typename Parse, typename Store>
CLI::callback_t storing(Parse parse, Store store) {
  return [parse, store](const CLI::results_t& words) {
    for (const auto& word : words) {
      auto value = parse(word);
      if (!value) return false;
      store(std::move(*value));
    }
    return true;
  };
}

}  // namespace tunnel::bridge
