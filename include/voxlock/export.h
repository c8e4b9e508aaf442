/* Symbol visibility. Hosts need not include this file themselves. */
#ifndef VOXLOCK_EXPORT_H
#define VOXLOCK_EXPORT_H

#if defined(VOXLOCK_BUILD)
#define VOXLOCK_API __attribute__((visibility("default")))
#else
#define VOXLOCK_API
#endif

/* The compiler warns where a returned status is dropped. */
#define VOXLOCK_CHECK __attribute__((warn_unused_result))

#endif
