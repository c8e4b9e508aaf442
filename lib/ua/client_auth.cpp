#include "ua/client_auth.h"

#include <algorithm>

#include "base/text.h"
#include "ua/digest_header.h"

namespace voxlock::ua {
namespace {

bool has_control(std::string_view s) {
  return std::any_of(s.begin(), s.end(),
                     [](char c) { return static_cast<uint8_t>(c) < 0x20 || c == 0x7f; });
}

// Without backslashes. Longer texts than any honest challenge holds give ERR_LIMIT.
Result<void> assign_unescaped(std::pmr::string& out, std::string_view text) {
  std::array<uint8_t, 1024> room;
  bytes::Writer writer(room);
  sip::unescape_quoted(text, writer);
  if (!writer.ok() || has_control(as_text(writer.written()))) return Status::ERR_LIMIT;
  out.assign(as_text(writer.written()));
  return {};
}

Result<Challenge> read_challenge(std::pmr::memory_resource& memory, std::string_view value,
                                 bool is_proxy) {
  VOXLOCK_TRY(const DigestFields fields, parse_digest(value));
  const auto algorithm = parse_algorithm(fields.algorithm);
  if (!algorithm || fields.nonce.empty()) return Status::ERR_UNSUPPORTED;
  // RFC 7616 3.3: qop may be missing only from servers of RFC 2069; one without auth is not for us.
  if (!fields.qop.empty() && !fields.offers_qop("auth")) return Status::ERR_UNSUPPORTED;
  Challenge out(memory);
  VOXLOCK_TRY_VOID(assign_unescaped(out.realm, fields.realm));
  VOXLOCK_TRY_VOID(assign_unescaped(out.nonce, fields.nonce));
  VOXLOCK_TRY_VOID(assign_unescaped(out.opaque, fields.opaque));
  out.algorithm = *algorithm;
  out.has_algorithm = !fields.algorithm.empty();
  out.has_opaque = fields.opaque.data() != nullptr;
  out.has_qop = !fields.qop.empty();
  out.is_proxy = is_proxy;
  return out;
}

sip::HeaderId credentials_id(bool is_proxy) {
  return is_proxy ? sip::HeaderId::kProxyAuthorization : sip::HeaderId::kAuthorization;
}

// The request carried credentials for the realm, so that the challenge refuses them.
bool was_tried(const sip::Message& request, const Challenge& challenge) {
  auto cursor = request.values(credentials_id(challenge.is_proxy));
  while (const auto value = cursor.next()) {
    const auto fields = parse_digest(*value);
    if (fields && fields->is_realm(challenge.realm)) return true;
  }
  return false;
}

bool is_stale(std::string_view value) {
  const auto fields = parse_digest(value);
  return fields && text::equals_ignore_case(fields->stale, "true");
}

// RFC 8760 2.4 has the strongest on top: who knew it and then asks for less is someone in between.
bool is_weaker(Algorithm now, Algorithm before) {
  return algorithm_bit(now) == kAllowMd5 && algorithm_bit(before) != kAllowMd5;
}

// Puts a challenge in the place of an older one for the same realm. False where there is no room,
// and where it asks for a weaker hash.
bool remember(AuthState& state, Challenge&& challenge) {
  for (Challenge& old : state.challenges) {
    if (old.realm != challenge.realm || old.is_proxy != challenge.is_proxy) continue;
    if (is_weaker(challenge.algorithm, old.algorithm)) return false;
    old = std::move(challenge);
    return true;
  }
  if (state.challenges.size() == kMaxChallenges) return false;
  state.challenges.push_back(std::move(challenge));
  return true;
}

// Takes the challenges of one header field: of each realm the first that can be answered, for the
// sender listed them by preference (RFC 8760 2.4).
bool take_kind(AuthState& state, const AuthRules& rules, const sip::Message& response,
               const sip::Message& request, bool is_proxy) {
  const auto id = is_proxy ? sip::HeaderId::kProxyAuthenticate : sip::HeaderId::kWwwAuthenticate;
  std::pmr::vector<std::pmr::string> taken(state.challenges.get_allocator().resource());
  auto cursor = response.values(id);
  while (const auto value = cursor.next()) {
    auto challenge = read_challenge(*taken.get_allocator().resource(), *value, is_proxy);
    if (!challenge || (algorithm_bit(challenge->algorithm) & rules.algorithms) == 0) continue;
    if (std::find(taken.begin(), taken.end(), challenge->realm) != taken.end()) continue;
    if (rules.store.find(challenge->realm, rules.peer) == nullptr) continue;
    if (was_tried(request, *challenge) && !is_stale(*value)) return false;
    taken.push_back(challenge->realm);
    if (!remember(state, *std::move(challenge))) return false;
  }
  return !taken.empty();
}

struct CredentialsText {
  std::array<uint8_t, 3072> bytes;
};

Result<std::string_view> make_value(const Challenge& challenge, const CredentialStore::Entry& entry,
                                    const AuthTarget& target, std::string_view cnonce,
                                    CredentialsText& room) {
  char nc[9];
  for (int i = 0; i < 8; ++i) nc[i] = "0123456789abcdef"[challenge.nc >> (28 - 4 * i) & 15];
  DigestInput input;
  input.algorithm = challenge.algorithm;
  input.qop = challenge.has_qop ? Qop::kAuth : Qop::kNone;
  input.user = entry.user;
  input.realm = challenge.realm;
  input.password = entry.password;
  input.nonce = challenge.nonce;
  input.cnonce = cnonce;
  input.nc = {nc, 8};
  input.method = target.method;
  input.uri = target.uri;
  VOXLOCK_TRY(const HexDigest response, compute_response(input));
  bytes::Writer out(room.bytes);
  out.put("Digest ");
  put_quoted(out, "username", entry.user);
  put_quoted(out, ", realm", challenge.realm);
  put_quoted(out, ", nonce", challenge.nonce);
  put_quoted(out, ", uri", target.uri);
  put_quoted(out, ", response", response.view());
  if (challenge.has_algorithm) {
    out.put(", algorithm=");
    out.put(algorithm_token(challenge.algorithm));
  }
  if (challenge.has_opaque) put_quoted(out, ", opaque", challenge.opaque);
  const bool is_session =
      challenge.algorithm == Algorithm::kMd5Sess || challenge.algorithm == Algorithm::kSha256Sess;
  if (challenge.has_qop || is_session) put_quoted(out, ", cnonce", cnonce);
  if (challenge.has_qop) {
    out.put(", qop=auth, nc=");
    out.put(std::string_view(nc, 8));
  }
  if (!out.ok()) return Status::ERR_LIMIT;
  return as_text(out.written());
}

}  // namespace

Result<void> CredentialStore::set(const Credentials& in) {
  for (const std::string_view part : {in.realm, in.peer, in.user, in.password}) {
    if (part.size() > kMaxCredentialLen || has_control(part)) return Status::ERR_INVALID_ARGUMENT;
  }
  if (in.realm.empty()) return Status::ERR_INVALID_ARGUMENT;
  const auto old = std::find_if(entries_.begin(), entries_.end(), [&](const Entry& entry) {
    return entry.realm == in.realm && text::equals_ignore_case(entry.peer, in.peer);
  });
  if (in.user.empty()) {
    if (old == entries_.end()) return Status::ERR_NOT_FOUND;
    entries_.erase(old);
    return {};
  }
  if (old == entries_.end() && entries_.size() == kMaxCredentials) return Status::ERR_LIMIT;
  Entry entry(memory_);
  entry.realm = in.realm;
  entry.peer = in.peer;
  entry.user = in.user;
  entry.password = in.password;
  if (old != entries_.end()) {
    std::swap(*old, entry);
  } else {
    entries_.push_back(std::move(entry));
  }
  return {};
}

const CredentialStore::Entry* CredentialStore::find(std::string_view realm,
                                                    std::string_view peer) const {
  const Entry* any = nullptr;
  for (const Entry& entry : entries_) {
    if (entry.realm != realm) continue;
    if (entry.peer.empty()) {
      any = &entry;
    } else if (text::equals_ignore_case(entry.peer, peer)) {
      return &entry;
    }
  }
  return any;
}

bool take_challenges(AuthState& state, const AuthRules& rules, const sip::Message& response,
                     const sip::Message& request) {
  const bool has_www = take_kind(state, rules, response, request, false);
  const bool has_proxy = take_kind(state, rules, response, request, true);
  return has_www || has_proxy;
}

Result<void> write_credentials(AuthState& state, const AuthRules& rules, const AuthTarget& target,
                               RandomSource& random, sip::Writer& out) {
  for (Challenge& challenge : state.challenges) {
    const CredentialStore::Entry* entry = rules.store.find(challenge.realm, rules.peer);
    if (entry == nullptr) continue;
    std::array<uint8_t, 12> raw;
    VOXLOCK_TRY_VOID(random.fill(raw));
    std::array<char, 24> cnonce;
    for (size_t i = 0; i < cnonce.size(); ++i) {
      cnonce[i] = "0123456789abcdef"[raw[i / 2] >> (i % 2 == 0 ? 4 : 0) & 15];
    }
    ++challenge.nc;
    CredentialsText room;
    VOXLOCK_TRY(const std::string_view value,
                make_value(challenge, *entry, target, {cnonce.data(), cnonce.size()}, room));
    out.header(credentials_id(challenge.is_proxy), value);
  }
  return {};
}

}  // namespace voxlock::ua
