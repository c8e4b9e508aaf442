#include "rtp/loss_pattern.h"

#include <random>
#include <string>

#include "support/catch.h"

using namespace voxlock::rtp;

namespace {

// '.' received, 'x' lost, 'd' discarded.
Fate fate_of(char c) {
  return c == 'x' ? Fate::kLost : c == 'd' ? Fate::kDiscarded : Fate::kReceived;
}

LossPattern::Sums count(const std::string& text) {
  LossPattern pattern;
  for (const char c : text) pattern.add(fate_of(c));
  return pattern.sums();
}

// RFC 3611 4.7.2 read word by word: marks every packet of a burst, by looking at all of them.
LossPattern::Sums by_definition(const std::string& text) {
  constexpr size_t kGmin = LossPattern::kGmin;
  const auto is_missing = [&](size_t i) { return text[i] != '.'; };
  LossPattern::Sums out;
  out.packets = text.size();
  std::string marks(text.size(), 'g');
  for (size_t i = 0; i < text.size(); ++i) {
    out.lost += text[i] == 'x' ? 1 : 0;
    out.discarded += text[i] == 'd' ? 1 : 0;
    out.runs += is_missing(i) && (i == 0 || !is_missing(i - 1)) ? 1 : 0;
    if (!is_missing(i)) continue;
    // The next missing packet with less than Gmin received ones between.
    for (size_t k = i + 1; k < text.size() && k - i - 1 < kGmin; ++k) {
      if (!is_missing(k)) continue;
      for (size_t at = i; at <= k; ++at) marks[at] = 'b';
      break;
    }
  }
  for (size_t i = 0; i < text.size(); ++i) {
    const bool is_burst = marks[i] == 'b', is_first = i == 0 || marks[i - 1] != marks[i];
    (is_burst ? out.bursts : out.gaps) += is_first ? 1 : 0;
    ++(is_burst ? out.burst_packets : out.gap_packets);
    (is_burst ? out.burst_missing : out.gap_missing) += is_missing(i) ? 1 : 0;
  }
  return out;
}

bool is_same(const LossPattern::Sums& a, const LossPattern::Sums& b) {
  return a.packets == b.packets && a.lost == b.lost && a.discarded == b.discarded &&
         a.runs == b.runs && a.bursts == b.bursts && a.burst_packets == b.burst_packets &&
         a.burst_missing == b.burst_missing && a.gaps == b.gaps && a.gap_packets == b.gap_packets &&
         a.gap_missing == b.gap_missing;
}

}  // namespace

TEST_CASE("RFC 3611 4.7.2: a lone loss lies in a gap, two near ones make a burst") {
  const std::string far(16, '.'), near(15, '.');
  struct Row {
    const char* title;
    std::string text;
    uint64_t bursts, burst_packets, burst_missing, gaps, gap_missing;
  };
  const Row rows[] = {
      {"nothing", "", 0, 0, 0, 0, 0},
      {"all there", far, 0, 0, 0, 1, 0},
      {"one lost", far + "x" + far, 0, 0, 0, 1, 1},
      {"the first one lost", "x" + far, 0, 0, 0, 1, 1},
      {"16 received between", far + "x" + far + "x" + far, 0, 0, 0, 1, 2},
      {"15 received between", far + "x" + near + "x" + far, 1, 17, 2, 2, 0},
      {"a row", far + "xxx" + far, 1, 3, 3, 2, 0},
      {"lost and discarded count alike", far + "xd" + far, 1, 2, 2, 2, 0},
      {"it begins with a burst", "xx" + far, 1, 2, 2, 1, 0},
      {"it ends with one", far + "xx", 1, 2, 2, 1, 0},
      {"nothing but a burst", "xxxx", 1, 4, 4, 0, 0},
      {"bursts and a lone loss", "xx" + far + "x" + far + "x.x", 2, 5, 4, 1, 1},
  };
  for (const Row& row : rows) {
    INFO(row.title);
    const auto sums = count(row.text);
    CHECK(sums.bursts == row.bursts);
    CHECK(sums.burst_packets == row.burst_packets);
    CHECK(sums.burst_missing == row.burst_missing);
    CHECK(sums.gaps == row.gaps);
    CHECK(sums.gap_missing == row.gap_missing);
    CHECK(is_same(sums, by_definition(row.text)));
  }
}

TEST_CASE("RFC 3611 4.7.2: the running sums are those of the definition, for any pattern") {
  std::mt19937 random(7);
  for (int i = 0; i < 400; ++i) {
    std::string text;
    const uint32_t loss = random() % 40;
    for (uint32_t n = random() % 300; n > 0; --n)
      text += random() % 100 < loss ? (random() % 3 == 0 ? 'd' : 'x') : '.';
    INFO(text);
    CHECK(is_same(count(text), by_definition(text)));
  }
}

TEST_CASE("many losses at once count as one after the other") {
  for (const uint64_t lost : {1u, 2u, 17u, 70u, 3000u}) {
    LossPattern at_once, one_by_one;
    for (int i = 0; i < 20; ++i) {
      at_once.add(Fate::kReceived);
      one_by_one.add(Fate::kReceived);
    }
    at_once.add_lost(lost);
    for (uint64_t i = 0; i < lost; ++i) one_by_one.add(Fate::kLost);
    CHECK(is_same(at_once.sums(), one_by_one.sums()));
  }
}

TEST_CASE("a packet that comes late is no loss while the window waits for it") {
  struct Row {
    const char* title;
    uint64_t late_by;
    bool is_used;
    uint64_t lost, discarded;
  };
  const Row rows[] = {
      {"reordered", 3, true, 0, 0},
      {"too late for its player", 3, false, 0, 1},
      {"the window's last", LossRecord::kWindow - 1, true, 0, 0},
      {"behind it", LossRecord::kWindow, true, 1, 0},
  };
  for (const Row& row : rows) {
    INFO(row.title);
    LossRecord record;
    for (uint64_t i = 1000; i <= 1100 + row.late_by; ++i) {
      if (i != 1100) record.on_received(i);
    }
    record.on_received(1100);
    if (!row.is_used) record.on_discarded(1100);
    for (uint64_t i = 1; i < 200; ++i) record.on_received(1100 + row.late_by + i);
    CHECK(record.sums().packets == 100 + row.late_by + 200);
    CHECK(record.sums().lost == row.lost);
    CHECK(record.sums().discarded == row.discarded);
  }
}

TEST_CASE("a window over random arrivals sees what a list of all fates sees") {
  std::mt19937 random(11);
  for (int i = 0; i < 100; ++i) {
    LossRecord record;
    std::string text(1 + random() % 400, 'x');
    for (size_t k = 0; k < text.size(); ++k) {
      // Of a window's width at most, so that all is decided by what came.
      const size_t late = k >= 40 ? k - random() % 40 : k;
      for (const size_t at : {k, late}) {
        if (at != 0 && random() % 4 == 0) continue;
        record.on_received(500 + at);
        text[at] = '.';
        if (at == k || random() % 2 == 0) continue;
        record.on_discarded(500 + at);
        text[at] = 'd';
      }
    }
    text.resize(text.find_last_of(".d") + 1);
    INFO(text);
    CHECK(is_same(record.sums(), by_definition(text)));
  }
}

TEST_CASE("numbers from before the first packet, and from 0 on, do no harm") {
  LossRecord record;
  record.on_discarded(5);
  CHECK(record.sums().packets == 0);
  record.on_received(0);
  record.on_received(1);
  CHECK(record.sums().packets == 2);
  LossRecord other;
  other.on_received(100);
  other.on_received(99);
  CHECK(other.sums().packets == 1);
  CHECK(other.sums().lost == 0);
}
