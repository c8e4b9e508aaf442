// The E-model, ITU-T G.107 (06/2015): from what is known about a connection to a rating R, 0 to
// 100, and from there to a mean opinion score. Narrow band.
#pragma once

#include <cstdint>
#include <optional>

namespace voxlock::rtp {

// What impairs speech beside the terminals. Names and defaults of G.107, table 2.
struct EmodelInput {
  double slr_db = 8;             // send loudness rating
  double rlr_db = 2;             // receive loudness rating
  double stmr_db = 15;           // sidetone masking rating
  double lstr_db = 18;           // listener sidetone rating
  double ds = 3;                 // D-value of the telephone, send side
  double telr_db = 65;           // talker echo loudness rating
  double wepl_db = 110;          // weighted echo path loss
  double t_ms = 0;               // mean one-way delay of the echo path
  double tr_ms = 0;              // round-trip delay in the four-wire loop
  double ta_ms = 0;              // absolute delay in echo-free connections
  double qdu = 1;                // quantization distortion units
  double ie = 0;                 // equipment impairment factor of the codec
  double bpl = 4.3;              // its robustness against packet loss, 1 or more
  double ppl = 0;                // random packet loss, percent
  double burst_r = 1;            // 1: random loss; above: it comes in bursts
  double nc_dbm0p = -70;         // circuit noise
  double nfor_dbmp = -64;        // noise floor at the receive side
  double ps_dba = 35;            // room noise, send side
  double pr_dba = 35;            // room noise, receive side
  double advantage = 0;          // A, of access
  double min_delay_ms = 100;     // mT: the least delay that is noticed
  double delay_sensitivity = 1;  // sT, of the use of the call
};

struct Rating {
  double ro = 0;      // signal to noise, 7.2
  double is = 0;      // impairments along with the voice, 7.3
  double id = 0;      // delay and echo, 7.4
  double ie_eff = 0;  // codec and loss, 7.5
  double r = 0;       // Ro - Is - Id - Ie-eff + A, 7.1; not clamped
};

Rating rate(const EmodelInput& in);
// 7.5 alone: Ie-eff.
double equipment_impairment(const EmodelInput& in);

// G.107, annex B: the score of a conversation, 1 to 4.5, and what part of people call it good or
// better, and poor or worse, in percent.
double mos_of(double r);
double good_or_better(double r);
double poor_or_worse(double r);

// What G.113 knows about a codec.
struct CodecImpairment {
  double ie = 0;
  double bpl = 0;
};
// G.113 (11/2007), appendix I, table I.4. Nothing for codecs without a value there; Opus is one.
enum class RatedCodec : uint8_t { kG711, kG711Plc, kG729a, kUnknown };
std::optional<CodecImpairment> impairment_of(RatedCodec codec);

}  // namespace voxlock::rtp
