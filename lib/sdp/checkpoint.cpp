// Offer and answer that go on in another process.
#include "sdp/offer_answer.h"

namespace voxlock::sdp {
namespace {

template <typename Archive, typename Parameter>
void describe_key(Archive& archive, Parameter& key) {
  archive.secret(key.key_and_salt);
  archive.number(key.lifetime);
  archive.array(key.mki);
  archive.number(key.mki_len);
  archive.require(key.mki_len <= kMaxMki);
}

template <typename Archive, typename Bandwidth>
void describe_bandwidth(Archive& archive, Bandwidth& bandwidth) {
  const auto number = [&](auto& value) { archive.number(value); };
  archive.optional(bandwidth.senders, number);
  archive.optional(bandwidth.receivers, number);
}

template <typename Archive, typename Agreed>
void describe_agreement(Archive& archive, Agreed& agreed) {
  archive.number(agreed.media_index);
  archive.number(agreed.remote_tag);
  archive.number(agreed.is_secure);
  archive.number(agreed.suite);
  describe_key(archive, agreed.local_key);
  describe_key(archive, agreed.remote_key);
  archive.number(agreed.codec);
  archive.number(agreed.clock_hz);
  archive.number(agreed.channels);
  archive.number(agreed.payload_type_send);
  archive.number(agreed.payload_type_recv);
  archive.number(agreed.twin_type_recv);
  archive.number(agreed.event_type_send);
  archive.number(agreed.event_type_recv);
  archive.number(agreed.event_clock_hz);
  HostAddress::describe(archive, agreed.remote_rtp);
  HostAddress::describe(archive, agreed.remote_rtcp);
  archive.number(agreed.has_rtcp_mux);
  archive.number(agreed.xr.is_offered);
  archive.number(agreed.xr.has_voip_metrics);
  archive.number(agreed.xr.has_rtt);
  describe_bandwidth(archive, agreed.rtcp_bandwidth);
  archive.number(agreed.has_nack);
  archive.number(agreed.has_rtcp_rsize);
  archive.number(agreed.red_type_send);
  archive.number(agreed.red_type_recv);
  archive.number(agreed.direction);
  archive.number(agreed.ptime_ms);
  archive.number(agreed.is_remote_hold);
  archive.number(agreed.wants_opus_fec);
  archive.number(agreed.wants_opus_dtx);
  archive.number(agreed.wants_opus_cbr);
  archive.number(agreed.max_opus_bitrate);
  archive.number(agreed.max_playback_hz);
  archive.require(agreed.media_index < kMaxMedia && agreed.direction <= Direction::kSendRecv);
  archive.require(!agreed.is_secure || find_suite(agreed.suite) != nullptr);
}

}  // namespace

template <typename Archive, typename Self>
void OfferAnswer::describe(Archive& archive, Self& self) {
  archive.number(self.session_id_);
  archive.number(self.version_);
  archive.number(self.content_);
  archive.number(self.is_holding_);
  archive.optional(self.agreement_, [&](auto& agreed) { describe_agreement(archive, agreed); });
  archive.number(self.sections_.count);
  archive.require(self.sections_.count <= kMaxMedia);
  for (size_t i = 0; archive.ok() && i < self.sections_.count; ++i) {
    auto& section = self.sections_.list[i];
    archive.array(section.type);
    archive.array(section.proto);
    archive.array(section.format);
    archive.array(section.mid);
    archive.require(section.type.back() == '\0' && section.proto.back() == '\0' &&
                    section.format.back() == '\0' && section.mid.back() == '\0');
  }
  archive.array(self.payload_types_);
}

Result<void> OfferAnswer::save(bytes::Writer& writer) const {
  if (is_dtls()) return Status::ERR_UNSUPPORTED;
  Saver saver(writer);
  describe(saver, *this);
  return {};
}

Result<void> OfferAnswer::load(Loader& loader) {
  if (is_dtls()) return Status::ERR_UNSUPPORTED;
  describe(loader, *this);
  if (!loader.ok()) return Status::ERR_SYNTAX;
  return {};
}

}  // namespace voxlock::sdp
