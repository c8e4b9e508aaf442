// A call whose dialog goes on in another process.
#include "ua/call.h"
#include "ua/endpoint.h"
#include "ua/session_timer.h"

namespace voxlock::ua {
namespace {

// Requests that the former process may have sent since: numbers of a dialog only have to grow (RFC
// 3261, section 12.2.1.1).
constexpr uint32_t kSkippedCseqs = 1000;
constexpr size_t kMaxRoutes = 32;

void text(Saver& saver, const Text& value) {
  saver.text(value);
}
void text(Loader& loader, Text& value) {
  value = loader.text();
}

template <typename Archive, typename Any>
void describe(Archive& archive, Any& call) {
  auto& dialog = call.dialog;
  for (auto* value : {&dialog.call_id, &dialog.local_tag, &dialog.remote_tag, &dialog.local,
                      &dialog.remote, &dialog.target})
    text(archive, *value);
  archive.number(dialog.local_cseq);
  archive.number(dialog.remote_cseq);
  archive.number(dialog.has_remote_cseq);
  archive.number(call.is_secure);
  archive.number(call.is_caller);
  archive.number(call.is_authenticated);
  archive.number(call.session.interval_s);
  archive.number(call.session.is_ours);
  archive.number(call.min_se_s);
}

Result<void> load_routes(Loader& loader, Dialog& dialog) {
  size_t count = 0;
  loader.number(count);
  if (!loader.ok() || count > kMaxRoutes) return Status::ERR_SYNTAX;
  for (size_t i = 0; i < count; ++i) text(loader, dialog.routes.emplace_back());
  return {};
}

bool is_here(Core& core, const Dialog& dialog) {
  bool is_found = false;
  core.calls.for_each([&](const Call& call) {
    is_found = is_found ||
               (call.dialog.call_id == dialog.call_id && call.dialog.local_tag == dialog.local_tag);
  });
  return is_found;
}

}  // namespace

Result<void> Endpoint::save_call(uint64_t id, bytes::Writer& writer) const {
  VOXLOCK_TRY(const Call* const call, find_call(*core_, id));
  if (call->state != CallState::kConnected) return Status::ERR_WRONG_STATE;
  constexpr size_t kLongest = UINT16_MAX;
  if (call->dialog.target.size() > kLongest || call->dialog.local.size() > kLongest ||
      call->dialog.remote.size() > kLongest) {
    return Status::ERR_LIMIT;
  }
  Saver saver(writer);
  describe(saver, *call);
  saver.number(call->dialog.routes.size());
  for (const Text& route : call->dialog.routes) text(saver, route);
  return {};
}

Result<uint64_t> Endpoint::load_call(Loader& loader, uint64_t now_ns) {
  Core& core = *core_;
  set_now(core, now_ns);
  Call saved(0, core.memory);
  describe(loader, saved);
  VOXLOCK_TRY_VOID(load_routes(loader, saved.dialog));
  constexpr uint32_t kMaxCseq = 0x7fffffff;
  if (!loader.ok() || saved.dialog.local_cseq > kMaxCseq - kSkippedCseqs) return Status::ERR_SYNTAX;
  if (is_here(core, saved.dialog)) return Status::ERR_WRONG_STATE;
  Call* const call = add_call(core, std::move(saved.dialog));
  if (call == nullptr) return Status::ERR_LIMIT;
  call->dialog.local_cseq += kSkippedCseqs;
  call->state = CallState::kConnected;
  call->is_secure = saved.is_secure;
  call->is_caller = saved.is_caller;
  call->is_authenticated = saved.is_authenticated;
  call->min_se_s = saved.min_se_s;
  start_session(core, *call, saved.session);
  return call->id;
}

}  // namespace voxlock::ua
