#include "tests/interop/pppd_link.hpp"

#include "tests/interop/payload.hpp"

#include <boost/json/parse.hpp>

#include <iostream>
#include <utility>

namespace tunnel::test {

namespace {

constexpr auto kInterface = "tun0";
constexpr unsigned kSmall = 56;
constexpr unsigned kIpv4Header = 20;
constexpr unsigned kIcmpHeader = 8;
/// In a second frame, whatever the MTU, but not too large for a slow line.
constexpr unsigned kMore = 500;

/// The data of an echo request that fills an IPv4 packet of the MTU.
unsigned filling(unsigned mtu) {
  return mtu - kIpv4Header - kIcmpHeader;
}

}  // namespace

void PppdLink::TearDown() {
  if (!HasFailure()) return;
  std::cout << "---- The console of the guest:\n" << guest_.console();
  if (bridge_) std::cout << "---- pppd-bridge:\n" << bridge_->printed();
  std::cout << "----" << std::endl;
}

void PppdLink::start_pppd(const std::string& options, const std::string& addresses) {
  if (!bridge_ && !line_) line_ = guest_.connect();
  guest_.start_pppd(addresses, options);
}

Process& PppdLink::start_bridge(const std::vector<std::string>& options) {
  bridge_.reset();
  if (!line_) line_ = guest_.connect();
  std::vector<std::string> command{TUNNEL_BIN_DIR "/pppd-bridge",
                                   "stdio",
                                   "--debug",
                                   "--interface",
                                   kInterface,
                                   "--local",
                                   kOurs,
                                   "--remote",
                                   kPppds};
  command.insert(command.end(), options.begin(), options.end());
  bridge_.emplace(std::move(command), Streams{line_.get(), line_.get()});
  line_.reset();
  return *bridge_;
}

void PppdLink::join(const std::string& pppd_options,
                    const std::vector<std::string>& bridge_options) {
  start_pppd(pppd_options);
  start_bridge(bridge_options);
  wait_until_up();
}

void PppdLink::wait_until_up() {
  bridge_->wait_for(" is up: ");
  guest_.wait_for("remote IP address", ++times_up_);
}

unsigned PppdLink::our_mtu() const {
  const auto link = run({"ip", "-json", "link", "show", kInterface});
  return boost::json::parse(link.out).at(0).at("mtu").to_number<unsigned>();
}

unsigned PppdLink::pppds_mtu() {
  return static_cast<unsigned>(std::stoul(guest_.shell("cat /sys/class/net/ppp0/mtu")));
}

void PppdLink::expect_pings_cross() {
  const auto ours = filling(our_mtu());
  const auto pppds = filling(pppds_mtu());
  for (const auto size : {kSmall, ours, ours + kMore}) {
    ASSERT_TRUE(pings(kPppds, size)) << "our end has no answer to " << size << " bytes of data";
  }
  for (const auto size : {kSmall, pppds, pppds + kMore}) {
    ASSERT_TRUE(guest_.reaches(kOurs, size)) << "pppd's has none to " << size << " bytes of data";
  }
}

void PppdLink::expect_packets_cross() {
  ASSERT_NO_FATAL_FAILURE(expect_pings_cross());
  echo(connect_tcp(kPppds, kEchoPort).get());
}

}  // namespace tunnel::test
