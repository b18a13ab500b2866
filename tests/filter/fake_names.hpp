#pragma once

#include "filter/language/names.hpp"

#include <map>
#include <string>
#include <vector>

namespace tunnel::filter::test {

/// A few names, the same on every machine.
class FakeNames final : public language::Names {
 public:
  std::vector<Address> host(const std::string& name) const override {
    if (name == "gw.example") return {*Ipv4Address::parse("192.0.2.1")};
    if (name == "six.example") return {*Ipv6Address::parse("2001:db8::6")};
    if (name == "two.example") return {Ipv4Address{1}, Ipv4Address{2}};
    return {};
  }

  std::optional<std::uint16_t> service(const std::string& name,
                                       const std::string& protocol) const override {
    if (name == "ftp" && protocol != "udp") return 21;
    if (name == "http") return 80;
    if (name == "tftp" && protocol != "tcp") return 69;
    return std::nullopt;
  }

  std::optional<std::uint8_t> protocol(const std::string& name) const override {
    static const std::map<std::string, std::uint8_t> kKnown{
        {"icmp", 1}, {"tcp", 6}, {"udp", 17}, {"gre", 47}, {"ipv6-icmp", 58}};
    const auto found = kKnown.find(name);
    return found == kKnown.end() ? std::nullopt : std::optional{found->second};
  }
};

}  // namespace tunnel::filter::test
