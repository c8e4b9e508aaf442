# Test helpers.

find_package(Catch2 REQUIRED)
if(Catch2_VERSION VERSION_LESS 3)
  set(VOXLOCK_CATCH_HEADER "catch2/catch.hpp")
else()
  set(VOXLOCK_CATCH_HEADER "catch2/catch_all.hpp")
endif()

# Tests are a hundred programs: the fastest linker that is here.
include(CheckLinkerFlag)
set(VOXLOCK_TEST_LINKER "")
foreach(linker IN ITEMS lld gold)
  check_linker_flag(CXX -fuse-ld=${linker} VOXLOCK_HAS_LINKER_${linker})
  if(VOXLOCK_HAS_LINKER_${linker})
    set(VOXLOCK_TEST_LINKER -fuse-ld=${linker})
    break()
  endif()
endforeach()

# voxlock_test(name SOURCES a_test.cpp ... [LIBS lib ...] [LABELS sim|interop ...]): one Catch2
# program, one CTest case. ./dev soak repeats the cases labelled sim, ./dev interop those labelled so.
function(voxlock_test name)
  cmake_parse_arguments(ARG "" "" "SOURCES;LIBS;LABELS" ${ARGN})
  add_executable(test_${name} ${ARG_SOURCES})
  target_link_libraries(test_${name} PRIVATE voxlock_test_support ${ARG_LIBS})
  target_precompile_headers(test_${name} REUSE_FROM voxlock_test_headers)
  target_link_options(test_${name} PRIVATE ${VOXLOCK_TEST_LINKER})
  add_test(NAME ${name} COMMAND test_${name})
  set_tests_properties(${name} PROPERTIES TIMEOUT 300 LABELS "${ARG_LABELS}")
endfunction()

# voxlock_fuzz(name SOURCE x_fuzz.cpp [LIBS lib ...] [CORPUS folder ...]): with VOXLOCK_FUZZ a
# libFuzzer program fuzz_<name>; otherwise a program that replays the corpora once, as a CTest case.
# Folders are below VOXLOCK_VECTORS unless absolute.
function(voxlock_fuzz name)
  cmake_parse_arguments(ARG "" "SOURCE" "LIBS;CORPUS" ${ARGN})
  add_executable(fuzz_${name} ${ARG_SOURCE})
  target_link_libraries(fuzz_${name} PRIVATE voxlock_fuzz_main ${ARG_LIBS})
  target_link_options(fuzz_${name} PRIVATE ${VOXLOCK_TEST_LINKER})
  set(folders "")
  foreach(folder IN LISTS ARG_CORPUS)
    if(NOT IS_ABSOLUTE ${folder})
      set(folder ${VOXLOCK_VECTORS}/${folder})
    endif()
    list(APPEND folders ${folder})
  endforeach()
  # ./dev fuzz reads the list of targets and seed folders.
  set_property(GLOBAL APPEND_STRING PROPERTY VOXLOCK_FUZZ_TARGETS
               "fuzz_${name}\t$<TARGET_FILE:fuzz_${name}>\t${folders}\n")
  if(NOT VOXLOCK_FUZZ)
    add_test(NAME fuzz_${name}_replay COMMAND fuzz_${name} ${folders})
    set_tests_properties(fuzz_${name}_replay PROPERTIES TIMEOUT 300 LABELS fuzz SKIP_RETURN_CODE 77)
  endif()
endfunction()
