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
    std::bitset<256> seen;
    for (const uint8_t byte : secret.subspan(at, kLen)) seen.set(byte);
    if (seen.count() >= kMinDistinct) put(kind, secret.data() + at);
  }
}

void Needles::add_whole(const std::string& kind, std::span<const uint8_t> piece) {
  REQUIRE(piece.size() == kLen);
  put(kind, piece.data());
}

void Needles::put(const std::string& kind, const uint8_t* bytes) {
  Piece piece{{}, kind};
  std::memcpy(piece.bytes.data(), bytes, kLen);
  const uint64_t head = head_of(bytes);
  heads_.set(bit_of(head));
  pieces_.emplace(head, std::move(piece));
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

namespace {

// Calls found(offset, kind) for each needle that begins in the first size bytes.
template <typename Found>
void search(std::span<const uint8_t> data, size_t size, const Needles& needles, Found found) {
  for (size_t page = 0; page < std::min(size, data.size()); page += kPage) {
    const size_t end = std::min({size, data.size(), page + kPage});
    if (std::memcmp(data.data() + page, kZeros.data(), end - page) == 0) continue;
    for (size_t i = page; i < end && i + Needles::kLen <= data.size(); ++i) {
      if (const std::string* kind = needles.find(data.data() + i)) found(i, *kind);
    }
  }
}

// A row of /proc/PID/smaps.
struct Mapping {
  uintptr_t start = 0;
  uintptr_t end = 0;
  std::string name;
  bool is_private = false;  // and can be written
  bool is_left_out = false;
};

std::vector<Mapping> mappings_of(const std::string& folder) {
  std::vector<Mapping> out;
  std::ifstream smaps(folder + "/smaps");
  for (std::string line; std::getline(smaps, line);) {
    std::istringstream words(line);
    std::string range, rights, offset, device, inode, name;
    words >> range >> rights >> offset >> device >> inode >> name;
    const size_t dash = range.find('-');
    if (range == "VmFlags:") {
      const bool is_left_out = line.find(" dd") != line.npos && line.find(" wf") != line.npos;
      out.back().is_left_out = is_left_out;
    } else if (dash != range.npos && range.back() != ':') {
      out.push_back({std::stoull(range.substr(0, dash), nullptr, 16),
                     std::stoull(range.substr(dash + 1), nullptr, 16),
                     name.empty() ? "anonymous" : name, rights == "rw-p", false});
    }
  }
  return out;
}

}  // namespace

std::vector<Hit> scan(pid_t process, const Needles& needles) {
  const std::string folder = "/proc/" + std::to_string(process);
  const int memory = open((folder + "/mem").c_str(), O_RDONLY | O_CLOEXEC);
  REQUIRE(memory >= 0);
  std::vector<Hit> hits;
  std::vector<uint8_t> chunk(kChunk + Needles::kLen);
  for (const Mapping& mapping : mappings_of(folder)) {
    if (!mapping.is_private) continue;
    for (uintptr_t at = mapping.start; at < mapping.end; at += kChunk) {
      // What lies behind may be readable as well, and is another mapping's.
      const size_t wanted = std::min(chunk.size(), mapping.end - at);
      const ssize_t n = pread(memory, chunk.data(), wanted, static_cast<off_t>(at));
      const size_t size = n > 0 ? static_cast<size_t>(n) : 0;
      search({chunk.data(), size}, kChunk, needles, [&](size_t i, const std::string& kind) {
        hits.push_back({kind, mapping.name, at + i, mapping.is_left_out});
      });
    }
  }
  close(memory);
  return hits;
}

std::vector<std::string> scan_file(const std::string& path, const Needles& needles) {
  std::vector<std::string> kinds;
  std::ifstream file(path, std::ios::binary);
  REQUIRE(file.good());
  std::vector<uint8_t> chunk(kChunk + Needles::kLen);
  size_t kept = 0;
  while (file) {
    file.read(reinterpret_cast<char*>(chunk.data() + kept),
              static_cast<std::streamsize>(chunk.size() - kept));
    const size_t size = kept + static_cast<size_t>(file.gcount());
    search({chunk.data(), size}, kChunk, needles,
           [&](size_t, const std::string& kind) { kinds.push_back(kind); });
    kept = size > kChunk ? size - kChunk : 0;
    std::copy_n(chunk.begin() + kChunk, kept, chunk.begin());
  }
  return kinds;
}

}  // namespace voxlock::test
