# cpack -G DEB, in a build folder of the preset release, makes the Debian package. It is built on the
# release that it is for: dependencies are those of the libraries linked here.
set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME tunneld)
set(CPACK_PACKAGE_CONTACT "tunneld maintainers <maintainers@tunneld.invalid>")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY ${PROJECT_DESCRIPTION})
set(CPACK_PACKAGE_DESCRIPTION
"Joins private networks of two or more sites over the public network, through
nothing but the SSH port that is open already. A gateway dials the other
one by SSH, PPP runs inside the SSH channel, and its packets are routed to
and from a tun device. Links are dialled again for ever, and while one is
down its packets are refused, not sent in the clear.")
set(CPACK_STRIP_FILES ON)
set(CPACK_PRE_BUILD_SCRIPTS ${PROJECT_SOURCE_DIR}/cmake/compress_documents.cmake)

# The files in /etc are named by absolute paths, which only a DESTDIR moves into the package.
set(CPACK_SET_DESTDIR ON)
set(CPACK_INSTALL_PREFIX /usr)

set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SECTION net)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_DEPENDS "adduser, openssh-client, passwd")
set(CPACK_DEBIAN_PACKAGE_SUGGESTS openssh-server)
set(CPACK_DEBIAN_PACKAGE_CONTROL_EXTRA
  ${PROJECT_SOURCE_DIR}/rc/debian/conffiles
  ${PROJECT_SOURCE_DIR}/rc/debian/postinst
  ${PROJECT_SOURCE_DIR}/rc/debian/prerm
  ${PROJECT_SOURCE_DIR}/rc/debian/postrm)
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)

include(CPack)
