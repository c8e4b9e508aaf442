#include "rtp/emodel.h"

#include <algorithm>
#include <cmath>

namespace voxlock::rtp {
namespace {

double from_db(double db) {
  return std::pow(10, db / 10);
}
double to_db(double power) {
  return 10 * std::log10(power);
}
// (1 + x^n)^(1/n), the soft maximum that the model is built of. x is 0 or more.
double soft_max(double x, double n) {
  return std::pow(1 + std::pow(x, n), 1 / n);
}

// 7.2: all noise as it counts at the 0 dBr point, in dBm0p.
double noise_sum(const EmodelInput& in) {
  const double olr = in.slr_db + in.rlr_db;
  const double send = in.ps_dba - olr - in.ds - 14;
  const double nos = in.ps_dba - in.slr_db - in.ds - 100 + 0.004 * send * send;
  const double pre = in.pr_dba + to_db(1 + from_db(10 - in.lstr_db));
  const double nor = in.rlr_db - 121 + pre + 0.008 * (pre - 35) * (pre - 35);
  const double nfo = in.nfor_dbmp + in.rlr_db;
  return to_db(from_db(in.nc_dbm0p) + from_db(nos) + from_db(nor) + from_db(nfo));
}

// 7.3.1: too loud a connection.
double too_loud(const EmodelInput& in, double no) {
  const double x = in.slr_db + in.rlr_db + 0.2 * (64 + no - in.rlr_db);
  return 20 * (soft_max(std::abs(x / 8), 8) - x / 8);
}

// 7.3.2: sidetone that does not suit. Powers of negative numbers have even or odd exponents; the
// odd ones are kept odd.
double odd_root(double x, double n) {
  return std::pow(std::max(1 + std::copysign(std::pow(std::abs(x), n), x), 0.0), 1 / n);
}
double bad_sidetone(const EmodelInput& in) {
  const double echo = std::exp(-in.t_ms / 4) * from_db(-in.telr_db);
  const double stmr = -to_db(from_db(-in.stmr_db) + echo);
  return 12 * soft_max(std::abs(stmr - 13) / 6, 8) - 28 * odd_root((stmr + 1) / 19.4, 35) -
         13 * odd_root((stmr - 3) / 33, 13) + 29;
}

// 7.3.3: quantization.
double quantization(const EmodelInput& in, double ro) {
  const double q = 37 - 15 * std::log10(in.qdu);
  const double g = 1.07 + 0.258 * q + 0.0602 * q * q;
  const double y = (ro - 100) / 15 + 46 / 8.4 - g / 9;
  const double z = 46.0 / 30 - g / 40;
  return 15 * std::log10(1 + std::pow(10, y) + std::pow(10, z));
}

// 7.4.1: the talker's own echo.
double talker_echo(const EmodelInput& in, double no, double ist) {
  if (in.t_ms < 1) return 0;
  double terv = in.telr_db - 40 * std::log10((1 + in.t_ms / 10) / (1 + in.t_ms / 150)) +
                6 * std::exp(-0.3 * in.t_ms * in.t_ms);
  // A sidetone this strong hides the echo.
  if (in.stmr_db < 9) terv += ist / 2;
  const double re = 80 + 2.5 * (terv - 14);
  const double roe = -1.5 * (no - in.rlr_db);
  const double half = (roe - re) / 2;
  const double idte = (half + std::sqrt(half * half + 100) - 1) * (1 - std::exp(-in.t_ms));
  // And one this weak adds to it.
  return in.stmr_db > 20 ? std::sqrt(idte * idte + ist * ist) : idte;
}

// 7.4.2: the listener's.
double listener_echo(const EmodelInput& in, double ro) {
  const double rle = 10.5 * (in.wepl_db + 7) * std::pow(in.tr_ms + 1, -0.25);
  const double half = (ro - rle) / 2;
  return half + std::sqrt(half * half + 169);
}

// 7.4.3: the delay itself, where nothing echoes.
double pure_delay(const EmodelInput& in) {
  if (in.ta_ms <= in.min_delay_ms) return 0;
  const double x = std::log2(in.ta_ms / in.min_delay_ms);
  const double n = 6 * in.delay_sensitivity;
  return 25 * (soft_max(x, n) - 3 * soft_max(x / 3, n) + 2);
}

// Share of a normal distribution below z.
double normal_below(double z) {
  return std::erfc(-z / std::sqrt(2.0)) / 2;
}

}  // namespace

double equipment_impairment(const EmodelInput& in) {
  if (in.ppl <= 0) return in.ie;
  return in.ie + (95 - in.ie) * in.ppl / (in.ppl / in.burst_r + in.bpl);
}

Rating rate(const EmodelInput& in) {
  Rating out;
  const double no = noise_sum(in);
  out.ro = 15 - 1.5 * (in.slr_db + no);
  const double ist = bad_sidetone(in);
  out.is = too_loud(in, no) + ist + quantization(in, out.ro);
  out.id = talker_echo(in, no, ist) + listener_echo(in, out.ro) + pure_delay(in);
  out.ie_eff = equipment_impairment(in);
  out.r = out.ro - out.is - out.id - out.ie_eff + in.advantage;
  return out;
}

double mos_of(double r) {
  if (r >= 100) return 4.5;
  if (r <= 0) return 1;
  // The polynomial dips below 1 for an R under 6.5, where nothing can be worse.
  return std::max(1 + 0.035 * r + r * (r - 60) * (100 - r) * 7e-6, 1.0);
}

double good_or_better(double r) {
  return 100 * normal_below((r - 60) / 16);
}

double poor_or_worse(double r) {
  return 100 * normal_below((45 - r) / 16);
}

std::optional<CodecImpairment> impairment_of(RatedCodec codec) {
  switch (codec) {
    case RatedCodec::kG711:
      return CodecImpairment{0, 4.3};
    case RatedCodec::kG711Plc:
      return CodecImpairment{0, 25.1};
    case RatedCodec::kG729a:
      return CodecImpairment{11, 19.0};
    case RatedCodec::kUnknown:
      break;
  }
  return std::nullopt;
}

}  // namespace voxlock::rtp
