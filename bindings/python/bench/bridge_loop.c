/* What a host in C does with a batch: hand it in, take every event out, touch what is to be sent.
 * The bridge is the one that bridge_bench.py made, so that both languages work on the same calls.
 */
#include <voxlock/bridge.h>

#define EVENTS 64

/* slots: count packets, each at a multiple of slot_len bytes. Returns the bytes to be sent, 0 on an
 * error. */
__attribute__((visibility("default"))) size_t bridge_loop(voxlock_bridge* bridge,
                                                          const uint8_t* slots, size_t slot_len,
                                                          const size_t* lens, size_t count,
                                                          const voxlock_address* source,
                                                          uint64_t now_ns) {
  static uint8_t arena[EVENTS * 2048];
  static voxlock_media_event events[EVENTS];
  voxlock_datagram datagrams[EVENTS];
  size_t total = 0, taken = 0;
  if (count > EVENTS) return 0;
  for (size_t i = 0; i < count; ++i) {
    const voxlock_datagram datagram = {slots + i * slot_len, lens[i], *source, 0, 0, 0};
    datagrams[i] = datagram;
  }
  if (voxlock_bridge_input(bridge, datagrams, count, now_ns) != VOXLOCK_OK) return 0;
  do {
    if (voxlock_bridge_poll(bridge, events, EVENTS, &taken, arena, sizeof arena, now_ns) !=
        VOXLOCK_OK)
      return 0;
    for (size_t i = 0; i < taken; ++i) {
      if (events[i].type == VOXLOCK_EV_TRANSMIT) total += events[i].len;
    }
  } while (taken != 0);
  return total;
}
