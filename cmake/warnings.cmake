# What every target of ours is compiled with; linked PRIVATE, so that no consumer inherits it.
option(TUNNEL_WERROR "Warnings are errors" OFF)
option(TUNNEL_HARDENED "Hardening flags of the release" OFF)
set(TUNNEL_SANITIZE "" CACHE STRING "Sanitizers, as for -fsanitize=")

add_library(tunnel_warnings INTERFACE)
target_compile_options(tunnel_warnings INTERFACE
  -Wall -Wextra -Wpedantic -Wconversion -Wsign-conversion -Wshadow -Wold-style-cast
  -Wnon-virtual-dtor -Wswitch-enum
  $<$<BOOL:${TUNNEL_WERROR}>:-Werror>)

if(TUNNEL_HARDENED)
  target_compile_options(tunnel_warnings INTERFACE
    -fstack-protector-strong -fstack-clash-protection -fcf-protection -D_FORTIFY_SOURCE=2
    -D_GLIBCXX_ASSERTIONS)
  target_link_options(tunnel_warnings INTERFACE -Wl,-z,relro,-z,now,-z,noexecstack)
  set(CMAKE_POSITION_INDEPENDENT_CODE ON)
endif()

if(TUNNEL_SANITIZE)
  target_compile_options(tunnel_warnings INTERFACE
    -fsanitize=${TUNNEL_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=all)
  target_link_options(tunnel_warnings INTERFACE -fsanitize=${TUNNEL_SANITIZE})
endif()
