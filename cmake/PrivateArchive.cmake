# A copy of a static library whose memory is voxlock's (lib/base/beneath.h): calls of the C library's
# allocator go to functions of voxlock's, by another name in the symbol tables. The code stays as it is.
#   cmake -DARCHIVE=libx.a -DOUT=copy.a -DAR=ar -DOBJCOPY=objcopy -DNM=nm -P PrivateArchive.cmake
cmake_minimum_required(VERSION 3.25)

set(names calloc=beneath_calloc realloc=beneath_realloc free=beneath_free)
# SpeexDSP warns on the terminal.
if(ARCHIVE MATCHES "speexdsp")
  list(APPEND names stderr=beneath_file fprintf=beneath_print __fprintf_chk=beneath_print_checked)
endif()
# mbedTLS 3 keeps some for the whole process: slots of keys, and by any caller's hand the state of the
# entropy that its generator draws from.
set(names_of_psa ${names})
list(REMOVE_ITEM names_of_psa calloc=beneath_calloc)
list(APPEND names_of_psa calloc=beneath_calloc_shared)

function(run)
  execute_process(COMMAND ${ARGN} WORKING_DIRECTORY "${OUT}.members" COMMAND_ERROR_IS_FATAL ANY)
endfunction()

file(REMOVE_RECURSE "${OUT}.members")
file(REMOVE "${OUT}")
file(MAKE_DIRECTORY "${OUT}.members")
run(${AR} x "${ARCHIVE}")
file(GLOB members "${OUT}.members/*")
foreach(member IN LISTS members)
  set(options "")
  set(_names ${names})
  if(member MATCHES "/psa_[^/]*$")
    set(_names ${names_of_psa})
  endif()
  if(NOT member MATCHES "/entropy\\.[^/]*$")
    list(APPEND _names mbedtls_entropy_func=beneath_entropy)
  endif()
  foreach(pair IN LISTS _names)
    list(APPEND options --redefine-sym ${pair})
  endforeach()
  run(${OBJCOPY} ${options} "${member}")
endforeach()
run(${AR} qcsD "${OUT}" ${members})
file(REMOVE_RECURSE "${OUT}.members")

execute_process(COMMAND ${NM} -u "${OUT}" OUTPUT_VARIABLE undefined ERROR_QUIET COMMAND_ERROR_IS_FATAL ANY)
if(undefined MATCHES "U ((m|c|re)alloc|free|aligned_alloc|posix_memalign|str(n)?dup)\n")
  file(REMOVE "${OUT}")
  message(FATAL_ERROR "${ARCHIVE} takes memory by ${CMAKE_MATCH_1}, which this script does not know")
endif()
