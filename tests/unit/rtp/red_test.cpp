#include "rtp/red.h"

#include <algorithm>
#include <set>
#include <string>
#include <vector>

#include "support/catch.h"
#include "support/guarded.h"
#include "support/vectors.h"

using namespace voxlock;
using namespace voxlock::rtp;
using test::from_hex;

namespace {

std::vector<uint8_t> frame_of(uint32_t number, size_t len = 20) {
  std::vector<uint8_t> out(len, static_cast<uint8_t>(number));
  for (size_t i = 0; i < 4 && i < len; ++i) out[i] = static_cast<uint8_t>(number >> 8 * i);
  return out;
}

std::vector<uint8_t> send(RedSender& sender, uint32_t timestamp, const std::vector<uint8_t>& frame,
                          size_t max_len = 1200, uint8_t payload_type = 111) {
  std::vector<uint8_t> buffer(max_len);
  test::Guarded out(buffer);
  bytes::Writer writer(out.mutable_bytes());
  REQUIRE(sender.write(payload_type, timestamp, frame, max_len, writer));
  REQUIRE(writer.ok());
  const ByteView written = writer.written();
  return {written.begin(), written.end()};
}

// "timestamp:payload type:bytes[:recovered]" of each frame.
std::string told(const RedFrames& frames) {
  std::string out;
  for (const RedFrame& frame : frames.view()) {
    if (!out.empty()) out += ' ';
    out += std::to_string(frame.timestamp) + ":" + std::to_string(frame.payload_type) + ":" +
           std::to_string(frame.data.size()) + (frame.is_recovered ? ":recovered" : "");
  }
  return out;
}

std::string take(RedReceiver& receiver, uint32_t timestamp, const std::vector<uint8_t>& payload) {
  const test::Guarded input{ByteView(payload)};
  const auto frames = receiver.take(timestamp, input.bytes());
  REQUIRE(frames);
  return told(*frames);
}

}  // namespace

TEST_CASE("RFC 2198 3: blocks are read in their order") {
  // Type 5, 160 ticks older, 3 bytes; type 0, 16383 ticks, none; type 111, what is left.
  const auto raw = from_hex(
      "85028003"
      "80fffc00"
      "6f"
      "aabbcc"
      "0102");
  const test::Guarded input{ByteView(raw)};
  auto reader = RedReader::parse(input.bytes());
  REQUIRE(reader);
  CHECK(reader->block_count() == 3);
  const auto first = reader->next();
  REQUIRE(first);
  CHECK((first->payload_type == 5 && first->timestamp_offset == 160 && !first->is_primary));
  CHECK(test::to_hex(first->data.data(), first->data.size()) == "aabbcc");
  const auto second = reader->next();
  REQUIRE(second);
  CHECK((second->payload_type == 0 && second->timestamp_offset == 16383));
  CHECK(second->data.empty());
  const auto third = reader->next();
  REQUIRE(third);
  CHECK((third->payload_type == 111 && third->timestamp_offset == 0 && third->is_primary));
  CHECK(test::to_hex(third->data.data(), third->data.size()) == "0102");
  CHECK_FALSE(reader->next());
}

TEST_CASE("RFC 2198 3: payloads that lie about their length are refused") {
  struct Row {
    const char* title;
    const char* hex;
    bool is_good;
  };
  const Row rows[] = {
      {"nothing", "", false},
      {"a header cut off", "85", false},
      {"a header cut off later", "850280", false},
      {"no primary header", "85028003", false},
      {"a block longer than the rest", "850280036faabb", false},
      {"two blocks longer than the rest",
       "8502800285028002"
       "6f"
       "aabbcc",
       false},
      {"the largest block", "8502 83ff", false},
      {"an empty primary block", "6f", true},
      {"an empty primary block behind a full one", "850280036faabbcc", true},
      {"only a primary block", "6f01", true},
  };
  for (const Row& row : rows) {
    INFO(row.title);
    std::string hex = row.hex;
    hex.erase(std::remove(hex.begin(), hex.end(), ' '), hex.end());
    const auto raw = from_hex(hex);
    const test::Guarded input{ByteView(raw)};
    const auto reader = RedReader::parse(input.bytes());
    CHECK(reader.has_value() == row.is_good);
    if (!reader) CHECK(reader.error() == Status::ERR_TRUNCATED);
    RedReceiver receiver;
    CHECK(receiver.take(1, input.bytes()).has_value() == row.is_good);
  }
}

TEST_CASE("every prefix of a payload is read safely") {
  RedSender sender;
  REQUIRE(sender.set_generations(3));
  std::vector<uint8_t> whole;
  for (uint32_t i = 0; i < 4; ++i) whole = send(sender, 960 * i, frame_of(i));
  for (size_t len = 0; len <= whole.size(); ++len) {
    const test::Guarded input{ByteView(whole).first(len)};
    const auto reader = RedReader::parse(input.bytes());
    // Four headers and three redundant frames; the primary one may be of any length.
    CHECK(reader.has_value() == (len >= 13 + 60));
  }
}

TEST_CASE("RFC 2198: a sender repeats the last frames, oldest first") {
  for (size_t generations = 0; generations <= RedSender::kMaxGenerations; ++generations) {
    RedSender sender;
    REQUIRE(sender.set_generations(generations));
    for (uint32_t i = 0; i < 8; ++i) {
      const auto payload = send(sender, 960 * i, frame_of(i, 10 + i));
      auto reader = RedReader::parse(payload);
      REQUIRE(reader);
      const size_t redundant = std::min<size_t>(i, generations);
      REQUIRE(reader->block_count() == redundant + 1);
      for (size_t k = redundant; k > 0; --k) {
        const auto block = reader->next();
        REQUIRE(block);
        CHECK(block->timestamp_offset == 960 * k);
        CHECK(as_text(block->data) == as_text(frame_of(i - static_cast<uint32_t>(k), 10 + i - k)));
      }
      CHECK(as_text(reader->next()->data) == as_text(frame_of(i, 10 + i)));
    }
  }
  RedSender sender;
  CHECK(sender.set_generations(RedSender::kMaxGenerations + 1).error() ==
        Status::ERR_INVALID_ARGUMENT);
}

TEST_CASE("RFC 2198 3: frames beyond the fields of a block header stay behind") {
  RedSender sender;
  REQUIRE(sender.set_generations(2));
  const auto blocks = [&](uint32_t timestamp, size_t len, size_t max_len = 3000) {
    const auto payload = send(sender, timestamp, frame_of(1, len), max_len);
    return RedReader::parse(payload)->block_count();
  };
  CHECK(blocks(0, 1023) == 1);
  CHECK(blocks(16383, 1024) == 2);  // the largest block and offset there are
  CHECK(blocks(32766, 10) == 1);    // 1024 bytes do not fit a block
  CHECK(blocks(32766 + 16384, 10) == 1);
  CHECK(blocks(32766 + 16384, 10) == 1);  // the same timestamp again: no redundancy of itself
  sender.reset();
  CHECK(blocks(0, 10) == 1);
  CHECK(blocks(10, 10) == 2);
  CHECK(blocks(20, 10, 11 + 14 + 14) == 3);
  CHECK(blocks(30, 10, 11 + 14 + 13) == 2);
  CHECK(blocks(40, 10, 11 + 13) == 1);
  CHECK(blocks(50, 10, 11) == 1);
  // Timestamps wrap.
  sender.reset();
  CHECK(blocks(UINT32_MAX - 100, 10) == 1);
  CHECK(blocks(859, 10) == 2);
}

TEST_CASE("bad input of a sender changes nothing") {
  RedSender sender;
  uint8_t buffer[30];
  bytes::Writer writer(buffer);
  CHECK(sender.write(128, 0, frame_of(1), 30, writer).error() == Status::ERR_INVALID_ARGUMENT);
  CHECK(writer.size() == 0);
  bytes::Writer small(MutableBytes(buffer).first(5));
  REQUIRE(sender.write(111, 0, frame_of(1), 30, small));
  CHECK_FALSE(small.ok());
  CHECK(small.size() == 21);
  // A frame that did not go out is not repeated.
  CHECK(RedReader::parse(send(sender, 960, frame_of(2)))->block_count() == 1);
}

TEST_CASE("a receiver gives each frame once, a lost one from the next packet") {
  RedSender sender;
  REQUIRE(sender.set_generations(2));
  std::vector<std::vector<uint8_t>> packets;
  for (uint32_t i = 0; i < 8; ++i)
    packets.push_back(
        send(sender, 960 * i, frame_of(i, 10 + i), 1200, static_cast<uint8_t>(96 + i)));
  RedReceiver receiver;
  // What came before the first packet was before our time.
  CHECK(take(receiver, 960, packets[1]) == "960:97:11");
  CHECK(take(receiver, 960, packets[1]).empty());
  CHECK(take(receiver, 1920, packets[2]) == "1920:98:12");
  // Packet 3 lost, then it comes after all.
  CHECK(take(receiver, 3840, packets[4]) == "2880:99:13:recovered 3840:100:14");
  CHECK(take(receiver, 2880, packets[3]).empty());
  // Two lost in a row.
  CHECK(take(receiver, 6720, packets[7]) ==
        "4800:101:15:recovered 5760:102:16:recovered 6720:103:17");
  CHECK(take(receiver, 0, packets[0]).empty());
  receiver.reset();
  CHECK(take(receiver, 0, packets[0]) == "0:96:10");
}

TEST_CASE("a stream that goes on without RED is told apart") {
  RedSender sender;
  const auto first = send(sender, 0, frame_of(0));
  const auto second = send(sender, 960, frame_of(1));
  RedReceiver receiver;
  CHECK(take(receiver, 0, first) == "0:111:20");
  CHECK(receiver.take_plain(960));
  CHECK_FALSE(receiver.take_plain(960));
  CHECK(take(receiver, 960, second).empty());
}

TEST_CASE("a stream that begins anew is followed, an old block is not") {
  RedSender sender;
  RedReceiver receiver;
  CHECK(take(receiver, 5'000'000, send(sender, 5'000'000, frame_of(0))) == "5000000:111:20");
  CHECK(receiver.take_plain(5'000'960));
  CHECK_FALSE(receiver.take_plain(4'999'040));
  CHECK(receiver.take_plain(1'000));
  CHECK(receiver.take_plain(1'960));
}

TEST_CASE("repeated and empty redundant blocks give nothing, more than nine the newest") {
  RedReceiver receiver;
  CHECK(receiver.take_plain(0));
  // Offset 0, an empty block, then the primary one.
  CHECK(take(receiver, 960,
             from_hex("8500000285028000"
                      "6f"
                      "aabb"
                      "01")) == "960:111:1");
  std::string headers;
  std::string data;
  for (uint32_t i = 12; i > 0; --i) {
    const uint32_t rest = (i * 10) << 10 | 1;
    const uint8_t raw[] = {0x85, static_cast<uint8_t>(rest >> 16), static_cast<uint8_t>(rest >> 8),
                           static_cast<uint8_t>(rest)};
    headers += test::to_hex(raw, 4);
    data += "aa";
  }
  const std::string out = take(receiver, 5000, from_hex(headers + "6f" + data + "bbcc"));
  CHECK(out.find("4920:5:1:recovered 4930") == 0);
  CHECK(out.find("5000:111:2") != std::string::npos);
}

TEST_CASE("a lossy hour: with two generations only runs of three are lost, at their own time") {
  RedSender sender;
  REQUIRE(sender.set_generations(2));
  RedReceiver receiver;
  std::set<uint32_t> got;
  uint32_t state = 1;
  std::vector<bool> arrived;
  // Over the wrap of the timestamp.
  const uint32_t begin = UINT32_MAX - 50'000 * 960u;
  for (uint32_t i = 0; i < 180'000; ++i) {
    const auto payload = send(sender, begin + 960 * i, frame_of(i));
    state = state * 1664525 + 1013904223;
    arrived.push_back(i == 0 || (state >> 24) >= 64);  // a quarter is lost
    if (!arrived.back()) continue;
    const auto frames = receiver.take(begin + 960 * i, payload);
    REQUIRE(frames);
    for (const RedFrame& frame : frames->view()) {
      const uint32_t number = (frame.timestamp - begin) / 960;
      REQUIRE(as_text(frame.data) == as_text(frame_of(number)));
      REQUIRE(frame.is_recovered == (number != i));
      REQUIRE(got.insert(number).second);
    }
  }
  for (uint32_t i = 0; i + 2 < arrived.size(); ++i) {
    REQUIRE((got.count(i) == 1) == (arrived[i] || arrived[i + 1] || arrived[i + 2]));
  }
}
