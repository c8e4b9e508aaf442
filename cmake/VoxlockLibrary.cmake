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
# Nothing of the private libraries leaves, and our own calls bind to our own copies.
target_link_options(voxlock PRIVATE
  -Wl,--version-script=${PROJECT_SOURCE_DIR}/cmake/voxlock.map
  -Wl,--exclude-libs,ALL -Wl,-Bsymbolic -Wl,-z,relro,-z,now)
if(NOT VOXLOCK_SANITIZE)
  # A sanitizer's run time comes with the program, so its names stay open in a library.
  target_link_options(voxlock PRIVATE -Wl,-z,defs)
endif()

add_library(voxlock_static STATIC ${_objects})
add_library(voxlock::voxlock_static ALIAS voxlock_static)
set_target_properties(voxlock_static PROPERTIES OUTPUT_NAME voxlock)
target_include_directories(voxlock_static INTERFACE
  $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}/include> $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>)
target_link_libraries(voxlock_static PUBLIC $<BUILD_INTERFACE:${_deps}>)
