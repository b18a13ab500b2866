#include "tests/support/probes.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/ip_icmp.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include <array>
#include <stdexcept>

namespace tunnel::test {

namespace {

constexpr std::chrono::nanoseconds kPause = 20ms;
constexpr std::uint16_t kDiscardPort = 9;

struct Prober {
  From from;
  const char* node;
  std::vector<const char*> destinations;
};

const std::vector<Prober>& probers() {
  static const std::vector<Prober> all{
      {From::Hosts, "client", {"192.168.253.1", "172.16.1.100", "10.224.1.1", "10.224.1.2"}},
      {From::HostsAndGateways, "home", {"192.168.253.1", "10.224.1.1", "10.224.1.2"}},
      {From::Hosts, "routera", {"192.168.1.215", "10.224.1.1", "10.224.1.2"}},
      {From::Hosts, "sql", {"192.168.1.6"}},
      {From::HostsAndGateways, "labs", {"192.168.1.215", "10.224.1.1", "10.224.1.2"}},
  };
  return all;
}

UniqueFd make_event() {
  UniqueFd event{::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)};
  if (!event) fail_errno("make an event");
  return event;
}

UniqueFd make_timer() {
  UniqueFd timer{::timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC)};
  const timespec pause{0, kPause.count()};
  const itimerspec setting{pause, pause};
  if (!timer || ::timerfd_settime(timer.get(), 0, &setting, nullptr) < 0) fail_errno("set a timer");
  return timer;
}

const sockaddr* generic(const sockaddr_in& address) {
  return static_cast<const sockaddr*>(static_cast<const void*>(&address));
}

/// What becomes of each is nothing to us: refused at once, or lost.
void probe(const char* destination) {
  sockaddr_in to{};
  to.sin_family = AF_INET;
  to.sin_port = htons(kDiscardPort);
  ::inet_pton(AF_INET, destination, &to.sin_addr);
  const UniqueFd tcp{::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)};
  static_cast<void>(::connect(tcp.get(), generic(to), sizeof to));
  const UniqueFd udp{::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)};
  static_cast<void>(::sendto(udp.get(), "", 0, 0, generic(to), sizeof to));
  // Type 8, code 0, the checksum of just that (RFC 792).
  constexpr std::array<std::uint8_t, 8> kEchoRequest{ICMP_ECHO, 0, 0xf7, 0xff, 0, 0, 0, 0};
  const UniqueFd icmp{::socket(AF_INET, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, IPPROTO_ICMP)};
  static_cast<void>(
      ::sendto(icmp.get(), kEchoRequest.data(), kEchoRequest.size(), 0, generic(to), sizeof to));
}

}  // namespace

Probes::Probes(const World& world, From from)
    : world_{world},
      from_{from},
      timer_{make_timer()},
      stop_{make_event()},
      progress_{make_event()} {
  thread_ = std::jthread{[this] { work(); }};
}

Probes::~Probes() {
  ::eventfd_write(stop_.get(), 1);
}

void Probes::work() {
  for (;;) {
    std::array<pollfd, 2> waiting{{{timer_.get(), POLLIN, 0}, {stop_.get(), POLLIN, 0}}};
    ::poll(waiting.data(), waiting.size(), -1);
    if (waiting[1].revents != 0) return;
    std::uint64_t times = 0;
    if (::read(timer_.get(), &times, sizeof times) < 0) return;
    round();
    ++rounds_;
    ::eventfd_write(progress_.get(), 1);
  }
}

void Probes::round() const {
  for (const auto& prober : probers()) {
    if (prober.from > from_) continue;
    try {
      const InNetwork inside{world_, prober.node};
      for (const auto* destination : prober.destinations) probe(destination);
    } catch (const std::exception&) {  // the node is off
    }
  }
}

void Probes::more(std::uint64_t rounds, Limit limit) {
  const auto end = std::chrono::steady_clock::now() + limit;
  // The round that is under way now may have begun before this call.
  const auto wanted = rounds_ + rounds + 1;
  while (rounds_ < wanted) {
    pollfd waiting{progress_.get(), POLLIN, 0};
    if (::poll(&waiting, 1, poll_time(end)) == 0)
      throw std::runtime_error{"the probes stand still"};
    eventfd_t ignored = 0;
    ::eventfd_read(progress_.get(), &ignored);
  }
}

}  // namespace tunnel::test
