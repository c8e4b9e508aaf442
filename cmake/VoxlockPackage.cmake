# Debian packages by CPack: libvoxlock0, libvoxlock-dev and python3-voxlock. "./dev package" makes and checks
# them; packaging/debian has what goes into them beside the installation.
set(VOXLOCK_MAINTAINER "The voxlock authors <maintainers@voxlock.example.org>" CACHE STRING
    "Whom the packages name: name and address")
set(_from ${PROJECT_SOURCE_DIR}/packaging/debian)
set(_control ${PROJECT_BINARY_DIR}/debian)
file(MAKE_DIRECTORY ${_control})

# --- Documents: each package has its own copyright and changelogs. ---
# Below any revision that Debian itself may give.
set(VOXLOCK_DEB_REVISION 0voxlock1)
set(VOXLOCK_DEB_VERSION ${PROJECT_VERSION}-${VOXLOCK_DEB_REVISION})
string(TIMESTAMP VOXLOCK_DEB_DATE "%a, %d %b %Y %H:%M:%S +0000" UTC)
file(READ ${PROJECT_SOURCE_DIR}/LICENSE _licence)
string(REGEX REPLACE "^MIT License\n+Copyright[^\n]*\n+" "" _licence "${_licence}")
string(REGEX REPLACE "\n$" "" _licence "${_licence}")
string(REGEX REPLACE "\n\n" "\n.\n" _licence "${_licence}")
string(REPLACE "\n" "\n " VOXLOCK_LICENCE_TEXT " ${_licence}")
configure_file(${_from}/copyright.in ${_control}/copyright @ONLY)
configure_file(${_from}/changelog.in ${_control}/changelog.Debian @ONLY)
configure_file(${PROJECT_SOURCE_DIR}/CHANGELOG.md ${_control}/changelog COPYONLY)
foreach(_name IN ITEMS changelog changelog.Debian)
  execute_process(COMMAND gzip -9nf ${_control}/${_name} COMMAND_ERROR_IS_FATAL ANY)
endforeach()
foreach(_component IN ITEMS runtime dev python3)
  install(FILES ${_control}/copyright ${_control}/changelog.gz ${_control}/changelog.Debian.gz
          DESTINATION ${VOXLOCK_DOC_${_component}} COMPONENT ${_component})
endforeach()

# libsrtp2 keeps state for the whole process: the override says why its archive is inside.
install(FILES ${_from}/libvoxlock0 DESTINATION ${CMAKE_INSTALL_DATAROOTDIR}/lintian/overrides COMPONENT runtime)

# --- The Python package, pure: it loads libvoxlock.so.0 of the system. ---
set(_python lib/python3/dist-packages)
install(DIRECTORY ${PROJECT_SOURCE_DIR}/bindings/python/src/voxlock DESTINATION ${_python} COMPONENT python3
        FILES_MATCHING PATTERN "*.py" PATTERN "py.typed" PATTERN "__pycache__" EXCLUDE)
configure_file(${_from}/METADATA.in ${_control}/METADATA @ONLY)
install(FILES ${_control}/METADATA DESTINATION ${_python}/voxlock-${PROJECT_VERSION}.dist-info COMPONENT python3)

# --- Control files. Each export is in the symbols file since the version that introduced it. ---
file(STRINGS ${PROJECT_SOURCE_DIR}/tests/abi/exports.txt _exports)
set(_symbols "libvoxlock.so.${PROJECT_VERSION_MAJOR} libvoxlock0 (>= ${PROJECT_VERSION})\n")
string(APPEND _symbols "* Build-Depends-Package: libvoxlock-dev\n VOXLOCK_1@VOXLOCK_1 ${PROJECT_VERSION}\n")
foreach(_export IN LISTS _exports)
  string(APPEND _symbols " ${_export}@VOXLOCK_1 ${PROJECT_VERSION}\n")
endforeach()
file(WRITE ${_control}/symbols "${_symbols}")
file(WRITE ${_control}/shlibs "libvoxlock ${PROJECT_VERSION_MAJOR} libvoxlock0 (>= ${PROJECT_VERSION})\n")
foreach(_script IN ITEMS postinst prerm)
  file(COPY ${_from}/${_script} DESTINATION ${_control} FILE_PERMISSIONS
       OWNER_READ OWNER_WRITE OWNER_EXECUTE GROUP_READ GROUP_EXECUTE WORLD_READ WORLD_EXECUTE)
endforeach()

# --- What the archive's user has to have: the packages of the libraries that are not in it. ---
set(_needs "")
foreach(_need IN LISTS VOXLOCK_STATIC_NEEDS)
  find_library(_need_file ${_need} NO_CACHE HINTS ${srtp2_STATIC_LIBRARY_DIRS})
  if(_need_file)
    execute_process(COMMAND dpkg-query -S ${_need_file} OUTPUT_VARIABLE _owner ERROR_QUIET)
    if(_owner MATCHES "^([a-z0-9.+-]+)")
      list(APPEND _needs ${CMAKE_MATCH_1})
    endif()
  endif()
  unset(_need_file)
endforeach()
list(PREPEND _needs "libvoxlock0 (= ${VOXLOCK_DEB_VERSION})")
list(REMOVE_DUPLICATES _needs)
list(JOIN _needs ", " _needs)

set(CPACK_GENERATOR DEB)
set(CPACK_VERBATIM_VARIABLES TRUE)
set(CPACK_PACKAGE_NAME voxlock)
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_DEB_COMPONENT_INSTALL ON)
set(CPACK_COMPONENTS_ALL runtime dev python3)
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "secure SIP trunk to WebRTC room, sans-I/O")
set(CPACK_INSTALL_DEFAULT_DIRECTORY_PERMISSIONS
    OWNER_READ OWNER_WRITE OWNER_EXECUTE GROUP_READ GROUP_EXECUTE WORLD_READ WORLD_EXECUTE)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SOURCE voxlock)
set(CPACK_DEBIAN_PACKAGE_RELEASE ${VOXLOCK_DEB_REVISION})
set(CPACK_DEBIAN_PACKAGE_MAINTAINER ${VOXLOCK_MAINTAINER})
set(CPACK_DEBIAN_PACKAGE_PRIORITY optional)
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION TRUE)
set(_about "voxlock carries the encrypted audio of a SIP trunk into a WebRTC room: SIP over
TLS, SDP, SRTP, DTLS-SRTP, ICE-lite, speech codecs and processing, and frame
cryptors, without sockets, threads or a clock of its own.")

set(CPACK_DEBIAN_RUNTIME_PACKAGE_NAME libvoxlock0)
set(CPACK_DEBIAN_RUNTIME_PACKAGE_SECTION libs)
set(CPACK_DEBIAN_RUNTIME_PACKAGE_SHLIBDEPS ON)
# CPack writes scripts that call ldconfig unless it is given others. The trigger does their work: the names
# alone, of files that are not there, keep them out.
set(CPACK_DEBIAN_RUNTIME_PACKAGE_CONTROL_EXTRA
    "${_from}/triggers;${_control}/symbols;${_control}/shlibs;${_control}/none/postinst;${_control}/none/postrm")
set(CPACK_COMPONENT_RUNTIME_DESCRIPTION "${_about}\n\nThis package has the shared library.")

set(CPACK_DEBIAN_DEV_PACKAGE_NAME libvoxlock-dev)
set(CPACK_DEBIAN_DEV_PACKAGE_SECTION libdevel)
set(CPACK_DEBIAN_DEV_PACKAGE_DEPENDS "${_needs}")
set(CPACK_COMPONENT_DEV_DESCRIPTION "${_about}\n\nThis package has the headers, the archive, and files for CMake and pkg-config.")

set(CPACK_DEBIAN_PYTHON3_PACKAGE_NAME python3-voxlock)
set(CPACK_DEBIAN_PYTHON3_PACKAGE_SECTION python)
set(CPACK_DEBIAN_PYTHON3_PACKAGE_ARCHITECTURE all)
# It compares layouts with those of one version, whatever the revision of the package.
math(EXPR _next_patch "${PROJECT_VERSION_PATCH} + 1")
set(_next ${PROJECT_VERSION_MAJOR}.${PROJECT_VERSION_MINOR}.${_next_patch})
set(CPACK_DEBIAN_PYTHON3_PACKAGE_DEPENDS
    "python3 (>= 3.11), libvoxlock0 (>= ${PROJECT_VERSION}), libvoxlock0 (<< ${_next}~)")
set(CPACK_DEBIAN_PYTHON3_PACKAGE_CONTROL_EXTRA "${_control}/postinst;${_control}/prerm")
set(CPACK_COMPONENT_PYTHON3_DESCRIPTION "${_about}\n\nThis package has the binding for Python 3, by ctypes, with an asyncio gateway.")
include(CPack)
