// The input is a script: a length byte, then that many bytes for the connection; a length of 0
// takes one more byte as a step of time or a command on the latest call. Whatever comes, the
// endpoint stays within its limits and its events within the arena.
#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdlib>

#include "base/context.h"
#include "crypto/drbg.h"
#include "ua/endpoint.h"

using namespace voxlock;

namespace {

constexpr std::string_view kSdp =
    "v=0\r\no=a 1 1 IN IP4 192.0.2.1\r\ns=-\r\nt=0 0\r\nm=audio 4000 RTP/AVP 0\r\n";

struct Script {
  ua::Endpoint& endpoint;
  uint64_t connection;
  uint64_t now_ns = 0;
  uint64_t call = 0;

  void drain() {
    static std::array<uint8_t, 65536> arena;
    std::array<ua::Event, 8> events;
    while (true) {
      const auto polled = endpoint.poll(events, arena, now_ns);
      if (!polled) std::abort();
      for (size_t i = 0; i < polled->events; ++i) {
        const ua::Event& event = events[i];
        for (const ua::Range& range : {event.data, event.sdp, event.reason, event.warning}) {
          if (range.len != 0 && range.offset + range.len > polled->arena_len) std::abort();
        }
        if (event.type == ua::EventType::kIncoming || event.type == ua::EventType::kOffer)
          call = event.call;
      }
      if (polled->events < events.size()) return;
    }
  }
  void command(uint8_t code) {
    switch (code & 7) {
      case 0:
        (void)endpoint.ring(call, 180, {}, now_ns);
        break;
      case 1:
        (void)endpoint.answer(call, as_bytes(kSdp), now_ns);
        break;
      case 2:
        (void)endpoint.reject(call, {486, {}, 0, {}, 0}, now_ns);
        break;
      case 3:
        (void)endpoint.hangup(call, now_ns);
        break;
      case 4:
        (void)endpoint.offer(call, as_bytes(kSdp), now_ns);
        break;
      case 5:
        (void)endpoint.send_digit(call, ua::DigitForm::kRelay, {'5', code}, now_ns);
        break;
      default:
        now_ns += static_cast<uint64_t>(code) * 100 * ua::kMillisecond;
        break;
    }
    endpoint.advance(now_ns);
    drain();
  }
  void feed(ByteView data) {
    while (!data.empty()) {
      const auto taken = endpoint.input(connection, data, now_ns);
      if (!taken) std::abort();
      drain();
      data = data.subspan(*taken);
    }
  }
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  Memory memory(nullptr);
  crypto::Drbg random;
  if (!random.seed(as_bytes("ua endpoint fuzz seed 0123456789"))) std::abort();
  Context context(memory, random, LogSink{});
  ua::Config config;
  config.host = "fuzz.example";
  config.limits = {2, 4, 16, 8192, 65536};
  auto endpoint = ua::Endpoint::create(context, config);
  if (!endpoint) std::abort();
  const auto connection = (*endpoint)->accept(ua::Transport::kTcp, "192.0.2.1", 5060, 0);
  if (!connection) std::abort();
  Script script{**endpoint, *connection};
  // An input that starts like a message is one: the corpora of the parsers serve here as well.
  bytes::Reader reader({data, size});
  if (size != 0 && data[0] >= 'A') script.feed(reader.rest());
  while (reader.left() != 0) {
    const size_t n = reader.u8();
    if (n == 0) {
      script.command(reader.u8());
    } else {
      script.feed(reader.take(std::min(n, reader.left())));
    }
  }
  const ua::Stats stats = (*endpoint)->stats();
  if (stats.calls > 4 || stats.transactions > 16 || stats.connections > 2) std::abort();
  for (int i = 0; i < 8; ++i) script.command(255);
  return 0;
}
