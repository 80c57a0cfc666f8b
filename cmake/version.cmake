# Writes build_info.h at each build, so that `tipoff --version` names the commit that was built.

set(TIPOFF_VERSION_HEADER ${PROJECT_BINARY_DIR}/generated/build_info.h)
add_custom_target(tipoff_version
  COMMAND ${CMAKE_COMMAND}
    -DSOURCE_DIR=${PROJECT_SOURCE_DIR} -DVERSION=${PROJECT_VERSION}
    -DOUTPUT=${TIPOFF_VERSION_HEADER} -P ${PROJECT_SOURCE_DIR}/cmake/write_version.cmake
  BYPRODUCTS ${TIPOFF_VERSION_HEADER}
  COMMENT "")
