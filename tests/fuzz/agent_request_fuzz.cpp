// What a bridge may send to tunneld's agent: any octets as a stream, in pieces, beside a request
// whose signed data are the fuzzer's. Whatever it sends, only the profile's login is signed.

#include "tests/fuzz/input.hpp"
#include "tests/fuzz/target.hpp"
#include "tunneld/agent/conversation.hpp"
#include "tunneld/agent/message_assembler.hpp"
#include "tunneld/base/check.hpp"
#include "tunneld/base/ssh_wire.hpp"

#include <algorithm>
#include <string_view>
#include <utility>
#include <variant>

namespace tunnel::agent {
namespace {

std::vector<std::uint8_t> key_blob() {
  ByteWriter out;
  put_ssh_string(out, "ssh-ed25519");
  put_ssh_string(out, std::vector<std::uint8_t>(32, 7));
  return std::move(out).finish();
}

std::vector<std::uint8_t> host_key() {
  ByteWriter out;
  put_ssh_string(out, "ssh-ed25519");
  put_ssh_string(out, std::vector<std::uint8_t>(32, 9));
  return std::move(out).finish();
}

/// The login written anew from what the profile says; only the session identifier is the client's.
bool is_the_login(Bytes data) {
  ByteReader in{data};
  const auto session_id = ssh_string(in);
  TUNNEL_CHECK(session_id && session_id->size() >= 20 && session_id->size() <= 64);
  for (const bool bound : {false, true}) {
    ByteWriter out;
    put_ssh_string(out, *session_id);
    out.u8(50);
    put_ssh_string(out, "pppossh");
    put_ssh_string(out, "ssh-connection");
    put_ssh_string(out, bound ? std::string_view{"publickey-hostbound-v00@openssh.com"}
                              : std::string_view{"publickey"});
    out.u8(1);
    put_ssh_string(out, "ssh-ed25519");
    put_ssh_string(out, key_blob());
    if (bound) put_ssh_string(out, host_key());
    const auto login = out.view();
    if (std::equal(login.begin(), login.end(), data.begin(), data.end())) return true;
  }
  return false;
}

class Client {
 public:
  void send(Bytes message) {
    const auto reaction = conversation_.take(message);
    if (const auto* sign = std::get_if<Sign>(&reaction)) {
      TUNNEL_CHECK(is_the_login(sign->request.data));
      TUNNEL_CHECK(sign->algorithm == "ssh-ed25519");
      TUNNEL_CHECK(++signatures_ <= Conversation::kMostSignatures);
    }
    if (const auto* answer = std::get_if<Answer>(&reaction)) {
      TUNNEL_CHECK(answer->message.size() <= kLongestRequest);
    }
    over_ = std::holds_alternative<HangUp>(reaction);
  }

  bool over() const { return over_; }

 private:
  Conversation conversation_{Login{"pppossh", key_blob(), {host_key()}}};
  unsigned signatures_ = 0;
  bool over_ = false;
};

void stream(Client& client, fuzz::Input& in) {
  MessageAssembler assembler{kLongestRequest};
  while (!in.empty() && !client.over()) {
    const auto piece = in.take(std::min<std::size_t>(assembler.wanted(), 1 + in.below(64)));
    assembler.add(piece);
    if (assembler.refused()) return;
    if (!assembler.complete()) continue;
    const auto message = assembler.take();
    TUNNEL_CHECK(!message.empty() && message.size() <= kLongestRequest);
    client.send(message);
  }
}

}  // namespace
}  // namespace tunnel::agent

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace tunnel::agent;
  tunnel::fuzz::Input in{{data, size}};
  Client client;
  switch (in.below(3)) {
    case 0:
      stream(client, in);
      break;
    case 1: {
      const auto login = in.rest();
      for (unsigned i = 0; i <= Conversation::kMostSignatures; ++i) {
        const auto message = write_sign_request({key_blob(), login, 0});
        client.send(tunnel::Bytes{message}.subspan(4));
      }
      break;
    }
    default: {
      const auto answer = in.rest();
      if (const auto keys = parse_identities_answer(answer)) {
        for (const auto key : *keys) TUNNEL_CHECK(key.size() < answer.size());
      }
      if (const auto signature = parse_sign_answer(answer)) {
        TUNNEL_CHECK(signature->size() + 5 == answer.size());
      }
    }
  }
  return 0;
}
