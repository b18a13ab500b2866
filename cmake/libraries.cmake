# tunnel_library(NAME SOURCES a.cpp ... HEADERS a.hpp ... LINKS public ... PRIVATE_LINKS private ...)
#
# One folder, one library. Headers are a file set, so that each is compiled alone
# (the target all_verify_interface_header_sets).
function(tunnel_library name)
  cmake_parse_arguments(arg "" "" "SOURCES;HEADERS;LINKS;PRIVATE_LINKS" ${ARGN})
  if(arg_SOURCES)
    add_library(${name} STATIC ${arg_SOURCES})
    target_sources(${name} PUBLIC FILE_SET HEADERS BASE_DIRS ${PROJECT_SOURCE_DIR}
      FILES ${arg_HEADERS})
    target_link_libraries(${name} PUBLIC ${arg_LINKS}
      PRIVATE $<BUILD_INTERFACE:tunnel_warnings> ${arg_PRIVATE_LINKS})
  else()
    add_library(${name} INTERFACE)
    target_sources(${name} INTERFACE FILE_SET HEADERS BASE_DIRS ${PROJECT_SOURCE_DIR}
      FILES ${arg_HEADERS})
    target_link_libraries(${name} INTERFACE ${arg_LINKS})
  endif()
endfunction()

# tunnel_program(NAME SOURCES ... LINKS ...)
function(tunnel_program name)
  cmake_parse_arguments(arg "" "" "SOURCES;LINKS" ${ARGN})
  add_executable(${name} ${arg_SOURCES})
  target_link_libraries(${name} PRIVATE tunnel_warnings ${arg_LINKS})
endfunction()
