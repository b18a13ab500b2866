#pragma once

#include "pppd-bridge/ppp/output.hpp"

namespace tunnel::ppp {

/// A world to which nothing matters; tests make it notice what they are about.
class SilentOutput : public LinkOutput {
 public:
  virtual ~SilentOutput() = default;

  void send(const TransmitFormat&, Protocol, Bytes) override {}

  void network_up(const Agreed&) override {}

  void network_down() override {}

  void ask(AuthSerial, AuthQuestion) override {}

  void phase_changed(Phase) override {}

  void finished(const DownReason&) override {}

  void set_receive_format(const ReceiveFormat&) override {}

  void log(Layer, std::string) override {}
};

}  // namespace tunnel::ppp
