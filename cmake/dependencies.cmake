# What the project takes from the system. tools/setup installs all of it.

find_package(Threads REQUIRED)
find_package(Boost 1.81 REQUIRED COMPONENTS json)
find_package(fmt REQUIRED)
find_package(spdlog REQUIRED)
find_package(SQLite3 REQUIRED)
find_package(OpenSSL REQUIRED)
find_package(ZLIB REQUIRED)
find_package(CURL REQUIRED)
find_package(PostgreSQL REQUIRED)
find_package(date REQUIRED)
find_package(tomlplusplus REQUIRED)
find_package(CLI11 REQUIRED)
find_package(GTest REQUIRED)
include(GoogleTest)

# The package's own CMake configuration names a program that it does not ship.
find_path(LIBXGBOOST_INCLUDE_DIR xgboost/c_api.h REQUIRED)
find_library(LIBXGBOOST_LIBRARY xgboost REQUIRED)
add_library(libxgboost INTERFACE)
target_include_directories(libxgboost SYSTEM INTERFACE ${LIBXGBOOST_INCLUDE_DIR})
target_link_libraries(libxgboost INTERFACE ${LIBXGBOOST_LIBRARY})

find_path(LIBCSV_INCLUDE_DIR csv.h REQUIRED)
find_library(LIBCSV_LIBRARY csv REQUIRED)
add_library(libcsv INTERFACE)
target_include_directories(libcsv SYSTEM INTERFACE ${LIBCSV_INCLUDE_DIR})
target_link_libraries(libcsv INTERFACE ${LIBCSV_LIBRARY})
