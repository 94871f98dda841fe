# How everything in this repository is compiled: build type, compiler cache, warnings, sanitizers.

if(PROJECT_IS_TOP_LEVEL)
    get_property(multi_config GLOBAL PROPERTY GENERATOR_IS_MULTI_CONFIG)
    if(NOT multi_config AND NOT CMAKE_BUILD_TYPE)
        set(CMAKE_BUILD_TYPE Release CACHE STRING "Debug, Release, RelWithDebInfo or MinSizeRel" FORCE)
    endif()
    if(NOT DEFINED CMAKE_CXX_COMPILER_LAUNCHER)
        find_program(XGRAD_CCACHE ccache)
        mark_as_advanced(XGRAD_CCACHE)
        if(XGRAD_CCACHE)
            set(CMAKE_CXX_COMPILER_LAUNCHER "${XGRAD_CCACHE}")
        endif()
    endif()
    set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
endif()

# Warnings concern our sources only; nobody who links xgrad inherits them.
add_library(xgrad_warnings INTERFACE)
target_compile_options(xgrad_warnings INTERFACE
    -Wall -Wextra -Wconversion -Wshadow
    # clang counts sign conversions under -Wconversion, g++ does not
    $<$<CXX_COMPILER_ID:Clang,AppleClang>:-Wno-sign-conversion>
    # g++ 12 finds these in its own std::copy and std::move after inlining; the address sanitizer finds the true ones
    $<$<CXX_COMPILER_ID:GNU>:-Wno-array-bounds -Wno-stringop-overflow -Wno-restrict>
    $<$<BOOL:${XGRAD_WERROR}>:-Werror>)

# What a program of the documentation or an example may take as a test
set(XGRAD_PROGRAM_SECONDS 120)
if(XGRAD_SANITIZE)
    set(XGRAD_PROGRAM_SECONDS 900) # overfitting, the longest, takes 45 s of processor time with the address sanitizer
    if(XGRAD_SANITIZE STREQUAL "address+undefined")
        set(sanitizers -fsanitize=address,undefined -fno-sanitize-recover=all)
        # g++ 12 takes the address of an initial-exec thread-local for null in threads other than the first; a true null
        # pointer ends in the address sanitizer all the same.
        list(APPEND sanitizers $<$<CXX_COMPILER_ID:GNU>:-fno-sanitize=null>)
    elseif(XGRAD_SANITIZE STREQUAL "thread")
        set(sanitizers -fsanitize=thread)
    else()
        message(FATAL_ERROR "XGRAD_SANITIZE is '${XGRAD_SANITIZE}'; it can be address+undefined, thread or empty")
    endif()
    add_compile_options(${sanitizers} -fno-omit-frame-pointer)
    add_link_options(${sanitizers})
    # Recycled blocks would hide a use after free from the sanitizer, so memory comes straight from malloc.
    add_compile_definitions(XGRAD_PLAIN_MALLOC)
    # g++ sees uninitialised variables in the code that the sanitizer adds
    target_compile_options(xgrad_warnings INTERFACE $<$<CXX_COMPILER_ID:GNU>:-Wno-maybe-uninitialized>)
endif()
