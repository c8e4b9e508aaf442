# cmake --install: headers, both libraries, a CMake package and a pkg-config file.
