#include "sdp/bundle.h"

#include <algorithm>
#include <array>

#include "base/text.h"

namespace voxlock::sdp {
namespace {

bool is_mid_char(char c) {
  constexpr std::string_view kMarks = "!#$%&'*+-.^_`{|}~";  // RFC 8866: token-char
  return text::is_alpha(c) || text::is_digit(c) || kMarks.find(c) != std::string_view::npos;
}

// A group names each section once, so that no more words than there are sections count: each
// section looks through the list.
bool has_word(std::string_view list, std::string_view wanted) {
  for (size_t i = 0; i < kMaxMedia; ++i) {
    const std::string_view word = next_word(list);
    if (word.empty()) return false;
    if (word == wanted) return true;
  }
  return false;
}

const Media* find_media(const Session& session, std::string_view mid) {
  for (const Media& media : session.media()) {
    if (mid_of(media) == mid) return &media;
  }
  return nullptr;
}

// The section whose transport a bundle-only section lives on: the offerer-tagged one (RFC 9143,
// section 7.2.1), the first of the group.
const Media* tagged_media(const Session& session, const Media& media) {
  auto group = bundle_of(session, mid_of(media));
  return group ? find_media(session, next_word(*group)) : nullptr;
}

}  // namespace

bool is_mid(std::string_view text) {
  return !text.empty() && text.size() <= kMaxMid &&
         std::all_of(text.begin(), text.end(), is_mid_char);
}

std::string_view mid_of(const Media& media) {
  return find_attribute(media.attributes, "mid").value_or(std::string_view());
}

Result<void> check_mids(const Session& session) {
  std::array<std::string_view, kMaxMedia> known;
  auto last = known.begin();
  for (const Media& media : session.media()) {
    const auto mid = find_attribute(media.attributes, "mid");
    if (!mid) continue;
    if (!is_mid(*mid) || std::find(known.begin(), last, *mid) != last) return Status::ERR_SDP_MID;
    *last++ = *mid;
  }
  return {};
}

std::optional<std::string_view> bundle_of(const Session& session, std::string_view mid) {
  if (mid.empty()) return std::nullopt;
  for (const Attribute& attribute : session.attributes()) {
    if (attribute.name != "group") continue;
    std::string_view tags = attribute.value;
    if (next_word(tags) == "BUNDLE" && has_word(tags, mid)) return tags;
  }
  return std::nullopt;
}

bool is_bundle_only(const Session& session, size_t index) {
  const Media& media = session.media()[index];
  if (media.port != 0 || !find_attribute(media.attributes, "bundle-only")) return false;
  const Media* tagged = tagged_media(session, media);
  return tagged != nullptr && tagged->port != 0;
}

TransportScope::TransportScope(const Session& session, size_t index) {
  const Media& media = session.media()[index];
  levels_[0] = media.attributes;
  if (is_bundle_only(session, index)) levels_[1] = tagged_media(session, media)->attributes;
  levels_[2] = session.attributes();
}

std::optional<std::string_view> TransportScope::find(std::string_view name) const {
  return find_attribute(level_of(name), name);
}

std::span<const Attribute> TransportScope::level_of(std::string_view name) const {
  for (const auto& level : levels_) {
    if (find_attribute(level, name)) return level;
  }
  return {};
}

}  // namespace voxlock::sdp
