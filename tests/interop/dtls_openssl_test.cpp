// DTLS-SRTP against openssl s_server and s_client, in both roles, over loopback UDP: the exported
// keys are equal, and each refusal has its status.
#include <cctype>
#include <ctime>

#include "interop/openssl_peer.h"
#include "unit/tls/dtls_peers.h"

using namespace voxlock;
using namespace voxlock::test;

namespace {

using Arguments = std::vector<std::string>;

Arguments operator+(Arguments left, const Arguments& right) {
  left.insert(left.end(), right.begin(), right.end());
  return left;
}

const Arguments kSrtp{"-use_srtp", "SRTP_AES128_CM_SHA1_80"};
const Arguments kExport{"-keymatexport", "EXTRACTOR-dtls_srtp", "-keymatexportlen", "60"};
// More names than a datagram holds: openssl cuts its hello.
Arguments long_hello() {
  std::string names;
  for (int i = 0; i < 14; ++i)
    names += (i == 0 ? "" : ",") + std::string(200, static_cast<char>('a' + i));
  return {"-alpn", names, "-mtu", "1200"};
}

uint64_t now_ns() {
  return static_cast<uint64_t>(std::chrono::duration_cast<std::chrono::nanoseconds>(
                                   std::chrono::steady_clock::now().time_since_epoch())
                                   .count());
}

// A UDP socket on loopback that speaks with one peer: a given one, or the first that speaks.
class Udp {
 public:
  Udp() : fd_(socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0)) {
    const sockaddr_in address = loopback(0);
    REQUIRE(bind(fd_.raw(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
  }
  [[nodiscard]] std::string address() const {
    sockaddr_in address{};
    socklen_t size = sizeof address;
    REQUIRE(getsockname(fd_.raw(), reinterpret_cast<sockaddr*>(&address), &size) == 0);
    return "127.0.0.1:" + std::to_string(ntohs(address.sin_port));
  }
  void speak_with(const sockaddr_in& peer) {
    REQUIRE(connect(fd_.raw(), reinterpret_cast<const sockaddr*>(&peer), sizeof peer) == 0);
    has_peer_ = true;
  }
  [[nodiscard]] int fd() const { return fd_.raw(); }
  [[nodiscard]] bool has_cut_hello() const { return has_cut_hello_; }
  // A peer that has gone is told by its silence.
  void send_to_peer(ByteView data) const { (void)send(fd_.raw(), data.data(), data.size(), 0); }
  Datagram receive() {
    Datagram data(65536);
    sockaddr_in from{};
    socklen_t size = sizeof from;
    const ssize_t n =
        recvfrom(fd_.raw(), data.data(), data.size(), 0, reinterpret_cast<sockaddr*>(&from), &size);
    data.resize(n > 0 ? static_cast<size_t>(n) : 0);
    has_cut_hello_ = has_cut_hello_ || is_cut_hello(data);
    if (n > 0 && !has_peer_) speak_with(from);
    return data;
  }

 private:
  static bool is_cut_hello(ByteView data) {
    const auto first = tls::RecordReader(data).next();
    if (!first || first->type != tls::kHandshakeRecord || first->epoch != 0) return false;
    bytes::Reader reader(first->body);
    const auto piece = tls::read_fragment(reader);
    return piece && piece->type == tls::kClientHello && piece->body.size() != piece->length;
  }

  Fd fd_;
  bool has_peer_ = false;
  bool has_cut_hello_ = false;
};

struct World {
  bool has_openssl = has_openssl_or_skips();
  TestContext host;
  Folder folder;
  uint64_t now = static_cast<uint64_t>(std::time(nullptr));
  crypto::Identity ours;
  crypto::Identity theirs;
  std::string their_file;

  World() : ours(make()), theirs(make()), their_file(folder.put(theirs)) {
    std::signal(SIGPIPE, SIG_IGN);
  }
  crypto::Identity make() { return issue(host, {{}, nullptr, false, now - kDay, now + kDay}); }
  Box<tls::Dtls> end(tls::Role role, bool is_address_proven, bool knows_peer) {
    constexpr tls::SrtpProfile kBoth[] = {tls::SrtpProfile::kAes128CmSha1_80,
                                          tls::SrtpProfile::kAes128CmSha1_32};
    tls::DtlsConfig config = DtlsPair::config(role, ours);
    config.is_address_proven = is_address_proven;
    config.profiles = kBoth;
    config.first_timeout_ns = 200 * kMs;
    auto made = tls::Dtls::create(host.context, config);
    REQUIRE(made);
    const tls::Fingerprint expected[] = {fingerprint_of(knows_peer ? theirs : ours)};
    REQUIRE((*made)->expect(expected, 0));
    return *std::move(made);
  }
};

// Moves datagrams and text until the condition holds or time is up.
template <typename Condition>
bool pump(tls::Dtls& dtls, Udp& udp, OpenSsl& peer, Condition is_done) {
  const Deadline deadline;
  bool is_running = true;
  while (true) {
    for (const Datagram& one : take_all(dtls)) udp.send_to_peer(one);
    if (is_done()) return true;
    if (deadline.left_ms() == 0) return false;
    const uint64_t next = dtls.next_deadline();
    const uint64_t now = now_ns();
    const uint64_t wait_ms = next == kNever ? 1000 : next <= now ? 0 : (next - now) / kMs + 1;
    pollfd waits[] = {{udp.fd(), POLLIN, 0}, {is_running ? peer.fd() : -1, POLLIN, 0}};
    const int most = deadline.left_ms();
    if (poll(waits, 2, wait_ms < static_cast<uint64_t>(most) ? static_cast<int>(wait_ms) : most) <
        0)
      return false;
    if ((waits[0].revents & POLLIN) != 0) (void)dtls.receive(udp.receive(), now_ns());
    if (waits[1].revents != 0) is_running = peer.listen_once();
    (void)dtls.advance(now_ns());
  }
}

// What openssl prints as exported is what we have, in the order of RFC 5764, section 4.2.
void check_keys(const tls::Dtls& dtls, tls::Role role, const OpenSsl& peer) {
  constexpr std::string_view kMark = "Keying material: ";
  const size_t at = peer.said().find(kMark);
  REQUIRE(at != std::string::npos);
  const std::string printed = peer.said().substr(at + kMark.size(), 120);
  const auto keys = dtls.export_keys();
  REQUIRE(keys);
  const bool is_client = role == tls::Role::kClient;
  const ByteView client = is_client ? keys->local.view() : keys->remote.view();
  const ByteView server = is_client ? keys->remote.view() : keys->local.view();
  std::string own;
  for (const ByteView part :
       {client.first(16), server.first(16), client.subspan(16), server.subspan(16)}) {
    for (const uint8_t byte : part) {
      constexpr std::string_view kDigits = "0123456789ABCDEF";
      own += kDigits[byte >> 4];
      own += kDigits[byte & 15];
    }
  }
  CHECK(own == printed);
}

struct Row {
  const char* title;
  Arguments options;
  bool is_address_proven;
  bool knows_peer;
  Status status;
  tls::SrtpProfile profile = tls::SrtpProfile::kAes128CmSha1_80;
  bool has_cut_hello = false;
};

bool has_exported(const OpenSsl& peer) {
  const size_t at = peer.said().find("Keying material: ");
  return at != std::string::npos && peer.said().find('\n', at) != std::string::npos;
}

void check_row(const Row& row, tls::Dtls& dtls, tls::Role role, Udp& udp, OpenSsl& peer) {
  (void)dtls.start(now_ns());
  if (row.status != Status::OK) {
    CHECK(pump(dtls, udp, peer, [&] { return dtls.state() == tls::DtlsState::kFailed; }));
    INFO(peer.said());
    CHECK(dtls.failure() == row.status);
    CHECK_FALSE(dtls.export_keys());
    return;
  }
  CHECK(pump(dtls, udp, peer, [&] { return dtls.media_allowed() && has_exported(peer); }));
  INFO(peer.said());
  REQUIRE(dtls.media_allowed());
  CHECK(dtls.info().profile == row.profile);
  CHECK(udp.has_cut_hello() == row.has_cut_hello);
  CHECK(peer.has_said("SRTP Extension negotiated"));
  check_keys(dtls, role, peer);
  dtls.close(now_ns());
  CHECK(pump(dtls, udp, peer, [&] {
    return peer.has_said("DONE") || peer.has_said("closed") || peer.has_said("shut down");
  }));
}

}  // namespace

TEST_CASE("our client and openssl s_server agree on keys, or say why not") {
  World world;
  const Arguments mutual{"-Verify", "1"};
  const Arguments srtp_32{"-use_srtp", "SRTP_AES128_CM_SHA1_32"};
  const auto weak = tls::SrtpProfile::kAes128CmSha1_32;
  const Row rows[] = {
      {"plain", mutual + kSrtp, true, true, Status::OK},
      {"small datagrams", mutual + kSrtp + Arguments{"-mtu", "256"}, true, true, Status::OK},
      {"cookie", mutual + kSrtp + Arguments{"-listen"}, true, true, Status::OK},
      {"32-bit tag", mutual + srtp_32, true, true, Status::OK, weak},
      {"no SRTP", mutual, true, true, Status::ERR_DTLS_NO_SRTP},
      {"does not ask for ours", kSrtp, true, true, Status::ERR_DTLS_NOT_MUTUAL},
      {"wrong fingerprint", mutual + kSrtp, true, false, Status::ERR_DTLS_FINGERPRINT},
  };
  for (const Row& row : rows) {
    INFO(row.title);
    OpenSsl server(Arguments{"s_server", "-dtls1_2", "-accept", "127.0.0.1:0", "-naccept", "1",
                             "-cert", world.their_file, "-key", world.their_file} +
                   kExport + row.options);
    auto dtls = world.end(tls::Role::kClient, row.is_address_proven, row.knows_peer);
    Udp udp;
    udp.speak_with(loopback(server.port()));
    check_row(row, *dtls, tls::Role::kClient, udp, server);
  }
}

TEST_CASE("our server and openssl s_client agree on keys, or say why not") {
  World world;
  const Arguments mutual{"-cert", world.their_file, "-key", world.their_file};
  const Arguments srtp_32{"-use_srtp", "SRTP_AES128_CM_SHA1_32:SRTP_AES128_CM_SHA1_80"};
  const Arguments small{"-mtu", "256"};
  const auto strong = tls::SrtpProfile::kAes128CmSha1_80;
  const auto weak = tls::SrtpProfile::kAes128CmSha1_32;
  const Row rows[] = {
      {"plain", mutual + kSrtp, true, true, Status::OK},
      {"cookie", mutual + kSrtp, false, true, Status::OK},
      {"long hello", mutual + kSrtp + long_hello(), true, true, Status::OK, strong, true},
      {"long hello, cookie", mutual + kSrtp + long_hello(), false, true, Status::OK, strong, true},
      {"small datagrams", mutual + kSrtp + small, false, true, Status::OK, strong, true},
      {"32-bit tag first", mutual + srtp_32, true, true, Status::OK, weak},
      {"no SRTP", mutual, true, true, Status::ERR_DTLS_NO_SRTP},
      {"no certificate", kSrtp, true, true, Status::ERR_TLS_CERT_MISSING},
      {"wrong fingerprint", mutual + kSrtp, true, false, Status::ERR_DTLS_FINGERPRINT},
  };
  for (const Row& row : rows) {
    INFO(row.title);
    Udp udp;
    OpenSsl client(Arguments{"s_client", "-dtls1_2", "-connect", udp.address()} + kExport +
                   row.options);
    auto dtls = world.end(tls::Role::kServer, row.is_address_proven, row.knows_peer);
    check_row(row, *dtls, tls::Role::kServer, udp, client);
  }
}
