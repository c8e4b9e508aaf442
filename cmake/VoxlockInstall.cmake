# cmake --install: headers, both libraries, a CMake package and a pkg-config file.
include(CMakePackageConfigHelpers)

install(DIRECTORY include/voxlock TYPE INCLUDE FILES_MATCHING PATTERN "*.h")
install(TARGETS voxlock EXPORT voxlockShared)
install(TARGETS voxlock_static EXPORT voxlockStatic)

# The shared library needs nothing from its user. The static one names its needs, and its user's
# machine resolves them: libsrtp2 as an archive, as here, so that the host's own copy stays apart.
set(VOXLOCK_STATIC_NEEDS opus speexdsp mbedtls mbedx509 mbedcrypto)
if(VOXLOCK_SRTP_PRIVATE)
  list(PREPEND VOXLOCK_STATIC_NEEDS libsrtp2.a ${_srtp2_private})
else()
  list(PREPEND VOXLOCK_STATIC_NEEDS srtp2)
endif()
list(REMOVE_DUPLICATES VOXLOCK_STATIC_NEEDS)

set(_package_dir ${CMAKE_INSTALL_LIBDIR}/cmake/voxlock)
configure_package_config_file(cmake/voxlockConfig.cmake.in ${PROJECT_BINARY_DIR}/voxlockConfig.cmake
                              INSTALL_DESTINATION ${_package_dir})
write_basic_package_version_file(${PROJECT_BINARY_DIR}/voxlockConfigVersion.cmake
                                 COMPATIBILITY SameMinorVersion)
install(FILES ${PROJECT_BINARY_DIR}/voxlockConfig.cmake
              ${PROJECT_BINARY_DIR}/voxlockConfigVersion.cmake DESTINATION ${_package_dir})
foreach(kind IN ITEMS Shared Static)
  install(EXPORT voxlock${kind} NAMESPACE voxlock:: DESTINATION ${_package_dir})
endforeach()

# The pkg-config file finds itself, so that a staged or moved tree works too.
set(_pc_dir ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
file(RELATIVE_PATH VOXLOCK_PC_PREFIX "/x/${_pc_dir}" "/x")
string(REGEX REPLACE "/$" "" VOXLOCK_PC_PREFIX "${VOXLOCK_PC_PREFIX}")
set(VOXLOCK_PC_PRIVATE "")
foreach(need IN LISTS VOXLOCK_STATIC_NEEDS)
  if(need MATCHES "\\.a$")
    string(APPEND VOXLOCK_PC_PRIVATE " -l:${need}")
  else()
    string(APPEND VOXLOCK_PC_PRIVATE " -l${need}")
  endif()
endforeach()
configure_file(cmake/voxlock.pc.in ${PROJECT_BINARY_DIR}/voxlock.pc @ONLY)
install(FILES ${PROJECT_BINARY_DIR}/voxlock.pc DESTINATION ${_pc_dir})
# And one for this build as it lies here, which pkg-config prefers: bindings are tested with it.
file(CONFIGURE OUTPUT ${PROJECT_BINARY_DIR}/voxlock-uninstalled.pc CONTENT
"Name: voxlock
Description: @PROJECT_DESCRIPTION@
Version: @PROJECT_VERSION@
Cflags: -I@PROJECT_SOURCE_DIR@/include
Libs: -L@PROJECT_BINARY_DIR@ -lvoxlock -Wl,-rpath,@PROJECT_BINARY_DIR@
Libs.private:@VOXLOCK_PC_PRIVATE@ -lstdc++ -lm
" @ONLY)
