# Run as a script: writes OUTPUT only when its content changes, so that nothing is rebuilt for nothing.

execute_process(COMMAND git -C ${SOURCE_DIR} describe --always --dirty --exclude "*"
  OUTPUT_VARIABLE commit OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET RESULT_VARIABLE failed)
if(failed OR commit STREQUAL "")
  set(commit "unknown")
endif()
set(content "#pragma once\n#define TIPOFF_VERSION \"${VERSION}\"\n#define TIPOFF_COMMIT \"${commit}\"\n")
set(existing "")
if(EXISTS ${OUTPUT})
  file(READ ${OUTPUT} existing)
endif()
if(NOT existing STREQUAL content)
  file(WRITE ${OUTPUT} "${content}")
endif()
