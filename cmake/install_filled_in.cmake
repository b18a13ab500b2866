# Run while installing, by install_filled_in() of rc/CMakeLists.txt, which sets the variables.
foreach(path CMAKE_INSTALL_FULL_BINDIR CMAKE_INSTALL_FULL_SBINDIR destination)
  cmake_path(ABSOLUTE_PATH ${path} BASE_DIRECTORY "${CMAKE_INSTALL_PREFIX}" NORMALIZE)
endforeach()
configure_file("${template}" "${filled_in}" @ONLY)
file(INSTALL "${filled_in}" DESTINATION "${destination}" PERMISSIONS ${permissions})
