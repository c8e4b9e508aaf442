# An overlay port: it builds the clone that it lies in.
#   vcpkg install voxlock --overlay-ports=packaging/vcpkg
cmake_path(SET SOURCE_PATH NORMALIZE "${CMAKE_CURRENT_LIST_DIR}/../../..")
vcpkg_find_acquire_program(PKGCONFIG)
vcpkg_cmake_configure(
  SOURCE_PATH "${SOURCE_PATH}"
  OPTIONS -DBUILD_TESTING=OFF -DVOXLOCK_BUILD_EXAMPLES=OFF "-DPKG_CONFIG_EXECUTABLE=${PKGCONFIG}")
vcpkg_cmake_install()

# One kind of library each, as the triplet says.
if(VCPKG_LIBRARY_LINKAGE STREQUAL "static")
  file(GLOB _others "${CURRENT_PACKAGES_DIR}/lib/libvoxlock.so*" "${CURRENT_PACKAGES_DIR}/debug/lib/libvoxlock.so*")
else()
  file(GLOB _others "${CURRENT_PACKAGES_DIR}/lib/libvoxlock.a" "${CURRENT_PACKAGES_DIR}/debug/lib/libvoxlock.a")
endif()
file(REMOVE ${_others})

vcpkg_cmake_config_fixup(CONFIG_PATH lib/cmake/voxlock)
vcpkg_fixup_pkgconfig()
file(REMOVE_RECURSE "${CURRENT_PACKAGES_DIR}/debug/include" "${CURRENT_PACKAGES_DIR}/debug/share")
file(INSTALL "${CMAKE_CURRENT_LIST_DIR}/usage" DESTINATION "${CURRENT_PACKAGES_DIR}/share/${PORT}")
vcpkg_install_copyright(FILE_LIST "${SOURCE_PATH}/LICENSE")
