// What Prometheus is told: that it is of its format, all there, and right.

#include "tunneld/supervisor/metrics.hpp"

#include "tests/supervisor/exposition_parser.hpp"
#include "tunneld/supervisor/exposition.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <stdexcept>

namespace tunnel::supervisor {
namespace {

using namespace std::chrono_literals;
using test::ParsedExposition;
using testing::HasSubstr;
using testing::Not;

using Labels = ParsedExposition::Labels;

TEST(ExpositionTest, IsAFamilyBehindItsHelpAndItsType) {
  Exposition out;
  out.family("tunneld_a_total", Exposition::Kind::Counter, "What a is.");
  out.sample({{"site", "labs"}, {"direction", "in"}}, std::uint64_t{18446744073709551615U});
  out.sample({}, std::uint64_t{0});
  out.family("tunneld_b", Exposition::Kind::Gauge, "What b is.");
  out.sample({{"site", "labs"}}, 0.00031);
  EXPECT_EQ(std::move(out).take(), R"(# HELP tunneld_a_total What a is.
# TYPE tunneld_a_total counter
tunneld_a_total{site="labs",direction="in"} 18446744073709551615
tunneld_a_total 0
# HELP tunneld_b What b is.
# TYPE tunneld_b gauge
tunneld_b{site="labs"} 0.00031
)");
}

TEST(ExpositionTest, EscapesWhatWouldEndAValueOrALine) {
  Exposition out;
  out.family("tunneld_a", Exposition::Kind::Gauge, "a \"b\" \\ c\nd");
  out.sample({{"site", "a \"b\" \\ c\nd"}}, std::uint64_t{1});
  const auto text = std::move(out).take();
  EXPECT_THAT(text, HasSubstr("# HELP tunneld_a a \"b\" \\\\ c\\nd\n"));
  EXPECT_THAT(text, HasSubstr("{site=\"a \\\"b\\\" \\\\ c\\nd\"} 1\n"));

  const auto parsed = ParsedExposition::parse(text);
  EXPECT_EQ(parsed.families().at("tunneld_a").help, "a \"b\" \\ c\nd");
  EXPECT_EQ(parsed.value("tunneld_a", {{"site", "a \"b\" \\ c\nd"}}), 1);
}

TEST(ExpositionTest, KeepsEveryOctetOfAValue) {
  std::string all;
  for (int octet = 1; octet < 256; ++octet) all += static_cast<char>(octet);
  Exposition out;
  out.family("tunneld_a", Exposition::Kind::Gauge, "help");
  out.sample({{"site", all}}, std::uint64_t{1});
  EXPECT_EQ(ParsedExposition::parse(std::move(out).take()).value("tunneld_a", {{"site", all}}), 1);
}

// The parser of these tests, which is to find what is wrong.
TEST(ExpositionParser, TakesNothingThatTheFormatDoesNotAllow) {
  const std::string begin = "# HELP a x\n# TYPE a gauge\n";
  EXPECT_NO_THROW(ParsedExposition::parse(begin + "a{b=\"c\"} 1\na 2.5e-05\n"));
  for (const auto* wrong : {"a 1",
                            "a 1 1395066363000\n",
                            "a\n",
                            "a x\n",
                            "a{b=\"c} 1\n",
                            "a{b=c} 1\n",
                            "a{} 1\n",
                            "a{b=\"\\x\"} 1\n",
                            "a{1b=\"c\"} 1\n",
                            "a{b=\"c\",b=\"d\"} 1\n",
                            "a  1\n",
                            "b 1\n",
                            "a 1\na 2\n",
                            "\n",
                            "# HELP a y\n",
                            "# TYPE a gauge\n",
                            "# TYPE b gauge\n",
                            "# HELP b x\nb 1\n",
                            "# HELP b x\n# TYPE b counter\n",
                            "# HELP b x\n# TYPE b sum\n",
                            "# HELP b_total x\n# TYPE b_total gauge\n",
                            "# HELP b x\n# TYPE b gauge\na 1\n"}) {
    EXPECT_THROW(ParsedExposition::parse(begin + wrong), std::runtime_error) << wrong;
  }
}

/// A site that is up, with a different number in each counter: the place it has on the wire.
SiteMetrics labs() {
  SiteMetrics site{.site = "labs",
                   .interface = "tun0",
                   .role = ipc::Role::Answer,
                   .state = State::Up,
                   .wanted = true,
                   .established = 3,
                   .failures = 2,
                   .last_established = audit::WallTime{1113397331s},
                   .has_link = true};
  std::uint64_t number = 100;
  for (const auto counter : ipc::kCounters) site.total.*counter = number++;
  site.total.round_trip_us = 840;
  site.total.queue_packets = 4;
  site.total.queue_bytes = 4300;
  site.total.queue_delay_us = 310;
  site.total.queue_delay_max_us = 12100;
  return site;
}

SiteMetrics attic() {
  return {.site = "attic", .interface = "tun1", .state = State::Waiting, .wanted = true};
}

ParsedExposition told(std::vector<SiteMetrics> sites) {
  return ParsedExposition::parse(metrics_text({.version = "0.1.0",
                                               .started = audit::WallTime{1113300000500ms},
                                               .lost_log_lines = 1,
                                               .lost_packet_records = 2,
                                               .lost_flow_events = 3,
                                               .filter_repairs = 4,
                                               .conflicts = 5,
                                               .sites = std::move(sites)}));
}

TEST(Metrics, TellOfTheGateway) {
  const auto metrics = told({});
  EXPECT_EQ(metrics.value("tunneld_build_info", {{"version", "0.1.0"}}), 1);
  EXPECT_EQ(metrics.value("tunneld_start_time_seconds"), 1113300000.5);
  EXPECT_EQ(metrics.value("tunneld_lost_log_lines_total"), 1);
  EXPECT_EQ(metrics.value("tunneld_lost_packet_records_total"), 2);
  EXPECT_EQ(metrics.value("tunneld_lost_flow_events_total"), 3);
  EXPECT_EQ(metrics.value("tunneld_filter_repairs_total"), 4);
  EXPECT_EQ(metrics.value("tunneld_conflicts"), 5);
  EXPECT_EQ(metrics.samples().size(), 7U) << "nothing of sites where there are none";
}

TEST(Metrics, TellOfALinkThatIsUp) {
  const auto metrics = told({attic(), labs()});
  const auto of_labs = [&](std::string_view family) {
    return metrics.value(family, {{"site", "labs"}});
  };
  EXPECT_EQ(metrics.value("tunneld_site_info",
                          {{"site", "labs"}, {"interface", "tun0"}, {"role", "answer"}}),
            1);
  EXPECT_EQ(of_labs("tunneld_site_up"), 1);
  EXPECT_EQ(of_labs("tunneld_site_wanted"), 1);
  EXPECT_EQ(of_labs("tunneld_site_established_total"), 3);
  EXPECT_EQ(of_labs("tunneld_site_last_established_timestamp_seconds"), 1113397331);
  EXPECT_EQ(of_labs("tunneld_site_failures"), 2);
  EXPECT_EQ(of_labs("tunneld_site_round_trip_seconds"), 0.00084);
  EXPECT_EQ(of_labs("tunneld_site_queue_packets"), 4);
  EXPECT_EQ(of_labs("tunneld_site_queue_bytes"), 4300);
  EXPECT_EQ(of_labs("tunneld_site_queue_delay_seconds"), 0.00031);
  EXPECT_EQ(of_labs("tunneld_site_queue_delay_max_seconds"), 0.0121);
}

TEST(Metrics, HaveNoValueForWhatThereIsNotAtTheMoment) {
  auto down = labs();
  down.state = State::Waiting;
  down.has_link = false;
  down.last_established.reset();
  const auto metrics = told({down});
  for (const auto* family :
       {"tunneld_site_round_trip_seconds", "tunneld_site_queue_packets", "tunneld_site_queue_bytes",
        "tunneld_site_queue_delay_seconds", "tunneld_site_queue_delay_max_seconds",
        "tunneld_site_last_established_timestamp_seconds"}) {
    EXPECT_TRUE(metrics.families().contains(family)) << family;
    EXPECT_EQ(metrics.value(family, {{"site", "labs"}}), std::nullopt) << family;
  }
  EXPECT_EQ(metrics.value("tunneld_site_up", {{"site", "labs"}}), 0);
  auto no_echo_yet = labs();
  no_echo_yet.total.round_trip_us = 0;
  EXPECT_EQ(told({no_echo_yet}).value("tunneld_site_round_trip_seconds", {{"site", "labs"}}),
            std::nullopt);
}

TEST(Metrics, HaveASiteInOneStateOfAll) {
  const auto metrics = told({attic()});
  double sum = 0;
  for (std::size_t i = 0; i < kStates; ++i) {
    const std::string state{name(static_cast<State>(i))};
    const auto value = metrics.value("tunneld_site_state", {{"site", "attic"}, {"state", state}});
    ASSERT_TRUE(value) << state;
    sum += *value;
  }
  EXPECT_EQ(sum, 1);
  EXPECT_EQ(metrics.value("tunneld_site_state", {{"site", "attic"}, {"state", "waiting"}}), 1);
}

TEST(Metrics, HaveEveryCounterOnceUnderItsOwnName) {
  const auto metrics = told({labs()});
  const auto direction = [&](const std::string& what, const char* which) {
    return metrics.value("tunneld_site_" + what + "_total",
                         {{"site", "labs"}, {"direction", which}});
  };
  const auto drop = [&](const char* reason) {
    return metrics.value("tunneld_site_drops_total", {{"site", "labs"}, {"reason", reason}});
  };
  const auto alone = [&](const std::string& what) {
    return metrics.value("tunneld_site_" + what + "_total", {{"site", "labs"}});
  };
  // As ipc::Statistics has them.
  const std::vector<std::optional<double>> in_order{direction("packets", "in"),
                                                    direction("bytes", "in"),
                                                    direction("packets", "out"),
                                                    direction("bytes", "out"),
                                                    drop("source"),
                                                    drop("malformed"),
                                                    drop("too_big"),
                                                    drop("down"),
                                                    drop("tun"),
                                                    alone("bad_frames"),
                                                    direction("wire_bytes", "in"),
                                                    direction("wire_bytes", "out"),
                                                    drop("control"),
                                                    direction("super_packets", "in"),
                                                    direction("super_packets", "out"),
                                                    alone("splits"),
                                                    alone("segments"),
                                                    alone("joins"),
                                                    alone("mss_clamped"),
                                                    alone("ecn_marked"),
                                                    drop("queue"),
                                                    drop("full"),
                                                    drop("metadata")};
  ASSERT_EQ(in_order.size(), ipc::kCounters.size());
  for (std::size_t i = 0; i < in_order.size(); ++i) {
    EXPECT_EQ(in_order[i], 100 + static_cast<double>(i)) << i;
  }
}

}  // namespace
}  // namespace tunnel::supervisor
