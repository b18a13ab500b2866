#include "pppd-bridge/session/link_options.hpp"

namespace tunnel::session {

namespace {

ppp::LcpWishes lcp_wishes(const ipc::Ppp& settings) {
  ppp::LcpWishes wishes;
  wishes.mru = settings.mru;
  wishes.accm = settings.accm;
  wishes.fcs = settings.fcs;
  wishes.ident = settings.ident;
  wishes.policy.mru = settings.policies.mru;
  wishes.policy.accm = settings.policies.accm;
  wishes.policy.magic = settings.policies.magic;
  wishes.policy.protocol_field = settings.policies.pfc;
  wishes.policy.address_control = settings.policies.acfc;
  wishes.policy.fcs = settings.policies.fcs;
  if (settings.offload == Offload::Avoid) wishes.policy.vendor = Policy::Deny;
  return wishes;
}

}  // namespace

ppp::LinkOptions link_options(const ipc::Ppp& settings) {
  const auto& policies = settings.policies;
  ppp::LinkOptions options;
  options.lcp = lcp_wishes(settings);
  options.auth = {settings.auth.require, settings.auth.accept, settings.auth.name,
                  settings.auth.rechallenge};
  options.ipv4.local = settings.local;
  options.ipv4.remote = settings.remote;
  options.ipv4.policy = policies.ip;
  options.ipv4.dns = settings.dns;
  options.ipv4.nbns = settings.nbns;
  options.ipv4.dns_policy = policies.dns;
  options.ipv4.nbns_policy = policies.nbns;
  if (!settings.interface_id.is_zero()) options.ipv6.id = settings.interface_id;
  options.ipv6.policy = policies.ipv6;
  options.deflate = policies.deflate;
  options.echo_interval = settings.echo_interval;
  options.echo_failures = settings.echo_failures;
  options.limits = {.max_configure = settings.max_configure,
                    .max_terminate = settings.max_terminate,
                    .max_failure = settings.max_failure,
                    .restart = settings.restart};
  return options;
}

ipc::LinkUp link_up(const ppp::Agreed& agreed, const std::string& transport) {
  ipc::LinkUp up;
  if (const auto& v4 = agreed.ipv4) up.ipv4 = {v4->local, v4->remote, v4->dns, v4->nbns};
  if (const auto& v6 = agreed.ipv6) up.ipv6 = {v6->local, v6->remote};
  up.receive_mru = agreed.receive_mru;
  up.transmit_mru = agreed.transmit_mru;
  up.receive_compression = agreed.receive_compression;
  up.transmit_compression = agreed.transmit_compression;
  up.transport = transport;
  return up;
}

}  // namespace tunnel::session
