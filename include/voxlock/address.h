/* An address as legs and ICE agents take and give it. */
#ifndef VOXLOCK_ADDRESS_H
#define VOXLOCK_ADDRESS_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* An IP address and UDP port. A plain value of 20 bytes that never grows: it has no struct_size. */
typedef struct voxlock_address {
  uint8_t ip[16];   /* network order; IPv4 in the first four bytes, zeros behind */
  uint16_t port;    /* host order */
  uint8_t family;   /* 4, 6, or 0 for no address */
  uint8_t reserved; /* 0 */
} voxlock_address;

#ifdef __cplusplus
}
#endif

#endif
