#include "sip/header_lookup.h"

namespace voxlock::sip {
namespace {

using header_lookup::Folded;
using header_lookup::kRows;
using header_lookup::kTables;

template <typename Word>
bool same_word(const char* input, const Folded& row, size_t at) {
  Word word, lower, case_bits;
  std::memcpy(&word, input + at, sizeof word);
  std::memcpy(&lower, row.lower + at, sizeof lower);
  std::memcpy(&case_bits, row.case_bits + at, sizeof case_bits);
  return static_cast<Word>(word | case_bits) == lower;
}

// Compares words that overlap at the end, so that nothing outside the name is read.
bool same_name(std::string_view name, const Folded& row) {
  const char* p = name.data();
  const size_t n = name.size();
  if (n >= 8) {
    return same_word<uint64_t>(p, row, 0) && same_word<uint64_t>(p, row, n - 8) &&
           (n <= 16 || same_word<uint64_t>(p, row, 8));
  }
  if (n >= 4) return same_word<uint32_t>(p, row, 0) && same_word<uint32_t>(p, row, n - 4);
  return same_word<uint16_t>(p, row, 0) && same_word<uint8_t>(p, row, n - 1);
}

}  // namespace

const HeaderRow& header_row(HeaderId id) {
  return kRows[static_cast<size_t>(id)];
}

HeaderId header_id(std::string_view name) {
  if (name.size() < 2) {
    if (name.empty() || !text::is_alpha(name[0])) return HeaderId::kOther;
    return static_cast<HeaderId>(kTables.compact[static_cast<uint8_t>(text::lower(name[0]))]);
  }
  const size_t index = header_lookup::index_of(name);
  const Folded& row = kTables.folded[index];
  return row.len == name.size() && same_name(name, row) ? static_cast<HeaderId>(index)
                                                        : HeaderId::kOther;
}

}  // namespace voxlock::sip
