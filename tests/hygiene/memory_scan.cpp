#include "hygiene/memory_scan.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <fstream>
#include <sstream>

#include "support/catch.h"

namespace voxlock::test {
namespace {

constexpr size_t kChunk = 1 << 20;
constexpr size_t kPage = 4096;  // most of them are empty
constexpr std::array<uint8_t, kPage> kZeros{};
constexpr size_t kMinDistinct = 8;  // of a needle's bytes: fewer may be there by chance

size_t bit_of(uint64_t head) {
  return head * 0x9e3779b97f4a7c15 >> 48;
}

}  // namespace

uint64_t Needles::head_of(const uint8_t* p) {
  uint64_t head;
  std::memcpy(&head, p, sizeof head);
  return head;
}

void Needles::add(const std::string& kind, std::span<const uint8_t> secret) {
  for (size_t at = 0; at + kLen <= secret.size(); at += kLen) {
    Piece piece{{}, kind};
    std::memcpy(piece.bytes.data(), secret.data() + at, kLen);
    std::bitset<256> seen;
    for (const uint8_t byte : piece.bytes) seen.set(byte);
    if (seen.count() < kMinDistinct) continue;
    const uint64_t head = head_of(piece.bytes.data());
    heads_.set(bit_of(head));
    pieces_.emplace(head, std::move(piece));
  }
}

void Needles::add(const std::string& kind, const std::string& secret) {
  add(kind, std::span(reinterpret_cast<const uint8_t*>(secret.data()), secret.size()));
}

const std::string* Needles::find(const uint8_t* p) const {
  const uint64_t head = head_of(p);
  if (!heads_.test(bit_of(head))) return nullptr;
  const auto [first, last] = pieces_.equal_range(head);
  for (auto it = first; it != last; ++it) {
    if (std::memcmp(it->second.bytes.data(), p, kLen) == 0) return &it->second.kind;
  }
  return nullptr;
}

std::vector<Hit> scan(pid_t process, const Needles& needles) {
  const std::string folder = "/proc/" + std::to_string(process);
  const int memory = open((folder + "/mem").c_str(), O_RDONLY | O_CLOEXEC);
  REQUIRE(memory >= 0);
  std::vector<Hit> hits;
  std::vector<uint8_t> chunk(kChunk + Needles::kLen);
  std::ifstream maps(folder + "/maps");
  for (std::string line; std::getline(maps, line);) {
    std::istringstream words(line);
    std::string range, rights, offset, device, inode, name;
    words >> range >> rights >> offset >> device >> inode >> name;
    if (rights != "rw-p") continue;
    const size_t dash = range.find('-');
    const uintptr_t end = std::stoull(range.substr(dash + 1), nullptr, 16);
    for (uintptr_t at = std::stoull(range.substr(0, dash), nullptr, 16); at < end; at += kChunk) {
      const ssize_t n = pread(memory, chunk.data(), chunk.size(), static_cast<off_t>(at));
      const size_t size = n > 0 ? static_cast<size_t>(n) : 0;
      for (size_t page = 0; page < std::min(size, kChunk); page += kPage) {
        const size_t len = std::min(size - page, kPage);
        if (std::memcmp(chunk.data() + page, kZeros.data(), len) == 0) continue;
        for (size_t i = page; i < page + len && i + Needles::kLen <= size; ++i) {
          const std::string* kind = needles.find(chunk.data() + i);
          if (kind != nullptr) hits.push_back({*kind, name.empty() ? "anonymous" : name, at + i});
        }
      }
    }
  }
  close(memory);
  return hits;
}

}  // namespace voxlock::test
