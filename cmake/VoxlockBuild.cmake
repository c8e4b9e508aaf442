# Build rules shared by every module, test and example.

set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_C_STANDARD 99)
set(CMAKE_C_EXTENSIONS OFF)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
set(CMAKE_C_VISIBILITY_PRESET hidden)
set(CMAKE_CXX_VISIBILITY_PRESET hidden)
set(CMAKE_VISIBILITY_INLINES_HIDDEN ON)

if(NOT CMAKE_BUILD_TYPE AND NOT CMAKE_CONFIGURATION_TYPES)
  set(CMAKE_BUILD_TYPE Release CACHE STRING "Build type" FORCE)
endif()

find_program(VOXLOCK_CCACHE ccache)
if(VOXLOCK_CCACHE AND PROJECT_IS_TOP_LEVEL)
  set(CMAKE_C_COMPILER_LAUNCHER "${VOXLOCK_CCACHE}")
  set(CMAKE_CXX_COMPILER_LAUNCHER "${VOXLOCK_CCACHE}")
endif()

# Sanitizers make GCC warn where there is nothing to warn of, as its manual says.
set(_voxlock_werror "")
if(VOXLOCK_WERROR AND NOT VOXLOCK_SANITIZE)
  set(_voxlock_werror -Werror)
endif()

add_library(voxlock_flags INTERFACE)
target_compile_options(voxlock_flags INTERFACE
  -Wall -Wextra -Wpedantic
  ${_voxlock_werror}
  -fstack-protector-strong)
target_compile_definitions(voxlock_flags INTERFACE
  $<$<CONFIG:Release,RelWithDebInfo>:_FORTIFY_SOURCE=2>)
target_include_directories(voxlock_flags INTERFACE
  $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}/include>)

if(VOXLOCK_NO_TAPS)
  add_compile_definitions(VOXLOCK_NO_TAPS)
endif()
if(VOXLOCK_SANITIZE)
  add_compile_options(-fsanitize=${VOXLOCK_SANITIZE} -fno-sanitize-recover=all -fno-omit-frame-pointer)
  add_link_options(-fsanitize=${VOXLOCK_SANITIZE})
  # GCC before 14 aligns the frames of detect_stack_use_after_return to 32 bytes only, whatever they
  # hold (PR 110027), and the AVX-512 kernels hold vectors of 64. clang, in the fuzz preset, looks
  # for that fault.
  if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 14)
    add_compile_options(--param=asan-use-after-return=0)
  endif()
endif()
if(VOXLOCK_FUZZ)
  add_compile_options(-fsanitize=fuzzer-no-link)
endif()

# Views and results are cleared by plain stores: GCC's choice is "rep stos", whose start alone takes longer.
include(CheckCXXCompilerFlag)
set(_strategy -mmemset-strategy=vector_loop:512:noalign,libcall:-1:noalign)
check_cxx_compiler_flag(${_strategy} VOXLOCK_HAS_MEMSET_STRATEGY)
if(VOXLOCK_HAS_MEMSET_STRATEGY)
  set(_clearing "$<$<CONFIG:Release,RelWithDebInfo>:${_strategy}>")
endif()

# voxlock_module(name SOURCES a.cpp ... [LIBS lib ...]): one layer of the library, compiled once
# for the shared and the static library. LIBS are third-party targets only this module may include.
set_property(GLOBAL PROPERTY VOXLOCK_MODULES "")
function(voxlock_module name)
  cmake_parse_arguments(ARG "" "" "SOURCES;LIBS" ${ARGN})
  add_library(voxlock_${name} OBJECT ${ARG_SOURCES})
  target_link_libraries(voxlock_${name} PRIVATE voxlock_flags ${ARG_LIBS})
  target_include_directories(voxlock_${name} PRIVATE ${PROJECT_SOURCE_DIR}/lib)
  target_compile_options(voxlock_${name} PRIVATE
    -Wshadow -Wconversion -Wsign-conversion -Wnon-virtual-dtor -Woverloaded-virtual ${_clearing})
  target_compile_definitions(voxlock_${name} PRIVATE VOXLOCK_BUILD)
  set_property(GLOBAL APPEND PROPERTY VOXLOCK_MODULES voxlock_${name})
endfunction()

# GCC makes the tables of inline constants names that no archive can hide.
check_cxx_compiler_flag(-fno-gnu-unique VOXLOCK_HAS_NO_GNU_UNIQUE)
if(VOXLOCK_HAS_NO_GNU_UNIQUE)
  target_compile_options(voxlock_flags INTERFACE
    "$<$<AND:$<COMPILE_LANGUAGE:CXX>,$<CONFIG:Release,RelWithDebInfo>>:-fno-gnu-unique>")
endif()
