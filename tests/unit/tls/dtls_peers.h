// DTLS associations in memory, the datagrams between them, and the certificates they use.
#pragma once

#include <vector>

#include "tls/dtls.h"
#include "unit/tls/peers.h"

namespace voxlock::test {

using Datagram = std::vector<uint8_t>;

inline constexpr uint64_t kMs = 1'000'000;

inline Datagram datagram(ByteView bytes) {
  return {bytes.begin(), bytes.end()};
}

inline std::vector<Datagram> take_all(tls::Dtls& dtls) {
  std::vector<Datagram> out;
  while (dtls.next_size() != 0) {
    Datagram one(dtls.next_size());
    const auto n = dtls.take(one);
    REQUIRE(n);
    REQUIRE(*n == one.size());
    out.push_back(std::move(one));
  }
  return out;
}

inline tls::Fingerprint fingerprint_of(const crypto::Identity& identity,
                                       crypto::HashId id = crypto::HashId::kSha256) {
  auto made = tls::Fingerprint::of_der(id, identity.certificate_der());
  REQUIRE(made);
  return *made;
}

// Two ends with their identities. The client knows the server's fingerprint and the reverse, unless
// a test says otherwise.
struct DtlsPair {
  TestContext host;
  crypto::Identity client_identity;
  crypto::Identity server_identity;
  tls::DtlsConfig client_config;
  tls::DtlsConfig server_config;
  Box<tls::Dtls> client;
  Box<tls::Dtls> server;
  uint64_t now = 5 * kSecond;

  DtlsPair() : client_identity(issue(host, {})), server_identity(issue(host, {})) {
    client_config = config(tls::Role::kClient, client_identity);
    server_config = config(tls::Role::kServer, server_identity);
    make();
    know();
  }
  static tls::DtlsConfig config(tls::Role role, const crypto::Identity& identity) {
    tls::DtlsConfig out;
    out.role = role;
    out.certificate = identity.certificate_der();
    out.key = identity.key_der();
    out.is_address_proven = true;
    return out;
  }
  Box<tls::Dtls> end(const tls::DtlsConfig& with) {
    auto made = tls::Dtls::create(host.context, with);
    REQUIRE(made.error() == Status::OK);
    return *std::move(made);
  }
  void make() {
    client = end(client_config);
    server = end(server_config);
  }
  void know() {
    const tls::Fingerprint of_server[] = {fingerprint_of(server_identity)};
    const tls::Fingerprint of_client[] = {fingerprint_of(client_identity)};
    REQUIRE(client->expect(of_server, now));
    REQUIRE(server->expect(of_client, now));
  }
  // Carries what waits, once; true where something moved.
  bool carry(tls::Dtls& from, tls::Dtls& to) {
    const auto all = take_all(from);
    for (const Datagram& one : all) (void)to.receive(one, now);
    return !all.empty();
  }
  void talk() {
    (void)client->start(now);
    (void)server->start(now);
    while (carry(*client, *server) || carry(*server, *client)) {
    }
  }
  [[nodiscard]] bool is_connected() const {
    return client->media_allowed() && server->media_allowed();
  }
};

// The headers of a record and of a handshake message, for datagrams made by hand.
inline Datagram record(uint8_t type, uint16_t epoch, uint64_t sequence, ByteView body) {
  Datagram out(tls::kRecordHeader + body.size());
  bytes::Writer writer(out);
  writer.u8(type);
  writer.u16(0xfefd);
  writer.u16(epoch);
  writer.u16(static_cast<uint16_t>(sequence >> 32));
  writer.u32(static_cast<uint32_t>(sequence));
  writer.u16(static_cast<uint16_t>(body.size()));
  writer.put(body);
  return out;
}

struct Piece {
  size_t offset;
  size_t size;
};

// One fragment of a handshake message; message: its whole body.
inline Datagram fragment(ByteView message, Piece piece, uint16_t message_seq, uint64_t sequence,
                         uint8_t type = tls::kClientHello) {
  Datagram body(tls::kHandshakeHeader + piece.size);
  bytes::Writer writer(body);
  writer.u8(type);
  writer.u24(static_cast<uint32_t>(message.size()));
  writer.u16(message_seq);
  writer.u24(static_cast<uint32_t>(piece.offset));
  writer.u24(static_cast<uint32_t>(piece.size));
  writer.put(message.subspan(piece.offset, piece.size));
  return record(tls::kHandshakeRecord, 0, sequence, body);
}

// The body of the handshake message in a datagram of one record.
inline ByteView message_body(ByteView one) {
  return one.subspan(tls::kRecordHeader + tls::kHandshakeHeader);
}

}  // namespace voxlock::test
