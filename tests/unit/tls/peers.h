// Two streams joined in memory, and the certificates they use.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "crypto/identity.h"
#include "support/allocator.h"
#include "support/catch.h"
#include "tls/stream.h"

namespace voxlock::test {

inline constexpr uint64_t kDay = 86400;
inline constexpr uint64_t kNow = 1'800'000'000;  // Unix seconds, in 2027
inline constexpr uint64_t kSecond = 1'000'000'000;

struct Names {
  std::vector<crypto::SubjectName> list;
};
inline crypto::SubjectName dns(std::string_view name) {
  return {crypto::NameKind::kDns, as_bytes(name)};
}
inline crypto::SubjectName uri(std::string_view name) {
  return {crypto::NameKind::kUri, as_bytes(name)};
}

struct Subject {
  std::vector<crypto::SubjectName> names;
  const crypto::Identity* issuer = nullptr;
  bool is_ca = false;
  uint64_t from = kNow - kDay;
  uint64_t to = kNow + kDay;
  std::string_view common_name = "test";
};

inline crypto::Identity issue(TestContext& host, const Subject& subject) {
  crypto::IdentityRequest request;
  request.common_name = subject.common_name;
  request.names = subject.names;
  request.not_before_s = subject.from;
  request.not_after_s = subject.to;
  request.is_ca = subject.is_ca;
  request.issuer = subject.issuer;
  auto made = crypto::Identity::create(host.memory, request, host.random);
  REQUIRE(made);
  return *std::move(made);
}

inline std::string pem(const crypto::Identity& identity) {
  std::string out(8192, '\0');
  bytes::Writer writer(MutableBytes(reinterpret_cast<uint8_t*>(out.data()), out.size()));
  identity.write_certificate_pem(writer);
  out.resize(writer.size());
  return out;
}

using SettingsRef = std::shared_ptr<const tls::Settings>;

inline SettingsRef settings(TestContext& host, const tls::SettingsRequest& request) {
  auto made = tls::Settings::create(host.context, request);
  REQUIRE(made.error() == Status::OK);
  return *made;
}

inline SettingsRef server_settings(TestContext& host, const crypto::Identity& identity) {
  tls::SettingsRequest request;
  request.role = tls::Role::kServer;
  request.certificates = identity.certificate_der();
  request.key = identity.key_der();
  return settings(host, request);
}

inline SettingsRef client_settings(TestContext& host, const crypto::Identity& authority) {
  tls::SettingsRequest request;
  request.authorities = authority.certificate_der();
  return settings(host, request);
}

inline Box<tls::Stream> stream(TestContext& host, SettingsRef settings,
                               std::string_view name = {}) {
  auto made = tls::Stream::create(host.context, std::move(settings), name);
  REQUIRE(made.error() == Status::OK);
  return *std::move(made);
}

// Carries what one has to say to the other in pieces of at most step bytes. True where bytes moved.
inline bool carry(tls::Stream& from, tls::Stream& to, size_t step = SIZE_MAX) {
  std::vector<uint8_t> wire(4096);
  const size_t n = from.take(MutableBytes(wire).first(std::min(step, wire.size())));
  if (n == 0) return false;
  (void)to.feed(ByteView(wire).first(n), 0);
  return true;
}

inline void talk(tls::Stream& client, tls::Stream& server, size_t step = SIZE_MAX) {
  (void)client.start(0);
  bool moved = true;
  while (moved) {
    moved = carry(client, server, step);
    moved = carry(server, client, step) || moved;
  }
}

}  // namespace voxlock::test
