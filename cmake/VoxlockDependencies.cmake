# Third-party libraries, each as one imported target voxlock_dep_<name>.

find_package(PkgConfig REQUIRED)
pkg_check_modules(opus REQUIRED IMPORTED_TARGET opus)
pkg_check_modules(speexdsp REQUIRED IMPORTED_TARGET speexdsp)
# mbedTLS 2.28 (Debian 12) ships neither a pkg-config file nor a CMake package.
find_path(MBEDTLS_INCLUDE_DIR mbedtls/ssl.h REQUIRED)
find_library(MBEDTLS_LIBRARY mbedtls REQUIRED)
find_library(MBEDX509_LIBRARY mbedx509 REQUIRED)
find_library(MBEDCRYPTO_LIBRARY mbedcrypto REQUIRED)
mark_as_advanced(MBEDTLS_INCLUDE_DIR MBEDTLS_LIBRARY MBEDX509_LIBRARY MBEDCRYPTO_LIBRARY)

# VOXLOCK_ARCHIVE_<name>: the static library, where the system has it.
cmake_path(GET MBEDTLS_LIBRARY PARENT_PATH _mbedtls_dir)
foreach(name IN ITEMS mbedtls mbedx509 mbedcrypto opus speexdsp)
  find_library(VOXLOCK_ARCHIVE_${name} lib${name}.a
               HINTS ${_mbedtls_dir} ${opus_LIBRARY_DIRS} ${speexdsp_LIBRARY_DIRS})
  mark_as_advanced(VOXLOCK_ARCHIVE_${name})
endforeach()

# mbedTLS and SpeexDSP hold keys and audio. Copies of their static libraries that call voxlock's allocator
# keep them in its arenas; without, they are in the heap of the process.
set(VOXLOCK_IS_PRIVATE 0)
if(VOXLOCK_PRIVATE_MEMORY)
  set(VOXLOCK_IS_PRIVATE 1)
  foreach(name IN ITEMS mbedtls mbedx509 mbedcrypto speexdsp)
    if(NOT VOXLOCK_ARCHIVE_${name})
      message(STATUS "lib${name}.a was not found: the states of mbedTLS and SpeexDSP will lie outside the arenas")
      set(VOXLOCK_IS_PRIVATE 0)
    endif()
  endforeach()
endif()
if(VOXLOCK_IS_PRIVATE)
  set(_copies "")
  foreach(name IN ITEMS mbedtls mbedx509 mbedcrypto speexdsp)
    # The path behind "beneath" is the one it was found at: the bill of materials goes by it.
    set(_copy ${PROJECT_BINARY_DIR}/beneath${VOXLOCK_ARCHIVE_${name}})
    cmake_path(GET _copy PARENT_PATH _folder)
    file(MAKE_DIRECTORY ${_folder})
    add_custom_command(OUTPUT ${_copy}
      COMMAND ${CMAKE_COMMAND} -DARCHIVE=${VOXLOCK_ARCHIVE_${name}} -DOUT=${_copy} -DAR=${CMAKE_AR}
              -DOBJCOPY=${CMAKE_OBJCOPY} -DNM=${CMAKE_NM} -P ${PROJECT_SOURCE_DIR}/cmake/PrivateArchive.cmake
      DEPENDS ${VOXLOCK_ARCHIVE_${name}} ${PROJECT_SOURCE_DIR}/cmake/PrivateArchive.cmake
      VERBATIM COMMENT "Copying lib${name}.a")
    list(APPEND _copies ${_copy})
    set(VOXLOCK_ARCHIVE_${name} ${_copy})
  endforeach()
  add_custom_target(voxlock_beneath DEPENDS ${_copies})
  set(MBEDTLS_LIBRARY ${VOXLOCK_ARCHIVE_mbedtls})
  set(MBEDX509_LIBRARY ${VOXLOCK_ARCHIVE_mbedx509})
  set(MBEDCRYPTO_LIBRARY ${VOXLOCK_ARCHIVE_mbedcrypto})
endif()

add_compile_definitions(VOXLOCK_PRIVATE_MEMORY=${VOXLOCK_IS_PRIVATE})

add_library(voxlock_dep_opus INTERFACE)
target_link_libraries(voxlock_dep_opus INTERFACE PkgConfig::opus)
add_library(voxlock_dep_speexdsp INTERFACE)
if(VOXLOCK_IS_PRIVATE)
  target_include_directories(voxlock_dep_speexdsp SYSTEM INTERFACE ${speexdsp_INCLUDE_DIRS})
  target_link_libraries(voxlock_dep_speexdsp INTERFACE ${VOXLOCK_ARCHIVE_speexdsp} m)
else()
  target_link_libraries(voxlock_dep_speexdsp INTERFACE PkgConfig::speexdsp)
endif()
add_library(voxlock_dep_mbedcrypto INTERFACE)
target_include_directories(voxlock_dep_mbedcrypto SYSTEM INTERFACE ${MBEDTLS_INCLUDE_DIR})
target_link_libraries(voxlock_dep_mbedcrypto INTERFACE ${MBEDX509_LIBRARY} ${MBEDCRYPTO_LIBRARY})
add_library(voxlock_dep_mbedtls INTERFACE)
target_link_libraries(voxlock_dep_mbedtls INTERFACE ${MBEDTLS_LIBRARY} voxlock_dep_mbedcrypto)
if(VOXLOCK_IS_PRIVATE)
  add_dependencies(voxlock_dep_speexdsp voxlock_beneath)
  add_dependencies(voxlock_dep_mbedcrypto voxlock_beneath)
endif()

# libsrtp2 keeps process-wide state: a private static copy keeps the host's own copy apart from ours.
pkg_check_modules(srtp2 REQUIRED libsrtp2)
find_path(SRTP2_INCLUDE_DIR srtp2/srtp.h REQUIRED HINTS ${srtp2_INCLUDE_DIRS})
add_library(voxlock_dep_srtp2 INTERFACE)
target_include_directories(voxlock_dep_srtp2 SYSTEM INTERFACE ${SRTP2_INCLUDE_DIR})
find_library(SRTP2_STATIC_LIBRARY libsrtp2.a HINTS ${srtp2_LIBRARY_DIRS} ${srtp2_STATIC_LIBRARY_DIRS})
mark_as_advanced(SRTP2_INCLUDE_DIR SRTP2_STATIC_LIBRARY)
if(VOXLOCK_SHARED_SRTP)
  find_library(SRTP2_SHARED_LIBRARY srtp2 REQUIRED HINTS ${srtp2_LIBRARY_DIRS})
  target_link_libraries(voxlock_dep_srtp2 INTERFACE ${SRTP2_SHARED_LIBRARY})
  set(VOXLOCK_SRTP_PRIVATE 0)
elseif(SRTP2_STATIC_LIBRARY)
  # The static library's own needs (NSS and NSPR on Debian) come from its pkg-config file.
  set(_srtp2_private ${srtp2_STATIC_LIBRARIES})
  list(REMOVE_ITEM _srtp2_private srtp2)
  target_link_libraries(voxlock_dep_srtp2 INTERFACE ${SRTP2_STATIC_LIBRARY} ${_srtp2_private})
  target_link_directories(voxlock_dep_srtp2 INTERFACE ${srtp2_STATIC_LIBRARY_DIRS})
  set(VOXLOCK_SRTP_PRIVATE 1)
else()
  message(FATAL_ERROR "libsrtp2.a was not found. Install libsrtp2-dev with its static library, or "
                      "configure with -DVOXLOCK_SHARED_SRTP=ON to share the system's copy.")
endif()
target_compile_definitions(voxlock_dep_srtp2 INTERFACE VOXLOCK_SRTP_PRIVATE=${VOXLOCK_SRTP_PRIVATE})
