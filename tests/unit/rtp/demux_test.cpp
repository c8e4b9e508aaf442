#include "rtp/demux.h"

#include "support/catch.h"

using namespace voxlock::rtp;

TEST_CASE("RFC 7983 7, RFC 5761 4: the first bytes tell the protocol") {
  struct Row {
    uint8_t first;
    uint8_t second;
    DatagramKind kind;
  };
  const Row rows[] = {
      {0, 1, DatagramKind::kStun},         {3, 0, DatagramKind::kStun},
      {4, 0, DatagramKind::kUnknown},      {15, 0, DatagramKind::kUnknown},
      {16, 0, DatagramKind::kZrtp},        {19, 0, DatagramKind::kZrtp},
      {20, 254, DatagramKind::kDtls},      {63, 0, DatagramKind::kDtls},
      {64, 0, DatagramKind::kTurnChannel}, {79, 0, DatagramKind::kTurnChannel},
      {80, 0, DatagramKind::kUnknown},     {127, 0, DatagramKind::kUnknown},
      {128, 0, DatagramKind::kRtp},        {128, 0x80, DatagramKind::kRtp},
      {128, 63, DatagramKind::kRtp},       {128, 64, DatagramKind::kRtcp},
      {128, 200, DatagramKind::kRtcp},     {129, 223, DatagramKind::kRtcp},
      {128, 95, DatagramKind::kRtcp},      {128, 96, DatagramKind::kRtp},
      {191, 224, DatagramKind::kRtp},      {192, 200, DatagramKind::kUnknown},
      {255, 0, DatagramKind::kUnknown},
  };
  for (const Row& row : rows) {
    INFO(int(row.first) << " " << int(row.second));
    const uint8_t raw[] = {row.first, row.second};
    CHECK(classify(raw) == row.kind);
  }
  const uint8_t one[] = {0x80};
  CHECK(classify(one) == DatagramKind::kUnknown);
  CHECK(classify({}) == DatagramKind::kUnknown);
}
