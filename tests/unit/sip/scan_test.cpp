// The fast ways against the plain ones: runs by blocks against octet by octet, heads in one piece
// against heads that arrive octet by octet, on vectors and on mutated copies of them.
#include "sip/scan.h"

#include <algorithm>
#include <random>
#include <string>
#include <vector>

#include "sip/message.h"
#include "sip/scan_steps.h"
#include "support/catch.h"
#include "support/guarded.h"
#include "support/vectors.h"

using namespace voxlock;
using namespace voxlock::sip;

namespace {

constexpr char kMutations[] = "\r\n \t:;,<>\"\\@=?%[]*/._-\x7f\x80\xc3\xa9zA9";

// One to three octets changed, put in or taken out.
std::string mutated(std::string data, std::mt19937& random) {
  for (size_t i = 0; i < 1 + random() % 3 && !data.empty(); ++i) {
    const size_t at = random() % data.size();
    const char c = kMutations[random() % (sizeof kMutations - 1)];
    switch (random() % 3) {
      case 0:
        data[at] = c;
        break;
      case 1:
        data.insert(at, 1, c);
        break;
      default:
        data.erase(at, 1);
    }
  }
  return data;
}

std::vector<std::string> messages() {
  std::vector<std::string> out = {
      "OPTIONS sip:bob@example.com SIP/2.0\r\nVia: SIP/2.0/TLS a.b;branch=z9hG4bK1\r\nX-A:\tb\r\n"
      " c\r\nA-header-with-a-name-of-more-than-sixteen-octets : \"a\\\x01\"\r\nl: 0\r\n\r\n"};
  for (const char* folder : {"sip/rfc4475", "sip/rfc5118/crlf", "sip/kamailio-misc"}) {
    if (!test::has_vectors(folder)) continue;
    for (const std::string& name : test::list_vectors(folder))
      out.push_back(test::read_vector(std::string(folder) + "/" + name).substr(0, 4000));
  }
  return out;
}

template <typename Check>
void for_mutations(Check check) {
  std::mt19937 random(4475);
  for (const std::string& message : messages()) {
    check(message);
    for (int i = 0; i < 20; ++i) check(mutated(message, random));
  }
}

// What a scanner says of each line, up to the end of the head or of the data.
std::vector<std::vector<uint64_t>> steps(std::string_view data, size_t piece) {
  std::vector<std::vector<uint64_t>> out;
  HeadScanner scanner;
  Field field{};
  size_t len = std::min(piece, data.size());
  for (;;) {
    const Step step = scanner.next(data.substr(0, len), &field);
    if (step == Step::kMore && len < data.size()) {
      len = std::min(len + piece, data.size());
      continue;
    }
    const bool is_bad = step == Step::kBadLine || step == Step::kTooLarge;
    out.push_back({static_cast<uint64_t>(step), scanner.line_at(), scanner.line_len(),
                   is_bad ? static_cast<uint64_t>(to_int(scanner.error)) : 0, field.name_at,
                   field.name_len, field.value_at, field.value_len, static_cast<uint64_t>(field.id),
                   scanner.content_length().value_or(0)});
    if (step == Step::kMore || step == Step::kTooLarge) return out;
    if (step != Step::kEnd) continue;
    out.push_back({scanner.head_len(), scanner.is_ascii() ? 1U : 0U});
    return out;
  }
}

size_t run_len(std::string_view text, unsigned bits) {
  size_t len = 0;
  while (len < text.size() && grammar::is(text[len], bits)) ++len;
  return len;
}

}  // namespace

TEST_CASE("RFC 3261 7.3.1: lines are cut the same way by windows and octet by octet") {
  for_mutations([](const std::string& data) {
    const test::Guarded input{std::string_view(data)};
    const auto whole = steps(input.text(), data.size());
    CHECK(steps(input.text(), 1) == whole);
    CHECK(steps(input.text(), 67) == whole);
  });
}

TEST_CASE("is_ascii tells of the octets of the head") {
  for_mutations([](const std::string& data) {
    const auto whole = steps(data, data.size());
    if (whole.back().size() != 2) return;
    const std::string_view head = std::string_view(data).substr(0, whole.back()[0]);
    const bool is_ascii = std::all_of(head.begin(), head.end(),
                                      [](char c) { return static_cast<uint8_t>(c) < 0x80; });
    CHECK((whole.back()[1] == 1) == is_ascii);
  });
}

TEST_CASE("RFC 3261 25.1: runs by the map are those of the character classes") {
  constexpr unsigned kClassesTried[] = {grammar::kToken,    grammar::kUser,      grammar::kBareUser,
                                        grammar::kPassword, grammar::kParamChar, grammar::kHostChar,
                                        grammar::kGenValue, grammar::kWord,      grammar::kOpaque,
                                        grammar::kDisplay,  grammar::kDigit,     grammar::kLws};
  for_mutations([&](const std::string& data) {
    const test::Guarded input{std::string_view(data)};
    TextMap map(input.text());
    HeadScanner scanner;
    Field field{};
    for (;;) {
      const Step step = scanner.next(input.text(), &field, &map);
      if (step == Step::kMore || step == Step::kTooLarge || step == Step::kEnd) return;
      const std::string_view line = input.text().substr(scanner.line_at(), scanner.line_len());
      for (size_t at = 0; at < line.size(); at += 1 + at % 7) {
        const std::string_view text = line.substr(at);
        for (const unsigned bits : kClassesTried) {
          const size_t expected = run_len(text, bits);
          const bool is_same = grammar::LineCursor(text, map).run(bits).size() == expected &&
                               grammar::Cursor(text).run(bits).size() == expected;
          if (is_same) continue;
          INFO(std::string(text) << " of class " << bits);
          CHECK(is_same);
        }
      }
    }
  });
}

TEST_CASE("a head up to the limit is mapped whole, and none beyond it") {
  const auto message_of = [](size_t head_len) {
    std::string out =
        "OPTIONS sip:bob@example.com SIP/2.0\r\nVia: SIP/2.0/TLS a.b;branch=z9hG4bK1\r\n"
        "From: <sip:a@b.example>;tag=1\r\nTo: <sip:b@b.example>\r\nCall-ID: 1\r\nCSeq: 1 "
        "OPTIONS\r\n"
        "Subject: ";
    const std::string rest = "\r\nContent-Type: text/plain\r\nContent-Length: 200\r\n\r\n";
    out.append(head_len - out.size() - rest.size(), 'x');
    return out + rest + std::string(200, '\r');
  };
  Message message;
  for (size_t len = kMaxHeadLen - 130; len <= kMaxHeadLen + 130; ++len) {
    const std::string data = message_of(len);
    const test::Guarded input{std::string_view(data)};
    const Result<void> result = message.parse(input.text());
    const bool has_room = len <= kMaxHeadLen;
    INFO(len);
    CHECK(result.error() == (has_room ? Status::OK : Status::ERR_SIP_TOO_LARGE));
    CHECK(message.body().size() == (has_room ? 200 : 0));
  }
}
