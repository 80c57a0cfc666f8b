# Compiler flags shared by every target of the project, and the two functions that declare targets.

find_program(CCACHE_PROGRAM ccache)
if(CCACHE_PROGRAM)
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CCACHE_PROGRAM})
endif()

# mold links several times faster than ld; programs are the same to whoever runs them.
find_program(MOLD_PROGRAM mold)
if(MOLD_PROGRAM AND NOT TIPOFF_FUZZ)
  add_link_options(-fuse-ld=mold)
endif()

add_library(tipoff_flags INTERFACE)
target_include_directories(tipoff_flags INTERFACE ${PROJECT_SOURCE_DIR}/src)
target_compile_options(tipoff_flags INTERFACE
  -Wall -Wextra -Wpedantic -Wconversion -Wshadow -Wno-missing-field-initializers -fno-omit-frame-pointer
  $<$<BOOL:${TIPOFF_WERROR}>:-Werror>)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  # g++ 12 sees the unused half of every std::variant; clang-tidy and the sanitizers look instead.
  target_compile_options(tipoff_flags INTERFACE -Wno-maybe-uninitialized)
endif()
if(TIPOFF_SANITIZE)
  target_compile_options(tipoff_flags INTERFACE -fsanitize=${TIPOFF_SANITIZE})
  target_link_options(tipoff_flags INTERFACE -fsanitize=${TIPOFF_SANITIZE})
  if(TIPOFF_SANITIZE MATCHES "undefined")
    target_compile_options(tipoff_flags INTERFACE -fno-sanitize-recover=all)
  endif()
  if(TIPOFF_SANITIZE MATCHES "thread" AND CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    target_compile_options(tipoff_flags INTERFACE -Wno-tsan)
  endif()
endif()
if(TIPOFF_MUTANTS)
  target_compile_definitions(tipoff_flags INTERFACE TIPOFF_MUTANTS)
endif()
if(TIPOFF_FUZZ)
  if(NOT CMAKE_CXX_COMPILER_ID MATCHES "Clang")
    message(FATAL_ERROR "TIPOFF_FUZZ needs clang: use the preset fuzz.")
  endif()
  target_compile_options(tipoff_flags INTERFACE -fsanitize=fuzzer-no-link)
endif()

# tipoff_library(NAME [TOGETHER] SOURCES... [TESTS...] [DEPS targets...] [TEST_DEPS targets...]): a
# static library of one folder, and of its tests the program NAME_test. TOGETHER: where headers weigh
# more than sources, several sources are compiled at once, in about half the time.
# Names in their anonymous namespaces must then differ; a file that can't have that stands in
# APART. The presets clang, lint and tsan compile each file by itself (TIPOFF_TOGETHER).
function(tipoff_library name)
  cmake_parse_arguments(ARG "TOGETHER" "" "SOURCES;TESTS;DEPS;TEST_DEPS;APART" ${ARGN})
  add_library(${name} STATIC ${ARG_SOURCES})
  target_link_libraries(${name} PUBLIC tipoff_flags ${ARG_DEPS})
  if(ARG_TESTS)
    tipoff_test(${name}_test SOURCES ${ARG_TESTS} DEPS ${name} ${ARG_TEST_DEPS})
  endif()
  if(ARG_TOGETHER AND TIPOFF_TOGETHER)
    set_source_files_properties(${ARG_APART} PROPERTIES SKIP_UNITY_BUILD_INCLUSION ON)
    set_target_properties(${name} PROPERTIES UNITY_BUILD ON UNITY_BUILD_BATCH_SIZE 6)
    if(ARG_TESTS)
      set_target_properties(${name}_test PROPERTIES UNITY_BUILD ON UNITY_BUILD_BATCH_SIZE 4)
    endif()
  endif()
endfunction()

# tipoff_test(NAME SOURCES... [DEPS targets...] [EMULATORS]): one GoogleTest program, its cases known
# to ctest. EMULATORS: ctest starts those of Firestore and Pub/Sub before them and stops them after.
function(tipoff_test name)
  cmake_parse_arguments(ARG "EMULATORS" "" "SOURCES;DEPS;LABELS" ${ARGN})
  set(properties TIMEOUT 300)
  if(ARG_LABELS)
    list(APPEND properties LABELS ${ARG_LABELS})
  endif()
  if(ARG_EMULATORS)
    list(APPEND properties FIXTURES_REQUIRED emulators)
  endif()
  add_executable(${name} ${ARG_SOURCES})
  target_link_libraries(${name} PRIVATE tipoff_flags ${ARG_DEPS} GTest::gtest_main GTest::gmock)
  target_compile_definitions(${name} PRIVATE
    TIPOFF_SOURCE_DIR="${PROJECT_SOURCE_DIR}" TIPOFF_BINARY_DIR="${PROJECT_BINARY_DIR}")
  gtest_discover_tests(${name} DISCOVERY_MODE PRE_TEST DISCOVERY_TIMEOUT 60
    PROPERTIES ${properties})
endfunction()
