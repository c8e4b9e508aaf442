// What goes along in the header of each packet (RFC 8285), and what is taken from those of the
// peer.
#include "leg/header.h"

#include <algorithm>

namespace voxlock::leg {

bool Leg::has_elements(const Outgoing& fields) const {
  return !fields.extensions.empty() ||
         (agreement_ && agreement_->extensions_send != ExtensionIds{});
}

void Leg::collect(const Outgoing& fields, Elements& out) const {
  for (const rtp::ExtensionElement& element : fields.extensions) out.add(element.id, element.data);
  if (!agreement_) return;
  const ExtensionIds& ids = agreement_->extensions_send;
  const auto id_of = [&](Extension extension) { return ids[static_cast<size_t>(extension)]; };
  if (const uint8_t id = id_of(Extension::kAudioLevel); id != 0 && fields.level) {
    out.level = rtp::audio_level_element(*fields.level);
    out.add(id, out.level);
  }
  // RFC 9143 9.2: until the peer has got some of our packets, which its report tells.
  const bool knows_us = send_stats_.remote().ssrc == ssrc_send_;
  if (const uint8_t id = id_of(Extension::kMid); id != 0 && !knows_us) {
    const std::string_view mid = agreement_->mid.data();
    if (!mid.empty()) out.add(id, as_bytes(mid));
  }
  if (const uint8_t id = id_of(Extension::kAbsSendTime); id != 0) {
    out.send_time = rtp::abs_send_time_element(rtp::abs_send_time(time_.now_ns()));
    out.add(id, out.send_time);
  }
  if (const uint8_t id = id_of(Extension::kTransportCc); id != 0) {
    bytes::Writer writer(out.transport_sequence);
    writer.u16(sent_log_.peek());
    out.add(id, out.transport_sequence);
  }
}

size_t Leg::header_len(const Outgoing& fields) const {
  if (!has_elements(fields)) return rtp::kFixedHeaderLen;
  Elements elements;
  collect(fields, elements);
  rtp::PacketFields header;
  header.extensions = elements.view();
  bytes::Writer writer({});
  (void)rtp::write_header(header, writer);
  return writer.size();
}

// Transport-wide numbers count whatever the packet carries.
void Leg::note_elements(const rtp::PacketView& packet) {
  const uint8_t id = agreement_->extensions_recv[static_cast<size_t>(Extension::kTransportCc)];
  if (!agreement_->has_transport_feedback || id == 0 || !packet.has_extension) return;
  const auto found = packet.extensions().find(id);
  if (!found || found->data.size() != rtp::kTransportSequenceLen) return;
  arrivals_.on_packet(bytes::Reader(found->data).u16(), time_.now_ns());
}

}  // namespace voxlock::leg
