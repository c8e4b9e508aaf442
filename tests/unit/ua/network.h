// Two or more endpoints over a virtual network with a virtual clock. Connections are streams: in
// order each, with a delay of their own, cut into pieces of random length, and may be closed.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "support/allocator.h"
#include "support/catch.h"
#include "ua/endpoint.h"

namespace voxlock::test {

struct Seen {
  ua::Event event;
  std::string data, sdp, reason, warning;
};

struct Phone {
  Phone(const char* its_name, const ua::Config& config) : name(its_name) {
    context.allocator.tracks_blocks = true;
    (void)context.random.seed(as_bytes(name + " seed 0123456789abcdef"));
    auto made = ua::Endpoint::create(context.context, config);
    REQUIRE(made);
    endpoint = *std::move(made);
  }
  // The first event of a type that was not taken yet.
  bool take(ua::EventType type, Seen& out) {
    for (auto it = events.begin(); it != events.end(); ++it) {
      if (it->event.type != type) continue;
      out = *it;
      events.erase(it);
      return true;
    }
    return false;
  }
  Seen expect(ua::EventType type) {
    Seen out;
    INFO(name << " waits for event " << static_cast<int>(type));
    REQUIRE(take(type, out));
    return out;
  }

  std::string name;
  TestContext context;
  Box<ua::Endpoint> endpoint;
  std::deque<Seen> events;
  std::vector<std::string> sent;  // every transmit
};

class Network {
 public:
  explicit Network(uint32_t seed = 1) : random_(seed) {}

  Phone& add(const char* name, ua::Config config = {}) {
    config.host = name;
    phones_.push_back(std::make_unique<Phone>(name, config));
    return *phones_.back();
  }
  // Runs until nothing is under way, or until a time.
  void settle(uint64_t limit_ns = ua::kSecond) {
    const uint64_t end = now + limit_ns;
    drain();
    while (!pieces_.empty() && pieces_.begin()->first <= end) {
      now = std::max(now, pieces_.begin()->first);
      deliver();
      drain();
    }
  }
  // Lets time pass, waking endpoints at their deadlines.
  void run(uint64_t span_ns) {
    const uint64_t end = now + span_ns;
    drain();
    while (true) {
      uint64_t next = pieces_.empty() ? ua::kNever : pieces_.begin()->first;
      for (auto& phone : phones_)
        next = std::min(next, std::max(now, phone->endpoint->next_deadline()));
      if (next > end) break;
      now = next;
      while (!pieces_.empty() && pieces_.begin()->first <= now) deliver();
      for (auto& phone : phones_) phone->endpoint->advance(now);
      drain();
    }
    now = end;
    drain();
  }
  // A plain connection into a phone whose far end is the test; gives its id.
  uint64_t attach(Phone& phone) {
    return *phone.endpoint->accept(ua::Transport::kTcp, "192.0.2.9", 5999, now);
  }
  void feed(Phone& phone, uint64_t connection, std::string_view bytes) {
    auto taken = phone.endpoint->input(connection, as_bytes(bytes), now);
    REQUIRE(taken);
    drain();
    REQUIRE(*taken == bytes.size());
  }
  void close_all() {
    for (auto& [key, link] : links_) {
      if (link.is_closed) continue;
      link.is_closed = true;
      (void)key.first->endpoint->closed(key.second, now);
    }
    drain();
  }
  // Both ends of one open connection see it end; what is under way on it is lost.
  void close_one(size_t pick) {
    if (links_.empty()) return;
    auto it = links_.begin();
    std::advance(it, static_cast<std::ptrdiff_t>(pick % links_.size()));
    close(*it->first.first, it->first.second);
  }
  void close(Phone& phone, uint64_t connection) {
    const auto it = links_.find({&phone, connection});
    if (it == links_.end()) return;
    const Link link = it->second;
    links_.erase(it);
    links_.erase({link.peer, link.peer_id});
    (void)phone.endpoint->closed(connection, now);
    (void)link.peer->endpoint->closed(link.peer_id, now);
    drain();
  }
  void drain() {
    bool is_busy = true;
    while (is_busy) {
      is_busy = false;
      for (auto& phone : phones_) is_busy = drain_one(*phone) || is_busy;
    }
  }

  uint64_t now = 1000 * ua::kSecond;
  uint32_t delay_ms = 5;
  bool has_jitter = true;
  bool drops_transmits = false;  // everything sent is lost, as behind a dead middle box

 private:
  using Key = std::pair<Phone*, uint64_t>;
  struct Link {
    Phone* peer = nullptr;
    uint64_t peer_id = 0;
    uint64_t last_at = 0;
    bool is_closed = false;
  };
  struct Piece {
    Key to;
    std::string bytes;
    bool is_open_notice = false;
  };

  bool drain_one(Phone& phone) {
    ua::Event events[16];
    std::vector<uint8_t> arena(65536);
    const auto polled = phone.endpoint->poll(events, arena, now);
    REQUIRE(polled);
    for (size_t i = 0; i < polled->events; ++i) handle(phone, events[i], arena);
    return polled->events != 0;
  }
  void handle(Phone& phone, const ua::Event& event, const std::vector<uint8_t>& arena) {
    const auto text = [&](const ua::Range& range) {
      REQUIRE(range.offset + range.len <= arena.size());
      return std::string(reinterpret_cast<const char*>(arena.data()) + range.offset, range.len);
    };
    if (event.type == ua::EventType::kTransmit) {
      phone.sent.push_back(text(event.data));
      send({&phone, event.connection}, text(event.data));
    } else if (event.type == ua::EventType::kConnect) {
      connect(phone, event, text(event.data));
    } else {
      phone.events.push_back(
          {event, text(event.data), text(event.sdp), text(event.reason), text(event.warning)});
    }
  }
  void connect(Phone& phone, const ua::Event& event, const std::string& host) {
    for (auto& other : phones_) {
      if (other->name != host) continue;
      const auto far = other->endpoint->accept(event.transport, "192.0.2.1", 40000, now);
      if (!far) break;
      links_[{&phone, event.connection}] = {other.get(), *far, 0, false};
      links_[{other.get(), *far}] = {&phone, event.connection, 0, false};
      pieces_.emplace(now + delay_ms * ua::kMillisecond,
                      Piece{{&phone, event.connection}, {}, true});
      return;
    }
    (void)phone.endpoint->closed(event.connection, now);
  }
  void send(Key from, const std::string& bytes) {
    const auto link = links_.find(from);
    if (link == links_.end() || link->second.is_closed || drops_transmits) return;
    size_t at = 0;
    while (at < bytes.size()) {
      const size_t n = std::min<size_t>(bytes.size() - at, 1 + random_() % 700);
      const uint64_t jitter = has_jitter ? random_() % (delay_ms * ua::kMillisecond + 1) : 0;
      link->second.last_at =
          std::max(link->second.last_at, now + delay_ms * ua::kMillisecond + jitter);
      pieces_.emplace(link->second.last_at,
                      Piece{{link->second.peer, link->second.peer_id}, bytes.substr(at, n), false});
      at += n;
    }
  }
  void deliver() {
    const Piece piece = pieces_.begin()->second;
    pieces_.erase(pieces_.begin());
    Phone& phone = *piece.to.first;
    if (piece.is_open_notice) {
      (void)phone.endpoint->connected(piece.to.second, now);
      return;
    }
    const auto link = links_.find(piece.to);
    if (link == links_.end() || link->second.is_closed) return;
    std::string_view left = piece.bytes;
    // A full phone takes less, and its own close may come in between.
    while (!left.empty() && links_.contains(piece.to)) {
      const auto taken = phone.endpoint->input(piece.to.second, as_bytes(left), now);
      REQUIRE(taken);
      left.remove_prefix(*taken);
      drain();
    }
  }

  std::vector<std::unique_ptr<Phone>> phones_;
  std::map<Key, Link> links_;
  std::multimap<uint64_t, Piece> pieces_;
  std::mt19937 random_;
};

}  // namespace voxlock::test
