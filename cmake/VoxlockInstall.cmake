# cmake --install: headers, both libraries, a CMake package, a pkg-config file, and of what is linked a
# bill of materials with the licences. The components are Debian's packages.
include(CMakePackageConfigHelpers)
set(CMAKE_INSTALL_DEFAULT_COMPONENT_NAME dev)
foreach(_component IN ITEMS runtime:libvoxlock0 dev:libvoxlock-dev python3:python3-voxlock)
  string(REGEX MATCH "^(.*):(.*)$" _ ${_component})
  set(VOXLOCK_DOC_${CMAKE_MATCH_1} ${CMAKE_INSTALL_DOCDIR})
  if(VOXLOCK_PACKAGES)
    set(VOXLOCK_DOC_${CMAKE_MATCH_1} ${CMAKE_INSTALL_DATAROOTDIR}/doc/${CMAKE_MATCH_2})
  endif()
endforeach()

install(DIRECTORY include/voxlock TYPE INCLUDE FILES_MATCHING PATTERN "*.h")
install(TARGETS voxlock EXPORT voxlockShared
        LIBRARY COMPONENT runtime NAMELINK_COMPONENT dev)
install(FILES ${VOXLOCK_ARCHIVE} DESTINATION ${CMAKE_INSTALL_LIBDIR})

set(_package_dir ${CMAKE_INSTALL_LIBDIR}/cmake/voxlock)
configure_package_config_file(cmake/voxlockConfig.cmake.in ${PROJECT_BINARY_DIR}/voxlockConfig.cmake
                              INSTALL_DESTINATION ${_package_dir} PATH_VARS CMAKE_INSTALL_INCLUDEDIR CMAKE_INSTALL_LIBDIR)
write_basic_package_version_file(${PROJECT_BINARY_DIR}/voxlockConfigVersion.cmake
                                 COMPATIBILITY SameMinorVersion)
install(FILES ${PROJECT_BINARY_DIR}/voxlockConfig.cmake
              ${PROJECT_BINARY_DIR}/voxlockConfigVersion.cmake DESTINATION ${_package_dir})
install(EXPORT voxlockShared NAMESPACE voxlock:: DESTINATION ${_package_dir})

# The pkg-config file finds itself, so that a staged or moved tree works too.
set(_pc_dir ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
file(RELATIVE_PATH VOXLOCK_PC_PREFIX "/x/${_pc_dir}" "/x")
string(REGEX REPLACE "/$" "" VOXLOCK_PC_PREFIX "${VOXLOCK_PC_PREFIX}")
set(VOXLOCK_PC_PRIVATE "")
foreach(need IN LISTS VOXLOCK_STATIC_NEEDS)
  string(APPEND VOXLOCK_PC_PRIVATE " -l${need}")
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
" @ONLY)

# One bill for each library: they do not hold the same.
foreach(_artefact IN ITEMS so a)
  if(_artefact STREQUAL "so")
    set(_file $<TARGET_FILE:voxlock>)
    set(_map ${VOXLOCK_LINK_MAP})
    set(_component runtime)
    set(_depends voxlock)
  else()
    set(_file ${VOXLOCK_ARCHIVE})
    set(_map ${VOXLOCK_ARCHIVE}.map)
    set(_component dev)
    set(_depends voxlock_archive ${VOXLOCK_ARCHIVE})
  endif()
  set(_bill ${PROJECT_BINARY_DIR}/sbom/libvoxlock.${_artefact})
  add_custom_command(OUTPUT ${_bill}.spdx.json ${_bill}.licences.txt
    COMMAND ${CMAKE_COMMAND} -DFILE=${_file} -DMAP=${_map} -DOUT=${_bill} -DVERSION=${PROJECT_VERSION}
            "-DNEEDS=${VOXLOCK_STATIC_NEEDS}" "-DFOLDERS=${VOXLOCK_SEARCHED}" -DOBJDUMP=${CMAKE_OBJDUMP}
            -DLICENCE=${PROJECT_SOURCE_DIR}/LICENSE
            -P ${PROJECT_SOURCE_DIR}/cmake/sbom.cmake
    DEPENDS ${_depends} cmake/sbom.cmake cmake/sbom_origin.cmake
    VERBATIM COMMENT "Writing sbom/libvoxlock.${_artefact}.spdx.json")
  add_custom_target(voxlock_sbom_${_artefact} ALL DEPENDS ${_bill}.spdx.json)
  install(FILES ${_bill}.spdx.json ${_bill}.licences.txt DESTINATION ${VOXLOCK_DOC_${_component}}
          COMPONENT ${_component})
endforeach()
