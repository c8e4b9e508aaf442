#include "sip/cseq.h"

#include "sip/elements.h"

namespace voxlock::sip {

template <typename Cursor>
Result<void> grammar::take_cseq(Cursor& caller, CSeq& out) {
  Cursor cursor = caller;
  if (!take_number(cursor, (1U << 31) - 1, out.number) || !cursor.sees(kLws))
    return Status::ERR_SIP_CSEQ;
  cursor.skip_lws();
  out.method_text = cursor.run(kToken);
  if (out.method_text.empty()) return Status::ERR_SIP_CSEQ;
  out.method = method_of(out.method_text);
  caller = cursor;
  return {};
}
template Result<void> grammar::take_cseq(Cursor&, CSeq&);
template Result<void> grammar::take_cseq(LineCursor&, CSeq&);

Result<CSeq> parse_cseq(std::string_view text) {
  return grammar::parse_all<CSeq>(text, Status::ERR_SIP_CSEQ, grammar::take_cseq<grammar::Cursor>);
}

}  // namespace voxlock::sip
