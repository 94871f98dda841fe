# Finds OpenBLAS, whichever of its builds (pthread, OpenMP, serial) is installed, and defines Cblas::Cblas.
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
    add_library(Cblas::Cblas UNKNOWN IMPORTED GLOBAL)
    set_target_properties(Cblas::Cblas PROPERTIES
        IMPORTED_LOCATION "${Cblas_LIBRARY}"
        INTERFACE_INCLUDE_DIRECTORIES "${Cblas_INCLUDE_DIR}")
endif()
