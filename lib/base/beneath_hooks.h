// What the private copies of mbedTLS and SpeexDSP call in the place of the C library's functions;
// cmake/PrivateArchive.cmake has the names.
#pragma once

#include <cstddef>

extern "C" {
void* beneath_calloc(size_t count, size_t size);
// For what a library keeps for the whole process.
void* beneath_calloc_shared(size_t count, size_t size);
void* beneath_realloc(void* piece, size_t len);
void beneath_free(void* piece);
// A library has nothing to say on its host's terminal.
int beneath_print(const void* file, ...);
int beneath_print_checked(const void* file, ...);
extern const void* beneath_file;
}
