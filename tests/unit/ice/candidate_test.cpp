#include "ice/candidate.h"

#include <string>

#include "support/catch.h"
#include "support/guarded.h"

using namespace voxlock;
using namespace voxlock::ice;

TEST_CASE("RFC 8445 5.1.2.1, 6.1.2.3: priorities") {
  CHECK(candidate_priority(CandidateType::kHost, 65535) == 2130706431);
  CHECK(candidate_priority(CandidateType::kServerReflexive, 65535) == 1694498815);
  CHECK(candidate_priority(CandidateType::kRelayed, 0) == 255);
  CHECK(pair_priority(1, 2) == (uint64_t{1} << 32) + 4);
  CHECK(pair_priority(2, 1) == (uint64_t{1} << 32) + 5);
  CHECK(pair_priority(7, 7) == (uint64_t{7} << 32) + 14);
  CHECK(pair_priority(UINT32_MAX, 1) == (uint64_t{1} << 32) + 2 * uint64_t{UINT32_MAX} + 1);
}

TEST_CASE("RFC 8839 5.1: candidate lines are read, ignored or refused") {
  enum class Verdict { kUsable, kIgnored, kRefused };
  struct Row {
    const char* line;
    Verdict verdict;
  };
  const Row rows[] = {
      {"candidate:1 1 udp 2130706431 192.0.2.1 5000 typ host", Verdict::kUsable},
      {"a=candidate:1 1 UDP 2130706431 192.0.2.1 5000 typ host", Verdict::kUsable},
      {"candidate:842163049 1 udp 1677729535 203.0.113.5 60769 typ srflx raddr 192.168.1.2 rport "
       "60769 generation 0 ufrag EEtu network-id 3 network-cost 10",
       Verdict::kUsable},
      {"candidate:1 1 udp 1 2001:db8::1 5000 typ relay raddr :: rport 0", Verdict::kUsable},
      {"candidate:a+/Z 1 udp 4294967295 192.0.2.1 65535 typ prflx", Verdict::kUsable},
      {" candidate:1 1 udp 1 192.0.2.1 5 typ host ", Verdict::kUsable},
      {"candidate:1 1 udp 2113937151 3f5e2ab6-1a4f-4e7d-9d0e-1c2d3e4f5a6b.local 5000 typ host",
       Verdict::kIgnored},
      {"candidate:1 1 udp 1 peer.example.com 5000 typ host", Verdict::kIgnored},
      {"candidate:1 1 tcp 1518280447 192.0.2.1 9 typ host tcptype active", Verdict::kIgnored},
      {"candidate:1 1 ssltcp 1 192.0.2.1 443 typ host", Verdict::kIgnored},
      {"candidate:1 2 udp 2130706430 192.0.2.1 5001 typ host", Verdict::kIgnored},
      {"candidate:1 1 udp 1 192.0.2.1 0 typ host", Verdict::kIgnored},
      {"candidate:1 1 udp 1 192.0.2.1 5000 typ newtype", Verdict::kIgnored},
      {"candidate:1 1 udp 1 fe80::1%eth0 5000 typ host", Verdict::kIgnored},
      {"", Verdict::kRefused},
      {"end-of-candidates", Verdict::kRefused},
      {"candidate:", Verdict::kRefused},
      {"candidate:1", Verdict::kRefused},
      {"candidate:1 1 udp 1 192.0.2.1 5000", Verdict::kRefused},
      {"candidate:1 1 udp 1 192.0.2.1 5000 typ", Verdict::kRefused},
      {"candidate:1 1 udp 1 192.0.2.1 5000 kind host", Verdict::kRefused},
      {"candidate:1 0 udp 1 192.0.2.1 5000 typ host", Verdict::kRefused},
      {"candidate:1 257 udp 1 192.0.2.1 5000 typ host", Verdict::kRefused},
      {"candidate:1 1 udp x 192.0.2.1 5000 typ host", Verdict::kRefused},
      {"candidate:1 1 udp 4294967296 192.0.2.1 5000 typ host", Verdict::kRefused},
      {"candidate:1 1 udp 1 192.0.2.1 65536 typ host", Verdict::kRefused},
      {"candidate:1 1 udp 1 192.0.2.1 -1 typ host", Verdict::kRefused},
      {"candidate:123456789012345678901234567890123 1 udp 1 192.0.2.1 1 typ host",
       Verdict::kRefused},
  };
  for (const Row& row : rows) {
    INFO(row.line);
    const test::Guarded input{std::string_view(row.line)};
    const auto parsed = parse_candidate(input.text());
    CHECK(parsed.has_value() == (row.verdict != Verdict::kRefused));
    if (!parsed) {
      CHECK(parsed.error() == Status::ERR_ICE_CANDIDATE);
      continue;
    }
    CHECK(parsed->is_usable == (row.verdict == Verdict::kUsable));
  }
  const auto parsed =
      parse_candidate("candidate:9 1 udp 1677729535 203.0.113.5 60769 typ srflx raddr 1.2.3.4");
  REQUIRE(parsed);
  CHECK(parsed->candidate.type == CandidateType::kServerReflexive);
  CHECK(parsed->candidate.priority == 1677729535);
  auto expected = *parse_ip("203.0.113.5");
  expected.port = 60769;
  CHECK(parsed->candidate.address == expected);
}

TEST_CASE("a line cut anywhere is read safely") {
  const std::string line =
      "a=candidate:842163049 1 udp 1677729535 2001:db8::5 60769 typ srflx raddr :: rport 0";
  for (size_t len = 0; len < line.size(); ++len) {
    const test::Guarded input{std::string_view(line).substr(0, len)};
    (void)parse_candidate(input.text());
  }
}

TEST_CASE("a written candidate is read back") {
  uint8_t buffer[128];
  bytes::Writer out(buffer);
  Candidate candidate{CandidateType::kHost, 2130706431, *parse_ip("2001:db8::1")};
  candidate.address.port = 5000;
  write_host_candidate(out, 3, candidate);
  CHECK(as_text(out.written()) ==
        "candidate:3 1 udp 2130706431 2001:db8:0:0:0:0:0:1 5000 typ host");
  const auto parsed = parse_candidate(as_text(out.written()));
  REQUIRE(parsed);
  CHECK(parsed->is_usable);
  CHECK(parsed->candidate.address == candidate.address);
}
