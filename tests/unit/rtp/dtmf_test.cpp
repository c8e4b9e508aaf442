#include "rtp/dtmf.h"

#include <string>
#include <vector>

#include "rtp/packet.h"
#include "support/catch.h"
#include "support/json.h"
#include "support/pcap.h"
#include "support/vectors.h"

using namespace voxlock;
using namespace voxlock::rtp;
using Kind = DigitEvent::Kind;

namespace {

constexpr uint64_t kMs = 1'000'000;

// Feeds packets and writes what came out: "+5" a begin, "-5" an end, "~5" an end that was lost.
struct Trace {
  EventDetector detector;
  std::string text;
  uint64_t now_ns = 0;
  uint32_t last_duration = 0;

  void take(const DigitEvents& events) {
    for (const DigitEvent& event : events.view()) {
      text += event.kind == Kind::kBegin ? '+' : event.is_end_seen ? '-' : '~';
      text += digit_of(event.code);
      last_duration = event.duration;
    }
  }
  void packet(uint8_t code, uint32_t timestamp, uint16_t duration, bool is_end = false) {
    now_ns += 50 * kMs;
    take(detector.on_time(now_ns));
    take(detector.on_packet({code, is_end, 10, duration}, timestamp, now_ns));
  }
};

}  // namespace

TEST_CASE("RFC 4733 2.3: an event block is read and written") {
  const auto raw = test::from_hex("058a0320");
  const auto event = parse_event(raw);
  REQUIRE(event);
  CHECK((event->code == 5 && event->is_end && event->volume == 10 && event->duration == 800));
  uint8_t out[4];
  bytes::Writer writer(out);
  write_event(*event, writer);
  CHECK(test::to_hex(out, 4) == "058a0320");
  for (size_t n = 0; n < 4; ++n)
    CHECK(parse_event(ByteView(raw).first(n)).error() == Status::ERR_TRUNCATED);
  const auto longer = test::from_hex("058a032000");
  CHECK(parse_event(longer)->duration == 800);
}

TEST_CASE("RFC 4733 table 3: digits have codes") {
  for (uint8_t code = 0; code < 16; ++code) CHECK(code_of(digit_of(code)) == code);
  CHECK(digit_of(11) == '#');
  CHECK(digit_of(16) == 0);
  CHECK(code_of('d') == 15);
  CHECK(!code_of('e'));
  CHECK(!code_of('\0'));
}

TEST_CASE("RFC 4733 2.5: an event is known by timestamp and code") {
  SECTION("whole, with three end packets") {
    Trace trace;
    for (const uint16_t duration : {400, 800, 1200}) trace.packet(5, 1000, duration);
    for (int i = 0; i < 3; ++i) trace.packet(5, 1000, 1600, true);
    CHECK(trace.text == "+5-5");
    CHECK(trace.last_duration == 1600);
  }
  SECTION("the same digit again") {
    Trace trace;
    trace.packet(5, 1000, 400, true);
    trace.packet(5, 9000, 400, true);
    CHECK(trace.text == "+5-5+5-5");
  }
  SECTION("only an end packet came") {
    Trace trace;
    trace.packet(7, 1000, 1600, true);
    trace.packet(7, 1000, 1600, true);
    CHECK(trace.text == "+7-7");
  }
  SECTION("the end was lost and another digit follows") {
    Trace trace;
    trace.packet(1, 1000, 400);
    trace.packet(2, 4000, 400);
    trace.packet(2, 4000, 800, true);
    CHECK(trace.text == "+1~1+2-2");
  }
  SECTION("the end was lost and nothing follows") {
    Trace trace;
    trace.packet(1, 1000, 400);
    CHECK(trace.detector.next_deadline() == 250 * kMs);
    trace.take(trace.detector.on_time(249 * kMs));
    CHECK(trace.text == "+1");
    trace.take(trace.detector.on_time(250 * kMs));
    CHECK(trace.text == "+1~1");
    CHECK(trace.detector.next_deadline() == UINT64_MAX);
    trace.packet(1, 1000, 800, true);
    CHECK(trace.text == "+1~1");
  }
  SECTION("packets out of order") {
    Trace trace;
    trace.packet(1, 1000, 800);
    trace.packet(1, 1000, 400);
    trace.packet(1, 1000, 1200, true);
    trace.packet(1, 1000, 800);
    trace.packet(2, 5000, 400);
    trace.packet(1, 1000, 1200, true);
    trace.packet(2, 5000, 800, true);
    CHECK(trace.text == "+1-1+2-2");
  }
  SECTION("the timestamp wraps") {
    Trace trace;
    trace.packet(1, 0xffffff00, 400, true);
    trace.packet(2, 0x00000400, 400, true);
    CHECK(trace.text == "+1-1+2-2");
  }
}

TEST_CASE("RFC 4733 2.5.1.3: a long event comes in segments of 0xFFFF") {
  Trace trace;
  const uint32_t start = 0xfffff000;
  trace.packet(9, start, 800);
  trace.packet(9, start, 0xffff);
  trace.packet(9, start + 0xffff, 400);
  trace.packet(9, start, 0xffff);  // late
  // The segment between was lost altogether.
  trace.packet(9, start + 3 * 0xffff, 400, true);
  trace.packet(9, start + 3 * 0xffff, 400, true);
  CHECK(trace.text == "+9-9");
  CHECK(trace.last_duration == 3 * 0xffff + 400);
}

TEST_CASE("RFC 4733 section 5: the table of dialling 911") {
  if (!test::has_vectors("rtp/dtmf/rfc4733-table5.json")) return;
  const auto file = test::Json::parse(test::read_vector("rtp/dtmf/rfc4733-table5.json"));
  // As it is, and with each single packet lost.
  const auto& packets = file["packets"].items();
  for (size_t lost = 0; lost <= packets.size(); ++lost) {
    EventDetector detector;
    std::string digits;
    size_t ends = 0;
    for (size_t i = 0; i < packets.size(); ++i) {
      if (i == lost) continue;
      const auto raw = test::from_hex(packets[i]["rtp"].text());
      const auto packet = parse_packet(raw);
      REQUIRE(packet);
      const auto now_ns = static_cast<uint64_t>(packets[i]["time_ms"].integer()) * kMs;
      for (const auto& events :
           {detector.on_time(now_ns),
            detector.on_packet(*parse_event(packet->payload), packet->timestamp, now_ns)}) {
        for (const DigitEvent& event : events.view()) {
          if (event.kind == Kind::kBegin)
            digits += digit_of(event.code);
          else
            ++ends;
        }
      }
    }
    CHECK(digits == file["expected_digits"].text());
    CHECK(ends == 3);
  }
}

TEST_CASE("captured events of SIPp give the digit of the file's name") {
  struct Row {
    const char* file;
    char digit;
  };
  for (const Row& row : {Row{"1", '1'}, Row{"5", '5'}, Row{"9", '9'}, Row{"pound", '#'}}) {
    const std::string path = std::string("pcap/sipp/dtmf_2833_") + row.file + ".pcap";
    if (!test::has_vectors(path)) continue;
    const std::string content = test::read_vector(path);
    EventDetector detector;
    std::string text;
    for (const auto& datagram : test::PcapReader(content).udp()) {
      const auto packet = parse_packet(datagram.payload);
      REQUIRE(packet);
      CHECK(packet->payload_type == 101);
      const auto events =
          detector.on_packet(*parse_event(packet->payload), packet->timestamp, datagram.time_ns);
      for (const DigitEvent& event : events.view()) {
        text += event.kind == Kind::kBegin ? '+' : '-';
        text += digit_of(event.code);
      }
    }
    CHECK(text == std::string{'+', row.digit, '-', row.digit});
  }
}

TEST_CASE("an event passes into another clock") {
  struct Row {
    uint32_t in_rate, out_rate, duration, scaled;
  };
  for (const Row& row :
       {Row{8000, 8000, 1600, 1600}, Row{8000, 48000, 1600, 9600}, Row{48000, 8000, 9600, 1600},
        Row{8000, 16000, 400, 800}, Row{16000, 48000, 800, 2400}, Row{48000, 16000, 2401, 800}}) {
    CHECK(scale_duration(row.duration, row.in_rate, row.out_rate) == row.scaled);
    EventTranslator translator(row.in_rate, row.out_rate);
    const auto first = translator.translate({5, false, 7, 0}, 1000, 777);
    CHECK(first.is_first);
    CHECK(first.timestamp == 777);
    CHECK(first.event.volume == 7);
    const auto end =
        translator.translate({5, true, 7, static_cast<uint16_t>(row.duration)}, 1000, 9999);
    CHECK(!end.is_first);
    CHECK(end.timestamp == 777);
    CHECK(end.event.duration == row.scaled);
    CHECK(end.event.is_end);
    CHECK(translator.translate({5, true, 7, 10}, 99000, 5).is_first);
  }
}

TEST_CASE("a key held for 30 s is the same event behind the translation, in both directions") {
  struct Row {
    uint32_t in_rate, out_rate;
  };
  for (const Row& row : {Row{8000, 48000}, Row{48000, 8000}, Row{16000, 16000}}) {
    EventTranslator translator(row.in_rate, row.out_rate);
    Trace trace;
    const uint32_t begin = 0xffff0000;
    const uint32_t step = row.in_rate / 20;
    bool is_first_seen = false;
    for (uint32_t total = step; total <= 30 * row.in_rate; total += step) {
      const uint32_t segment = (total - 1) / 0xffff * 0xffff;
      const auto out = translator.translate(
          {3, total == 30 * row.in_rate, 10, static_cast<uint16_t>(total - segment)},
          begin + segment, 5000 + total);
      CHECK(out.is_first == !is_first_seen);
      is_first_seen = true;
      trace.packet(out.event.code, out.timestamp, out.event.duration, out.event.is_end);
    }
    CHECK(trace.text == "+3-3");
    CHECK(trace.last_duration == 30 * row.out_rate);
  }
}
