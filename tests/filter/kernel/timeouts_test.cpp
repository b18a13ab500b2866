// What libnftables is told about ages in its own language, and what becomes of the rest.

#include "filter/kernel/timeouts.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <gmock/gmock.h>

namespace tunnel::filter::kernel {
namespace {

boost::json::object commands(const std::string& text) {
  return boost::json::parse(text).as_object();
}

std::string with_timeout(const std::string& name) {
  return R"({"nftables":[{"add":{"table":{"family":"inet","name":"t"}}},)"
         R"({"delete":{"table":{"family":"inet","name":"t"}}},)"
         R"({"add":{"ct timeout":{"family":"inet","table":"t","name":")" +
         name + R"(","protocol":"udp","l3proto":"ip","policy":{"unreplied":120,"replied":12}}}}]})";
}

TEST(Timeouts, AreMadeByText) {
  const auto parts = split(commands(with_timeout("age")));
  EXPECT_EQ(parts.text,
            "add table inet t\n"
            "add ct timeout inet t age { protocol udp; l3proto ip; "
            "policy = { unreplied : 120, replied : 12 }; }\n");
  EXPECT_EQ(parts.commands.at("nftables").as_array().size(), 2U);
}

TEST(Timeouts, WithNamesThatAreNoneStayData) {
  const auto before = commands(with_timeout("age { }; flush ruleset; #"));
  const auto parts = split(before);
  EXPECT_EQ(parts.text, "");
  EXPECT_EQ(parts.commands, before);
}

TEST(Timeouts, OutliveTheirTableWhichIsEmptiedOfAllElse) {
  const auto listed =
      boost::json::parse(R"({"nftables":[{"table":{"family":"inet","name":"t"}},)"
                         R"({"ct timeout":{"family":"inet","table":"t","name":"age"}},)"
                         R"({"ct helper":{"family":"inet","table":"t","name":"ftp"}},)"
                         R"({"chain":{"family":"inet","table":"t","name":"c","handle":7}},)"
                         R"({"map":{"family":"inet","table":"t","name":"m"}}]})");
  const auto emptied = emptying(split(commands(with_timeout("age"))), listed);
  EXPECT_EQ(boost::json::serialize(emptied),
            R"({"nftables":[{"add":{"table":{"family":"inet","name":"t"}}},)"
            R"({"flush":{"table":{"family":"inet","name":"t"}}},)"
            R"({"delete":{"map":{"family":"inet","name":"m","table":"t"}}},)"
            R"({"delete":{"chain":{"family":"inet","name":"c","table":"t"}}}]})");
}

}  // namespace
}  // namespace tunnel::filter::kernel
