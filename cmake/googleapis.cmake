# The target `googleapis`: the generated code of Firestore's and Pub/Sub's interfaces with gRPC.
# Built by proto/CMakeLists.txt in build/googleapis, once for all presets.

find_package(Protobuf REQUIRED)
find_package(gRPC CONFIG REQUIRED)
include(ExternalProject)

if(NOT EXISTS ${PROJECT_SOURCE_DIR}/proto/node_modules/google-proto-files)
  message(FATAL_ERROR "The interface definitions of Firestore and Pub/Sub are missing: `make setup` "
                      "fetches them.")
endif()

set(GOOGLEAPIS_DIR ${PROJECT_SOURCE_DIR}/build/googleapis)
set(GOOGLEAPIS_LIBRARY ${GOOGLEAPIS_DIR}/libgoogleapis.a)
ExternalProject_Add(googleapis_build
  SOURCE_DIR ${PROJECT_SOURCE_DIR}/proto
  BINARY_DIR ${GOOGLEAPIS_DIR}
  PREFIX ${PROJECT_BINARY_DIR}/googleapis
  CMAKE_GENERATOR Ninja
  CMAKE_ARGS -DCMAKE_BUILD_TYPE=None
  BUILD_ALWAYS ON  # Which only looks: nothing is compiled twice.
  INSTALL_COMMAND ""
  BUILD_BYPRODUCTS ${GOOGLEAPIS_LIBRARY})

file(MAKE_DIRECTORY ${GOOGLEAPIS_DIR}/generated)
add_library(googleapis INTERFACE)
add_dependencies(googleapis googleapis_build)
target_include_directories(googleapis SYSTEM INTERFACE ${GOOGLEAPIS_DIR}/generated)
if(TIPOFF_SANITIZE MATCHES "thread")
  # protobuf's headers add members for ThreadSanitizer, which the library as packaged hasn't got.
  target_compile_options(googleapis INTERFACE -U__SANITIZE_THREAD__)
endif()
target_link_libraries(googleapis INTERFACE
  ${GOOGLEAPIS_LIBRARY} gRPC::grpc++ protobuf::libprotobuf)
