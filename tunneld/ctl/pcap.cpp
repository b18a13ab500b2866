#include "tunneld/ctl/pcap.hpp"

namespace tunnel::ctl {

namespace {

constexpr std::uint32_t kMagic = 0xa1b2'c3d4;  // of microseconds
constexpr std::uint16_t kMajor = 2;
constexpr std::uint16_t kMinor = 4;
constexpr std::uint32_t kLongest = 262'144;  // as tcpdump writes it
constexpr std::uint32_t kDltPpp = 9;

void put16(std::vector<std::uint8_t>& out, std::uint16_t value) {
  out.push_back(static_cast<std::uint8_t>(value));
  out.push_back(static_cast<std::uint8_t>(value >> 8));
}

void put32(std::vector<std::uint8_t>& out, std::uint32_t value) {
  put16(out, static_cast<std::uint16_t>(value));
  put16(out, static_cast<std::uint16_t>(value >> 16));
}

}  // namespace

std::vector<std::uint8_t> pcap_header() {
  std::vector<std::uint8_t> out;
  put32(out, kMagic);
  put16(out, kMajor);
  put16(out, kMinor);
  put32(out, 0);  // UTC
  put32(out, 0);  // accuracy, which nobody fills in
  put32(out, kLongest);
  put32(out, kDltPpp);
  return out;
}

std::vector<std::uint8_t> pcap_record(std::uint64_t microseconds, std::uint32_t length,
                                      Bytes octets) {
  std::vector<std::uint8_t> out;
  put32(out, static_cast<std::uint32_t>(microseconds / 1'000'000));
  put32(out, static_cast<std::uint32_t>(microseconds % 1'000'000));
  put32(out, static_cast<std::uint32_t>(octets.size()));
  put32(out, length);
  out.insert(out.end(), octets.begin(), octets.end());
  return out;
}

}  // namespace tunnel::ctl
