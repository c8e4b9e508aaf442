# The two libraries, made of the same objects.

get_property(_modules GLOBAL PROPERTY VOXLOCK_MODULES)
set(_objects "")
foreach(module IN LISTS _modules)
  list(APPEND _objects $<TARGET_OBJECTS:${module}>)
endforeach()
set(_deps voxlock_dep_srtp2 voxlock_dep_mbedtls voxlock_dep_opus voxlock_dep_speexdsp)

add_library(voxlock SHARED ${_objects})
add_library(voxlock::voxlock ALIAS voxlock)
set_target_properties(voxlock PROPERTIES
  VERSION ${PROJECT_VERSION} SOVERSION ${PROJECT_VERSION_MAJOR}
  LINK_DEPENDS ${PROJECT_SOURCE_DIR}/cmake/voxlock.map)
target_include_directories(voxlock INTERFACE
  $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}/include> $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>)
target_link_libraries(voxlock PRIVATE $<BUILD_INTERFACE:${_deps}>)
# Nothing of the private libraries leaves, and our own calls bind to our own copies. The linker's map
# tells the bill of materials which archives have gone in.
set(VOXLOCK_LINK_MAP ${PROJECT_BINARY_DIR}/libvoxlock.so.map)
target_link_options(voxlock PRIVATE
  -Wl,--version-script=${PROJECT_SOURCE_DIR}/cmake/voxlock.map
  -Wl,--exclude-libs,ALL -Wl,-Bsymbolic -Wl,-z,relro,-z,now -Wl,--as-needed
  -Wl,-Map=${VOXLOCK_LINK_MAP})
if(NOT VOXLOCK_SANITIZE)
  # A sanitizer's run time comes with the program, so its names stay open in a library.
  target_link_options(voxlock PRIVATE -Wl,-z,defs)
endif()

# What the tests link, with the inner names open.
add_library(voxlock_static STATIC ${_objects})
add_library(voxlock::voxlock_static ALIAS voxlock_static)
target_include_directories(voxlock_static INTERFACE $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}/include>)
target_link_libraries(voxlock_static PUBLIC $<BUILD_INTERFACE:${_deps}>)
if(VOXLOCK_IS_PRIVATE)
  # The archives behind it need what a linker might have left out.
  target_link_options(voxlock_static INTERFACE -Wl,-u,beneath_calloc,-u,beneath_entropy)
endif()

# What is installed: one archive with one object in it, which holds our objects and those of every
# third-party archive that they need. The linker binds them to one another, and then every name but
# voxlock_* becomes local: the host may link other versions of the same libraries beside it. What has
# no archive, or is not ours to copy, its user's linker still has to find: VOXLOCK_STATIC_NEEDS.
set(VOXLOCK_ARCHIVE ${PROJECT_BINARY_DIR}/archive/libvoxlock.a)
set(_inside "")
set(VOXLOCK_STATIC_NEEDS "")
foreach(name IN ITEMS mbedtls mbedx509 mbedcrypto opus speexdsp)
  if(VOXLOCK_ARCHIVE_${name})
    list(APPEND _inside ${VOXLOCK_ARCHIVE_${name}})
  else()
    list(APPEND VOXLOCK_STATIC_NEEDS ${name})
  endif()
endforeach()
if(VOXLOCK_SRTP_PRIVATE)
  list(PREPEND _inside ${SRTP2_STATIC_LIBRARY})
  list(APPEND VOXLOCK_STATIC_NEEDS ${_srtp2_private})
else()
  list(APPEND VOXLOCK_STATIC_NEEDS srtp2)
endif()
list(REMOVE_DUPLICATES VOXLOCK_STATIC_NEEDS)
set(VOXLOCK_SEARCHED ${srtp2_STATIC_LIBRARY_DIRS} ${CMAKE_CXX_IMPLICIT_LINK_DIRECTORIES})

set(_strip --strip-debug)
if(CMAKE_BUILD_TYPE STREQUAL "Debug")
  set(_strip "")
endif()
set(_whole ${PROJECT_BINARY_DIR}/archive/voxlock.o)
add_custom_command(OUTPUT ${VOXLOCK_ARCHIVE}
  COMMAND ${CMAKE_COMMAND} -E make_directory ${PROJECT_BINARY_DIR}/archive
  COMMAND ${CMAKE_LINKER} -r --force-group-allocation -Map=${VOXLOCK_ARCHIVE}.map -o ${_whole}
          --whole-archive $<TARGET_FILE:voxlock_static> --no-whole-archive --start-group ${_inside} --end-group
  COMMAND ${CMAKE_OBJCOPY} ${_strip} --remove-section=.comment --wildcard --keep-global-symbol=voxlock_* ${_whole}
  COMMAND ${CMAKE_COMMAND} -E rm -f ${VOXLOCK_ARCHIVE}
  COMMAND ${CMAKE_AR} qcD ${VOXLOCK_ARCHIVE} ${_whole}
  COMMAND ${CMAKE_RANLIB} -D ${VOXLOCK_ARCHIVE}
  COMMAND ${CMAKE_COMMAND} -E rm -f ${_whole}
  DEPENDS voxlock_static ${_inside} VERBATIM COMMENT "Binding archive/libvoxlock.a")
add_custom_target(voxlock_archive ALL DEPENDS ${VOXLOCK_ARCHIVE})
