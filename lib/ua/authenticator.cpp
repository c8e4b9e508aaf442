#include "ua/authenticator.h"

#include <algorithm>

#include "base/text.h"
#include "crypto/hmac.h"
#include "ua/digest_header.h"

namespace voxlock::ua {
namespace {

constexpr std::array<Algorithm, 2> kOffered = {Algorithm::kSha256, Algorithm::kMd5};

void put_hex(uint64_t value, char* out) {
  for (int i = 0; i < 16; ++i) out[i] = "0123456789abcdef"[value >> (60 - 4 * i) & 15];
}

Result<uint64_t> parse_hex(std::string_view digits) {
  uint64_t value = 0;
  if (digits.empty() || digits.size() > 16) return Status::ERR_SYNTAX;
  for (const char c : digits) {
    const int digit = text::hex_value(c);
    if (digit < 0) return Status::ERR_SYNTAX;
    value = value << 4 | static_cast<uint64_t>(digit);
  }
  return value;
}

// The request's first credentials for a realm.
Result<DigestFields> find_credentials(const sip::Message& request, std::string_view realm) {
  auto cursor = request.values(sip::HeaderId::kAuthorization);
  while (const auto value = cursor.next()) {
    const auto fields = parse_digest(*value);
    if (fields && fields->is_realm(realm)) return *fields;
  }
  return Status::ERR_NOT_FOUND;
}

}  // namespace

Authenticator::Authenticator(std::pmr::memory_resource& memory, std::string_view realm,
                             uint32_t algorithms, uint64_t nonce_lifetime_ns)
    : realm_(realm, &memory),
      algorithms_(algorithms),
      nonce_lifetime_ns_(nonce_lifetime_ns),
      accounts_(&memory),
      used_(realm.empty() ? 0 : kNonceTableLen, &memory) {}

Result<void> Authenticator::set_account(std::string_view user, std::string_view password) {
  if (user.empty() || user.size() > 256 || password.size() > 256)
    return Status::ERR_INVALID_ARGUMENT;
  const auto at = std::lower_bound(accounts_.begin(), accounts_.end(), user,
                                   [](const Account& a, std::string_view b) { return a.user < b; });
  const bool is_there = at != accounts_.end() && at->user == user;
  if (password.empty()) {
    if (!is_there) return Status::ERR_NOT_FOUND;
    accounts_.erase(at);
    return {};
  }
  if (!is_there && accounts_.size() == kMaxAccounts) return Status::ERR_LIMIT;
  Account account(*accounts_.get_allocator().resource());
  account.user = user;
  account.password = password;
  if (is_there) {
    std::swap(*at, account);
  } else {
    accounts_.insert(at, std::move(account));
  }
  return {};
}

const Authenticator::Account* Authenticator::find_account(std::string_view user) const {
  const auto at = std::lower_bound(accounts_.begin(), accounts_.end(), user,
                                   [](const Account& a, std::string_view b) { return a.user < b; });
  return at != accounts_.end() && at->user == user ? &*at : nullptr;
}

// A nonce says when it was made and proves that we made it, RFC 7616 5.4.
Result<Authenticator::Nonce> Authenticator::make_nonce(uint64_t issued_ns, uint64_t serial) const {
  Nonce out;
  put_hex(issued_ns, out.data());
  put_hex(serial, out.data() + 16);
  crypto::Hmac hmac(crypto::HashId::kSha256, key_);
  hmac.update(as_bytes({out.data(), 32}));
  hmac.update(as_bytes(realm_));
  VOXLOCK_TRY(const crypto::Digest digest, hmac.finish());
  const ByteView mac = digest.view();
  for (size_t i = 0; i < 32; ++i)
    out[32 + i] = "0123456789abcdef"[mac[i / 2] >> (i % 2 == 0 ? 4 : 0) & 15];
  return out;
}

bool Authenticator::use_nonce(uint64_t issued_ns, uint64_t serial, uint32_t nc) {
  UsedNonce* place = &used_[0];
  for (UsedNonce& entry : used_) {
    if (entry.nc != 0 && entry.issued_ns == issued_ns && entry.serial == serial) {
      if (nc <= entry.nc) return false;
      entry.nc = nc;
      return true;
    }
    if (entry.nc == 0 || (place->nc != 0 && entry.issued_ns < place->issued_ns)) place = &entry;
  }
  if (place->nc != 0) {
    // The table is full: what is forgotten, and all that is as old, can not be used again.
    if (issued_ns <= place->issued_ns) return false;
    oldest_ns_ = std::max(oldest_ns_, place->issued_ns + 1);
  }
  *place = {issued_ns, serial, nc};
  return true;
}

Result<AuthVerdict> Authenticator::check(const sip::Message& request, uint64_t now_ns) {
  const auto fields = find_credentials(request, realm_);
  if (!fields) return AuthVerdict::kChallenge;
  const auto algorithm = parse_algorithm(fields->algorithm);
  if (!algorithm || (algorithm_bit(*algorithm) & algorithms_) == 0) return AuthVerdict::kRefused;
  if (!text::equals_ignore_case(fields->qop, "auth") || fields->nc.size() != 8)
    return AuthVerdict::kRefused;
  const auto nc = parse_hex(fields->nc);
  if (!nc || *nc == 0) return AuthVerdict::kRefused;

  std::array<uint8_t, 512> room;
  bytes::Writer user(room);
  sip::unescape_quoted(fields->username, user);
  const Account* account = user.ok() ? find_account(as_text(user.written())) : nullptr;
  DigestInput input;
  input.algorithm = *algorithm;
  input.qop = Qop::kAuth;
  input.user = as_text(user.written());
  input.realm = realm_;
  // An unknown user takes as long as a known one.
  input.password = account != nullptr ? std::string_view(account->password) : std::string_view("?");
  input.nonce = fields->nonce;
  input.cnonce = fields->cnonce;
  input.nc = fields->nc;
  input.method = request.method_text();
  input.uri = fields->uri;
  VOXLOCK_TRY(const HexDigest expected, compute_response(input));
  std::array<char, 64> given{};
  const size_t given_len = std::min(fields->response.size(), given.size());
  std::transform(fields->response.begin(), fields->response.begin() + given_len, given.begin(),
                 text::lower);
  const bool is_right =
      secure::equal(as_bytes(expected.view()), as_bytes({given.data(), given_len}));
  if (account == nullptr || !is_right || fields->response.size() != expected.len)
    return AuthVerdict::kRefused;

  if (fields->nonce.size() != kNonceLen) return AuthVerdict::kStale;
  const auto issued_ns = parse_hex(fields->nonce.substr(0, 16));
  const auto serial = parse_hex(fields->nonce.substr(16, 16));
  if (!issued_ns || !serial) return AuthVerdict::kStale;
  VOXLOCK_TRY(const Nonce ours, make_nonce(*issued_ns, *serial));
  if (!secure::equal(as_bytes({ours.data(), ours.size()}), as_bytes(fields->nonce)))
    return AuthVerdict::kStale;
  if (*issued_ns > now_ns || now_ns - *issued_ns > nonce_lifetime_ns_ || *issued_ns < oldest_ns_) {
    return AuthVerdict::kStale;
  }
  if (!use_nonce(*issued_ns, *serial, static_cast<uint32_t>(*nc))) return AuthVerdict::kStale;
  return AuthVerdict::kAccepted;
}

Result<void> Authenticator::write_challenges(RandomSource& random, bool is_stale, uint64_t now_ns,
                                             sip::Writer& out) const {
  std::array<uint8_t, 8> raw;
  VOXLOCK_TRY_VOID(random.fill(raw));
  bytes::Reader serial(raw);
  VOXLOCK_TRY(const Nonce nonce, make_nonce(now_ns, serial.u64()));
  for (const Algorithm algorithm : kOffered) {
    if ((algorithm_bit(algorithm) & algorithms_) == 0) continue;
    std::array<uint8_t, 1024> room;
    bytes::Writer value(room);
    put_quoted(value, "Digest realm", realm_);
    put_quoted(value, ", nonce", {nonce.data(), nonce.size()});
    value.put(", algorithm=");
    value.put(algorithm_token(algorithm));
    value.put(", qop=\"auth\"");
    if (is_stale) value.put(", stale=true");
    out.header(sip::HeaderId::kWwwAuthenticate, as_text(value.written()));
  }
  return {};
}

}  // namespace voxlock::ua
