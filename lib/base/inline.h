// For the small steps of which a parser takes dozens a line: a call costs more than they do.
#pragma once

#define VOXLOCK_ALWAYS_INLINE [[gnu::always_inline]] inline
