# The libraries: xgrad::autograd, xgrad::nn and xgrad::explorer (shared), and each with _static.

find_package(xtensor REQUIRED)
find_package(fmt REQUIRED)
find_package(nlohmann_json REQUIRED) # quotes the strings of a trace; headers alone, so nobody who links us needs it
find_package(Threads REQUIRED)
find_package(Cblas REQUIRED)

# Before 1.0 a new minor release may break what the last one promised.
set(xgrad_soversion ${PROJECT_VERSION_MAJOR})
if(xgrad_soversion EQUAL 0)
    set(xgrad_soversion 0.${PROJECT_VERSION_MINOR})
endif()

# Every source is compiled once, position independent, and linked twice. Symbols are hidden unless XGRAD_API exports them.
function(xgrad_add_library name)
    cmake_parse_arguments(PARSE_ARGV 1 arg "" "DEPENDS" "SOURCES")

    add_library(xgrad_${name}_objects OBJECT ${arg_SOURCES})
    set_target_properties(xgrad_${name}_objects PROPERTIES
        POSITION_INDEPENDENT_CODE ON
        CXX_EXTENSIONS OFF
        CXX_VISIBILITY_PRESET hidden
        VISIBILITY_INLINES_HIDDEN ON)
    target_compile_features(xgrad_${name}_objects PUBLIC cxx_std_20)
    target_include_directories(xgrad_${name}_objects PRIVATE "${PROJECT_SOURCE_DIR}")
    # A product and a sum must round the same in every function and for every number of threads, hence no contraction.
    # errno and trapping keep loops from being vectorised and nobody reads them.
    target_compile_options(xgrad_${name}_objects PRIVATE -ffp-contract=off -fno-math-errno -fno-trapping-math)
    target_link_libraries(xgrad_${name}_objects PRIVATE
        xgrad_warnings xtensor fmt::fmt nlohmann_json::nlohmann_json Cblas::Cblas Threads::Threads)

    add_library(xgrad_${name} SHARED)
    add_library(xgrad_${name}_static STATIC)
    foreach(kind IN ITEMS "" _static)
        set(target xgrad_${name}${kind})
        target_sources(${target} PRIVATE $<TARGET_OBJECTS:xgrad_${name}_objects>)
        target_compile_features(${target} PUBLIC cxx_std_20)
        target_include_directories(${target} PUBLIC
            "$<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}>"
            "$<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}/xgrad>")
        target_link_libraries(${target} PUBLIC xtensor PRIVATE fmt::fmt Threads::Threads ${CMAKE_DL_LIBS})
        if(arg_DEPENDS)
            target_link_libraries(${target} PUBLIC xgrad_${arg_DEPENDS}${kind})
        endif()
        set_target_properties(${target} PROPERTIES
            OUTPUT_NAME xgrad-${name}
            EXPORT_NAME ${name}${kind}
            LINKER_LANGUAGE CXX)
        add_library(xgrad::${name}${kind} ALIAS ${target})
    endforeach()
    set_target_properties(xgrad_${name} PROPERTIES
        VERSION ${PROJECT_VERSION}
        SOVERSION ${xgrad_soversion}
        INSTALL_RPATH "\$ORIGIN")
    if(NOT XGRAD_SANITIZE)
        # A public function without XGRAD_API is found when we link and not when a user does.
        target_link_options(xgrad_${name} PRIVATE -Wl,-z,defs)
    endif()
endfunction()

file(GLOB_RECURSE autograd_sources CONFIGURE_DEPENDS "${PROJECT_SOURCE_DIR}/autograd/*.cpp")
file(GLOB_RECURSE nn_sources CONFIGURE_DEPENDS "${PROJECT_SOURCE_DIR}/nn/*.cpp")
file(GLOB explorer_sources CONFIGURE_DEPENDS "${PROJECT_SOURCE_DIR}/explorer/*.cpp")
set_source_files_properties("${PROJECT_SOURCE_DIR}/autograd/version.cpp" PROPERTIES
    COMPILE_DEFINITIONS "XGRAD_VERSION=\"${PROJECT_VERSION}\"")

set_source_files_properties("${PROJECT_SOURCE_DIR}/autograd/kernels/blas.cpp" PROPERTIES
    COMPILE_DEFINITIONS "XGRAD_BLAS_NAME=\"${Cblas_NAME}\";XGRAD_BLAS_PATH=\"${Cblas_LIBRARY}\"")

# oneDNN is loaded at the first convolution that it makes faster. Nothing links to it; without its headers (libdnnl-dev on
# Debian) all convolutions run on our own kernel.
find_path(Dnnl_INCLUDE_DIR NAMES oneapi/dnnl/dnnl.h)
mark_as_advanced(Dnnl_INCLUDE_DIR)
if(Dnnl_INCLUDE_DIR)
    set_source_files_properties("${PROJECT_SOURCE_DIR}/autograd/kernels/dnn.cpp" PROPERTIES
        COMPILE_DEFINITIONS "XGRAD_DNN_NAME=\"libdnnl.so.2\"")
    if(NOT Dnnl_INCLUDE_DIR IN_LIST CMAKE_CXX_IMPLICIT_INCLUDE_DIRECTORIES)
        set_property(SOURCE "${PROJECT_SOURCE_DIR}/autograd/kernels/dnn.cpp" PROPERTY INCLUDE_DIRECTORIES "${Dnnl_INCLUDE_DIR}")
    endif()
endif()

xgrad_add_library(autograd SOURCES ${autograd_sources})
xgrad_add_library(nn SOURCES ${nn_sources} DEPENDS autograd)
# The explorer's page, as its sources were built last (explorer/web/build.mjs): a text in the library.
set(page "${PROJECT_SOURCE_DIR}/explorer/web/dist/page.html")
set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS "${page}")
file(READ "${page}" page_text)
set(page_source "${PROJECT_BINARY_DIR}/explorer/page_asset.cpp")
file(WRITE "${page_source}.new" "#include <explorer/page_internal.hpp>\n
std::string_view xg::detail::page_asset() {
    return R\"xgrad_page(${page_text})xgrad_page\";
}
")
file(COPY_FILE "${page_source}.new" "${page_source}" ONLY_IF_DIFFERENT)
unset(page_text)
xgrad_add_library(explorer SOURCES ${explorer_sources} "${page_source}" DEPENDS nn)

# The program of the explorer. CLI11 is needed for it alone.
option(XGRAD_BUILD_EXPLORE "Build the program xgrad-explore" ${PROJECT_IS_TOP_LEVEL})
if(XGRAD_BUILD_EXPLORE)
    find_package(CLI11 REQUIRED)
    add_executable(xgrad-explore "${PROJECT_SOURCE_DIR}/explorer/program/main.cpp")
    target_link_libraries(xgrad-explore PRIVATE xgrad_warnings xgrad::explorer_static CLI11::CLI11)
endif()
