#pragma once

#include "filter/model/rule.hpp"

#include <string>

// The canonical forms of what rules of both languages are made of.

namespace tunnel::filter::language {

/// "10.0.0.0/8", "10.0.2.0/255.0.255.0"; with its mask even where it is one host.
std::string network_text(const MaskedIpv4& network);

/// "any", "!10.0.0.1", "2001:db8::/32".
std::string address_text(const AddressTest& test);

/// " port = 80", with a blank in front; empty where any port does.
std::string port_text(const PortTest& test);

/// "tcp/udp", "47"; empty where any protocol does.
std::string protocol_text(const ProtocolTest& test);

/// "age 60/30".
std::string ages_text(const Ages& ages);

}  // namespace tunnel::filter::language
