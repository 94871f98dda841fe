# Finds OpenBLAS, whichever of its builds (pthread, OpenMP, serial) is installed, and defines Cblas::Cblas: its headers, and
# the name (Cblas_NAME) and path (Cblas_LIBRARY) to load it by at run time. Nothing links to it.
# Its own cblas.h is preferred to the reference one, because only it declares the functions that set threads.

set(cblas_suffixes openblas openblas-pthread openblas-openmp openblas-serial)
find_path(Cblas_INCLUDE_DIR NAMES openblas_config.h PATH_SUFFIXES ${cblas_suffixes})
find_library(Cblas_LIBRARY NAMES openblas PATH_SUFFIXES ${cblas_suffixes})
mark_as_advanced(Cblas_INCLUDE_DIR Cblas_LIBRARY)
unset(cblas_suffixes)

include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(Cblas
    REQUIRED_VARS Cblas_LIBRARY Cblas_INCLUDE_DIR
    REASON_FAILURE_MESSAGE "OpenBLAS with its headers is needed (libopenblas-dev on Debian)")

if(Cblas_FOUND AND NOT TARGET Cblas::Cblas)
    execute_process(COMMAND "${CMAKE_OBJDUMP}" -p "${Cblas_LIBRARY}" OUTPUT_VARIABLE cblas_dump ERROR_QUIET)
    if(cblas_dump MATCHES "SONAME +([^ \n]+)")
        set(Cblas_NAME "${CMAKE_MATCH_1}")
    else()
        cmake_path(GET Cblas_LIBRARY FILENAME Cblas_NAME)
    endif()
    add_library(Cblas::Cblas INTERFACE IMPORTED GLOBAL)
    set_target_properties(Cblas::Cblas PROPERTIES INTERFACE_INCLUDE_DIRECTORIES "${Cblas_INCLUDE_DIR}")
    unset(cblas_dump)
endif()
