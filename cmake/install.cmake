# What `cmake --install` lays down: headers, both kinds of libraries, the CMake package, xgrad.pc, the licence.

include(CMakePackageConfigHelpers)

# Headers for our own sources only. Every other one is public, and tests/install compiles it alone:
# a public header that needs one of these fails there.
set(internal_headers
    "^autograd/(kernels|engine)/"
    "^autograd/ops/(axes|bell|cofactors|composed|element_loop|entry|exact_slope|examples|indexing_plan|lane|matrix|op|reduction|reference|samples|slope|slope_loop|tabulate|value_op)\\.hpp$"
    "_internal\\.hpp$")
list(JOIN internal_headers "|" internal_headers)

file(GLOB_RECURSE headers CONFIGURE_DEPENDS RELATIVE "${PROJECT_SOURCE_DIR}"
    "${PROJECT_SOURCE_DIR}/autograd/*.hpp" "${PROJECT_SOURCE_DIR}/nn/*.hpp" "${PROJECT_SOURCE_DIR}/explorer/*.hpp")
list(FILTER headers EXCLUDE REGEX "${internal_headers}")
foreach(header IN LISTS headers)
    cmake_path(GET header PARENT_PATH folder)
    install(FILES "${PROJECT_SOURCE_DIR}/${header}" DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}/xgrad/${folder}"
        COMPONENT development)
endforeach()

install(TARGETS xgrad_autograd xgrad_autograd_static xgrad_nn xgrad_nn_static xgrad_explorer xgrad_explorer_static EXPORT xgradTargets
    LIBRARY COMPONENT runtime NAMELINK_COMPONENT development
    ARCHIVE COMPONENT development)

if(TARGET xgrad-explore)
    install(TARGETS xgrad-explore RUNTIME COMPONENT development)
endif()

set(package_folder "${CMAKE_INSTALL_LIBDIR}/cmake/xgrad")
install(EXPORT xgradTargets NAMESPACE xgrad:: DESTINATION "${package_folder}" COMPONENT development)
configure_package_config_file("${PROJECT_SOURCE_DIR}/cmake/xgradConfig.cmake.in" "${PROJECT_BINARY_DIR}/xgradConfig.cmake"
    INSTALL_DESTINATION "${package_folder}")
# Before 1.0 a new minor release may break what the last one promised.
write_basic_package_version_file("${PROJECT_BINARY_DIR}/xgradConfigVersion.cmake" COMPATIBILITY SameMinorVersion)
install(FILES
    "${PROJECT_BINARY_DIR}/xgradConfig.cmake"
    "${PROJECT_BINARY_DIR}/xgradConfigVersion.cmake"
    DESTINATION "${package_folder}" COMPONENT development)

# Paths from the file itself, so that the installed tree can be moved.
file(RELATIVE_PATH pc_to_prefix "/${CMAKE_INSTALL_LIBDIR}/pkgconfig" "/")
configure_file("${PROJECT_SOURCE_DIR}/cmake/xgrad.pc.in" "${PROJECT_BINARY_DIR}/xgrad.pc" @ONLY)
install(FILES "${PROJECT_BINARY_DIR}/xgrad.pc" DESTINATION "${CMAKE_INSTALL_LIBDIR}/pkgconfig" COMPONENT development)

install(FILES "${PROJECT_SOURCE_DIR}/LICENSE" DESTINATION "${CMAKE_INSTALL_DOCDIR}" COMPONENT development)
# Debian keeps the terms of a package under its own name
foreach(component IN ITEMS runtime development)
    set(package libxgrad-dev)
    if(component STREQUAL "runtime")
        set(package "libxgrad${xgrad_soversion}")
    endif()
    install(FILES "${PROJECT_SOURCE_DIR}/LICENSE" DESTINATION "${CMAKE_INSTALL_DATAROOTDIR}/doc/${package}"
        RENAME copyright COMPONENT "${component}")
endforeach()
