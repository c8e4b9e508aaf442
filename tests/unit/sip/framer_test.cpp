#include "sip/framer.h"

#include <algorithm>

#include <string>
#include <vector>

#include "sip/message.h"
#include "support/allocator.h"
#include "support/catch.h"
#include "support/vectors.h"

using namespace voxlock;
using namespace voxlock::sip;

namespace {

std::string message(const std::string& body, const char* more = "") {
  return "MESSAGE sip:bob@example.com SIP/2.0\r\nVia: SIP/2.0/TLS a.b;branch=z9hG4bK1\r\nFrom: "
         "<sip:a@b.c>;tag=1\r\n"
         "To: <sip:b@b.c>\r\nCall-ID: a@b\r\nCSeq: 7 MESSAGE\r\nContent-Type: text/plain\r\n" +
         std::string(more) + "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
}

// What a framer makes of a stream that comes in pieces: "M<size>" for a message, "P" ping, "p"
// pong.
std::string frames(const std::string& stream, size_t piece, FramerRole role = FramerRole::kServer,
                   size_t max = 4096) {
  test::TestContext host;
  Framer framer(host.memory, role, max);
  std::string out;
  size_t at = 0;
  while (at <= stream.size()) {
    const size_t n = std::min(piece, stream.size() - at);
    const size_t taken = framer.feed(as_bytes(std::string_view(stream).substr(at, n)));
    at += taken;
    for (;;) {
      const auto frame = framer.next();
      if (!frame) return out + status_name(to_int(frame.error()));
      if (frame->kind == FrameKind::kNone) break;
      if (frame->kind == FrameKind::kPing) out += "P ";
      if (frame->kind == FrameKind::kPong) out += "p ";
      if (frame->kind == FrameKind::kMessage) {
        out += "M" + std::to_string(frame->bytes.size()) + " ";
        Message parsed;
        if (parsed.parse(frame->bytes, Transport::kStream))
          CHECK(parsed.size() == frame->bytes.size());
      }
    }
    if (at == stream.size()) break;
    REQUIRE(taken != 0);
  }
  return out;
}

}  // namespace

TEST_CASE("RFC 3261 18.3, RFC 5626 3.5.1: a stream is cut the same way however it arrives") {
  const std::string one = message("hello");
  const std::string two = message("");
  const std::string m1 = "M" + std::to_string(one.size()) + " ";
  const std::string m2 = "M" + std::to_string(two.size()) + " ";
  struct Row {
    const char* title;
    std::string stream;
    FramerRole role;
    std::string expected;
  };
  const Row rows[] = {
      {"two messages", one + two, FramerRole::kServer, m1 + m2},
      {"ping between", one + "\r\n\r\n" + two, FramerRole::kServer, m1 + "P " + m2},
      {"two pings", "\r\n\r\n\r\n\r\n", FramerRole::kServer, "P P "},
      {"single CRLF is ignored", "\r\n" + one, FramerRole::kServer, m1},
      {"pong", one + "\r\n" + two, FramerRole::kClient, m1 + "p " + m2},
      {"body of empty lines", message("\r\n\r\n\r\n"), FramerRole::kServer,
       "M" + std::to_string(message("\r\n\r\n\r\n").size()) + " "},
      {"bare CR", one + "\rX\r\n", FramerRole::kServer, m1 + "VOXLOCK_ERR_SIP_CONTROL"},
      {"no length", "OPTIONS sip:a SIP/2.0\r\nA: b\r\n\r\n", FramerRole::kServer,
       "VOXLOCK_ERR_SIP_NO_CONTENT_LENGTH"},
      {"two lengths", message("", "l: 7\r\n"), FramerRole::kServer, "VOXLOCK_ERR_SIP_DUPLICATE"},
      {"length not a number", message("", "l: 0x0\r\n"), FramerRole::kServer,
       "VOXLOCK_ERR_SIP_CONTENT_LENGTH"},
      {"length in a fold", message("", "Subject: x\r\n l: 7\r\n"), FramerRole::kServer,
       "M" + std::to_string(message("", "Subject: x\r\n l: 7\r\n").size()) + " "},
      {"other protocol", "\x16\x03\x01\x02" + std::string(200, 'x').append("\r\n\r\n"),
       FramerRole::kServer, "VOXLOCK_ERR_SIP_CONTROL"},
      {"endless line", std::string(5000, 'x'), FramerRole::kServer, "VOXLOCK_ERR_SIP_TOO_LARGE"},
      {"long body", message(std::string(5000, 'x')), FramerRole::kServer,
       "VOXLOCK_ERR_SIP_TOO_LARGE"},
  };
  for (const Row& row : rows) {
    for (const size_t piece : {1, 2, 3, 7, 64, 100000}) {
      INFO(row.title << " in pieces of " << piece);
      CHECK(frames(row.stream, piece, row.role) == row.expected);
    }
  }
}

TEST_CASE("after an error the framer takes nothing and tells what it holds") {
  test::TestContext host;
  Framer framer(host.memory, FramerRole::kServer, 4096);
  const std::string bad = "OPTIONS sip:a SIP/2.0\r\nbroken\r\n\r\n";
  CHECK(framer.feed(as_bytes(bad)) == bad.size());
  CHECK(framer.next().error() == Status::ERR_SIP_HEADER_LINE);
  CHECK(framer.next().error() == Status::ERR_SIP_HEADER_LINE);
  CHECK(as_text(framer.broken()) == bad);
  CHECK(framer.feed(as_bytes(bad)) == 0);
}

TEST_CASE("a framer allocates once") {
  test::TestContext host;
  {
    Framer framer(host.memory, FramerRole::kServer, 4096);
    const uint64_t before = host.allocator.count;
    const std::string data = message("x");
    for (int i = 0; i < 100; ++i) {
      CHECK(framer.feed(as_bytes(data)) == data.size());
      CHECK(framer.next()->bytes.size() == data.size());
    }
    CHECK(host.allocator.count == before);
  }
  CHECK(host.allocator.live_blocks == 0);
}

TEST_CASE("parsed length and framed length agree on every known message") {
  for (const char* folder :
       {"sip/rfc4475", "sip/kamailio-misc", "sip/pjsip-seeds", "sip/rfc5118/crlf"}) {
    if (!test::has_vectors(folder)) continue;
    for (const std::string& name : test::list_vectors(folder)) {
      INFO(folder << "/" << name);
      const std::string data = test::read_vector(std::string(folder) + "/" + name);
      test::TestContext host;
      Framer framer(host.memory, FramerRole::kServer, kMaxMessageLen);
      (void)framer.feed(as_bytes(data));
      const auto frame = framer.next();
      Message message;
      const bool is_parsed =
          message.parse(as_text(framer.pending()), Transport::kStream).has_value();
      if (frame && frame->kind == FrameKind::kMessage) {
        (void)message.parse(std::string_view(data), Transport::kStream);
        CHECK(message.size() == frame->bytes.size());
      } else if (frame && frame->kind == FrameKind::kNone) {
        CHECK_FALSE(is_parsed);
      } else if (!frame) {
        CHECK_FALSE(is_parsed);
        CHECK(message.size() == 0);
      }
    }
  }
}
