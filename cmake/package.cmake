# Debian packages: libxgrad0.1 for those who run programs, libxgrad-dev for those who build them.
#   cmake --preset release -D CMAKE_INSTALL_PREFIX=/usr && cmake --build --preset release && cpack --config build/release/CPackConfig.cmake

set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME xgrad)
set(CPACK_PACKAGE_CONTACT "xgrad maintainers <maintainers@users.noreply.github.com>")
set(CPACK_PACKAGE_VENDOR xgrad)
set(CPACK_PACKAGE_DIRECTORY "${PROJECT_BINARY_DIR}/packages")
set(CPACK_RESOURCE_FILE_LICENSE "${PROJECT_SOURCE_DIR}/LICENSE")
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_STRIP_FILES ON)
set(CPACK_COMPONENTS_ALL runtime development)
set(CPACK_COMPONENTS_GROUPING IGNORE)

set(CPACK_DEB_COMPONENT_INSTALL ON)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_COMPRESSION_TYPE xz)

# Named after the SONAME, so that programs built with different releases can be installed side by side.
set(CPACK_DEBIAN_RUNTIME_PACKAGE_NAME "libxgrad${xgrad_soversion}")
set(CPACK_DEBIAN_RUNTIME_PACKAGE_SECTION libs)
set(CPACK_DEBIAN_RUNTIME_DESCRIPTION "${PROJECT_DESCRIPTION}, shared libraries")
set(CPACK_DEBIAN_RUNTIME_PACKAGE_DEPENDS libopenblas0) # loaded at run time, so nobody else sees it
set(CPACK_DEBIAN_RUNTIME_PACKAGE_RECOMMENDS libdnnl2) # the same
set(CPACK_DEBIAN_RUNTIME_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS_PRIVATE_DIRS "${PROJECT_BINARY_DIR}") # one of our libraries needs the other
set(CPACK_DEBIAN_RUNTIME_PACKAGE_GENERATE_SHLIBS ON)
set(CPACK_DEBIAN_RUNTIME_PACKAGE_CONTROL_STRICT_PERMISSION ON)

set(CPACK_DEBIAN_DEVELOPMENT_PACKAGE_NAME libxgrad-dev)
set(CPACK_DEBIAN_DEVELOPMENT_PACKAGE_SECTION libdevel)
set(CPACK_DEBIAN_DEVELOPMENT_DESCRIPTION "${PROJECT_DESCRIPTION}, headers and static libraries")
set(CPACK_DEBIAN_DEVELOPMENT_PACKAGE_DEPENDS
    "${CPACK_DEBIAN_RUNTIME_PACKAGE_NAME} (= ${PROJECT_VERSION}), libxtensor-dev, xtl-dev, libfmt-dev")

include(CPack)
