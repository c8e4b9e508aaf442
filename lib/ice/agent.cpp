#include "ice/agent.h"

#include <algorithm>

namespace voxlock::ice {
namespace {

constexpr uint16_t kBadRequest = 400;
constexpr uint16_t kUnauthenticated = 401;
constexpr uint16_t kUnknownAttribute = 420;
constexpr uint16_t kRoleConflict = 487;

bool is_same(ByteView a, const secure::Secret<kMaxCredential>& b) {
  return secure::equal(a, b.view());
}

}  // namespace

Agent::Agent(const Context& context, const AgentConfig& config)
    : memory_(context.memory()),
      consent_ns_(config.consent_ns),
      current_(nullptr, {&memory_}),
      previous_(nullptr, {&memory_}),
      errors_(config.max_errors_per_s) {}

Result<Box<Agent>> Agent::create(const Context& context, const AgentConfig& config,
                                 RandomSource& random) {
  if (config.consent_ns == 0 || config.max_errors_per_s > kMaxErrorsPerSecond)
    return Status::ERR_INVALID_ARGUMENT;
  auto agent = make_box<Agent>(context.memory(), context, config);
  VOXLOCK_TRY_VOID(agent->set_local(config.local));
  VOXLOCK_TRY(agent->current_, agent->make_generation(config.ufrag, config.pwd, random));
  return agent;
}

Result<void> Agent::set_local(std::span<const Address> local) {
  if (local.empty() || local.size() > kMaxLocal) return Status::ERR_INVALID_ARGUMENT;
  for (size_t i = 0; i < local.size(); ++i) {
    const bool is_family = local[i].family == 4 || local[i].family == 6;
    if (!is_family || !local[i].is_set() || local[i].is_unspecified() ||
        std::find(local.begin(), local.begin() + static_cast<ptrdiff_t>(i), local[i]) !=
            local.begin() + static_cast<ptrdiff_t>(i)) {
      return Status::ERR_INVALID_ARGUMENT;
    }
    // RFC 8421: each address has a preference of its own; the host's order is its wish.
    local_[i] = {CandidateType::kHost,
                 candidate_priority(CandidateType::kHost, static_cast<uint16_t>(UINT16_MAX - i)),
                 local[i]};
  }
  local_count_ = local.size();
  return {};
}

Result<Box<Generation>> Agent::make_generation(std::string_view ufrag, std::string_view pwd,
                                               RandomSource& random) {
  VOXLOCK_TRY(Credentials credentials, ufrag.empty() && pwd.empty()
                                           ? Credentials::generate(random)
                                           : Credentials::from(ufrag, pwd));
  // RFC 8445 section 9: a restart changes the ufrag, and the USERNAME must tell both apart.
  for (const Generation* other : {current_.get(), previous_.get()}) {
    if (other != nullptr && is_same(credentials.ufrag.view(), other->credentials.ufrag))
      return Status::ERR_ICE_CREDENTIAL;
  }
  auto made = make_box<Generation>(memory_, last_serial_ + 1, std::move(credentials));
  VOXLOCK_TRY(const crypto::Digest unused, made->key.finish());
  (void)unused;
  ++last_serial_;
  return made;
}

Generation* Agent::find_generation(ByteView username, ByteView& peer_ufrag) const {
  // RFC 8445 section 7.2.2: the USERNAME of a check is the receiver's ufrag, ":", the sender's.
  const auto colon = std::find(username.begin(), username.end(), uint8_t{':'});
  if (colon == username.end()) return nullptr;
  const auto own_len = static_cast<size_t>(colon - username.begin());
  const ByteView own = username.first(own_len);
  peer_ufrag = username.subspan(own_len + 1);
  for (Generation* generation : {current_.get(), previous_.get()}) {
    if (generation == nullptr || !is_same(own, generation->credentials.ufrag)) continue;
    const bool is_peer = !generation->has_remote() || is_same(peer_ufrag, generation->remote_ufrag);
    return is_peer ? generation : nullptr;
  }
  return nullptr;
}

const Generation* Agent::find_generation(uint32_t serial) const {
  for (const Generation* generation : {current_.get(), previous_.get()}) {
    if (generation != nullptr && generation->serial == serial) return generation;
  }
  return nullptr;
}

Result<size_t> Agent::receive(ByteView datagram, const Address& from, uint32_t local,
                              MutableBytes response, uint64_t now_ns) {
  if (local >= local_count_ || !from.is_set()) return Status::ERR_INVALID_ARGUMENT;
  if (response.size() < kMaxResponse) return Status::ERR_BUFFER_TOO_SMALL;
  advance(now_ns);
  const auto message = stun::Message::parse(datagram);
  // RFC 8445 section 7.1: a check always has a FINGERPRINT, so nothing else is one.
  if (!message || !message->has_fingerprint()) {
    ++stats_.not_stun;
    return size_t{0};
  }
  if (message->message_class() != stun::Class::kRequest || message->method() != stun::kBinding) {
    ++stats_.not_request;
    return size_t{0};
  }
  return take_request(*message, {local, from}, response);
}

// RFC 8489 section 9.1.3, in its order.
Result<size_t> Agent::take_request(const stun::Message& message, const Path& path,
                                   MutableBytes response) {
  if (!message.has_integrity() || !message.username()) {
    ++stats_.bad_request;
    return refuse(message, kBadRequest, response);
  }
  ByteView peer_ufrag;
  Generation* generation = find_generation(*message.username(), peer_ufrag);
  if (generation == nullptr) {
    ++stats_.bad_username;
    return refuse(message, kUnauthenticated, response);
  }
  VOXLOCK_TRY(const bool is_integral, message.is_integral(generation->key));
  if (!is_integral) {
    ++stats_.bad_integrity;
    return refuse(message, kUnauthenticated, response);
  }
  return answer_check({message, *generation, path, peer_ufrag}, response);
}

// To a stranger: seldom, and never more bytes than the request had, so that a forged source address
// gains nothing.
size_t Agent::refuse(const stun::Message& message, uint16_t code, MutableBytes response) {
  stun::Builder out(response, stun::Class::kError, stun::kBinding, message.transaction_id());
  out.put_error(code);
  out.put_fingerprint();
  if (out.size() > message.size() || !errors_.take(time_.now_ns())) {
    ++stats_.errors_withheld;
    return 0;
  }
  ++stats_.errors_sent;
  return out.size();
}

Result<size_t> Agent::answer_check(const Check& check, MutableBytes response) {
  if (!check.message.unknown().empty()) {
    ++stats_.unknown_required;
    return write_response(check, kUnknownAttribute, response);
  }
  // RFC 8445 section 6.1.1: against a lite agent the full one controls, whatever was negotiated.
  if (check.message.controlled()) {
    ++stats_.role_conflicts;
    return write_response(check, kRoleConflict, response);
  }
  switch (log_.look_up(check.message.transaction_id(), check.path)) {
    case TransactionLog::Seen::kElsewhere:
      ++stats_.replayed;
      return size_t{0};
    case TransactionLog::Seen::kHere:
      ++stats_.repeated;
      return write_response(check, 0, response);
    case TransactionLog::Seen::kNever:
      break;
  }
  VOXLOCK_TRY(const size_t len, write_response(check, 0, response));
  ++stats_.checks;
  commit(check);
  return len;
}

Result<size_t> Agent::write_response(const Check& check, uint16_t error,
                                     MutableBytes response) const {
  const auto message_class = error == 0 ? stun::Class::kSuccess : stun::Class::kError;
  stun::Builder out(response, message_class, stun::kBinding, check.message.transaction_id());
  if (error == 0) {
    out.put_mapped(check.path.remote);
  } else {
    out.put_error(error);
  }
  if (error == kUnknownAttribute) out.put_unknown(check.message.unknown());
  VOXLOCK_TRY_VOID(out.put_integrity(check.generation.key));
  out.put_fingerprint();
  if (!out.ok()) return Status::ERR_INTERNAL;
  return out.size();
}

Result<bool> Agent::add_remote_candidate(std::string_view line) {
  VOXLOCK_TRY(const ParsedCandidate parsed, parse_candidate(line));
  if (!parsed.is_usable) return false;
  const auto known = std::span(remote_).first(remote_count_);
  // A later description names the same ones again; the priority of the newest counts.
  const auto same = std::find_if(known.begin(), known.end(), [&](const Candidate& candidate) {
    return candidate.address == parsed.candidate.address;
  });
  if (same != known.end()) {
    *same = parsed.candidate;
    return true;
  }
  if (remote_count_ == kMaxRemote) return false;
  remote_[remote_count_++] = parsed.candidate;
  return true;
}

std::string_view Agent::local_ufrag() const {
  return as_text(current_->credentials.ufrag.view());
}

std::string_view Agent::local_pwd() const {
  return as_text(current_->credentials.pwd.view());
}

void Agent::write_candidates(bytes::Writer& out) const {
  for (size_t i = 0; i < local_count_; ++i) {
    // RFC 8445 section 5.1.1.3: candidates of one type and one IP address share a foundation.
    size_t first = 0;
    while (local_[first].address.ip != local_[i].address.ip) ++first;
    write_host_candidate(out, static_cast<uint32_t>(first + 1), local_[i]);
    out.put("\r\n");
  }
}

uint64_t Agent::state_hash() const {
  uint64_t hash = pairs_.mix_into(log_.mix_into(kHashStart));
  hash = mix(hash, selected_ != nullptr ? selected_->path.hash() : 0);
  hash = mix(hash, uint64_t{last_serial_} << 32 | event_count_ << 8 | (has_consent_ ? 1 : 0));
  for (const Generation* generation : {current_.get(), previous_.get()}) {
    if (generation == nullptr) continue;
    hash = mix(hash, generation->credentials.ufrag.view());
    hash = mix(hash, generation->remote_ufrag.view());
  }
  for (size_t i = 0; i < remote_count_; ++i) hash = mix(hash, remote_[i].priority);
  return hash;
}

}  // namespace voxlock::ice
