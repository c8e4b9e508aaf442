#include "ua/digit.h"

#include "base/bytes.h"
#include "base/text.h"
#include "sip/multipart.h"

namespace voxlock::ua {
namespace {

// In the order of their numbers in RFC 4733 3.2, the flash behind them.
constexpr std::string_view kKeys = "0123456789*#ABCDF";
constexpr size_t kFlash = 16;

Result<char> parse_key(std::string_view text) {
  if (text == "!") return kKeys[kFlash];
  if (text.size() == 1) {
    const char c = text[0] >= 'a' && text[0] <= 'd' ? static_cast<char>(text[0] - 32) : text[0];
    const size_t at = kKeys.substr(0, kFlash).find(c);
    if (at == std::string_view::npos) return Status::ERR_SYNTAX;
    return kKeys[at];
  }
  if (text.size() != 2 || text[0] != '1') return Status::ERR_SYNTAX;
  VOXLOCK_TRY(const uint64_t number, text::parse_decimal(text, UINT8_MAX));
  if (number > kFlash) return Status::ERR_SYNTAX;
  return kKeys[static_cast<size_t>(number)];
}

// Lines may end with LF alone.
std::string_view trim_line(std::string_view line) {
  while (!line.empty() && (line.back() == '\r' || line.back() == '\n')) line.remove_suffix(1);
  return text::trim(line);
}

Result<Digit> parse_relay(std::string_view body) {
  Digit out;
  while (!body.empty()) {
    std::string_view value = text::cut(body, '\n');
    const std::string_view name = text::trim(text::cut(value, '='));
    value = trim_line(value);
    if (text::equals_ignore_case(name, "signal")) {
      if (out.key != 0) return Status::ERR_SYNTAX;
      VOXLOCK_TRY(out.key, parse_key(value));
    } else if (text::equals_ignore_case(name, "duration")) {
      const auto duration = text::parse_decimal(value, kMaxDigitMs);
      if (!duration) return Status::ERR_SYNTAX;
      out.duration_ms = static_cast<uint32_t>(*duration);
    }
  }
  if (out.key == 0) return Status::ERR_SYNTAX;
  return out;
}

}  // namespace

Result<Digit> parse_digit(DigitForm form, std::string_view body) {
  if (form == DigitForm::kRelay) return parse_relay(body);
  Digit out;
  VOXLOCK_TRY(out.key, parse_key(trim_line(body)));
  return out;
}

Result<Digit> digit_of(const sip::Message& info) {
  for (const DigitForm form : {DigitForm::kRelay, DigitForm::kPlain}) {
    const auto body = sip::find_body(info.content_type(), info.body(), type_of(form));
    if (body) return parse_digit(form, *body);
    if (body.error() != Status::ERR_NOT_FOUND) return body.error();
  }
  return Status::ERR_SIP_MEDIA_TYPE;
}

Result<DigitBody> write_digit(DigitForm form, const Digit& digit) {
  const bool is_key = digit.key != 0 && kKeys.substr(0, kFlash).find(digit.key) != kKeys.npos;
  if (!is_key || digit.duration_ms > kMaxDigitMs) return Status::ERR_INVALID_ARGUMENT;
  DigitBody out;
  bytes::Writer writer(out.resize(40));
  if (form == DigitForm::kRelay) writer.put("Signal=");
  writer.put(digit.key);
  if (form == DigitForm::kRelay) {
    writer.put("\r\nDuration=");
    writer.decimal(digit.duration_ms);
    writer.put("\r\n");
  }
  (void)out.resize(writer.size());
  return out;
}

std::string_view type_of(DigitForm form) {
  return form == DigitForm::kRelay ? kRelayType : kPlainType;
}

}  // namespace voxlock::ua
