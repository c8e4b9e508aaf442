#include "sip/cseq.h"

#include "base/text.h"
#include "sip/grammar.h"

namespace voxlock::sip {

Result<CSeq> parse_cseq(std::string_view text) {
  grammar::Cursor cursor(text);
  CSeq out;
  const auto number = text::parse_decimal(cursor.run(grammar::kDigit), (1U << 31) - 1);
  if (!number || !cursor.sees(grammar::kLws)) return Status::ERR_SIP_CSEQ;
  cursor.skip_lws();
  out.number = static_cast<uint32_t>(*number);
  out.method_text = cursor.run(grammar::kToken);
  if (out.method_text.empty() || !cursor.at_end()) return Status::ERR_SIP_CSEQ;
  out.method = method_of(out.method_text);
  return out;
}

}  // namespace voxlock::sip
