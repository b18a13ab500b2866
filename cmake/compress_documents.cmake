# Run by cpack on the files that are about to be packed: Debian wants manual pages and changelogs
# compressed, and the same on every build (-n).
file(GLOB_RECURSE documents
  "${CPACK_TEMPORARY_DIRECTORY}/usr/share/man/*" "${CPACK_TEMPORARY_DIRECTORY}/*/changelog")
execute_process(COMMAND gzip -9nf ${documents} COMMAND_ERROR_IS_FATAL ANY)
