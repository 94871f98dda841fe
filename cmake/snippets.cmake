# The programs in README.md and docs/**/*.md, compiled and run as tests: see snippets.py.
# They link the shared libraries, so a public function that is not exported shows here.

find_package(Python3 REQUIRED COMPONENTS Interpreter)

file(GLOB_RECURSE pages CONFIGURE_DEPENDS "${PROJECT_SOURCE_DIR}/docs/*.md")
file(GLOB front_page CONFIGURE_DEPENDS "${PROJECT_SOURCE_DIR}/README.md")
list(PREPEND pages ${front_page})
set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${pages} "${CMAKE_CURRENT_LIST_DIR}/snippets.py")

set(snippets_script "${CMAKE_CURRENT_LIST_DIR}/snippets.py")
set(snippets_folder "${CMAKE_CURRENT_BINARY_DIR}/snippets")
execute_process(
    COMMAND "${Python3_EXECUTABLE}" "${snippets_script}" extract --root "${PROJECT_SOURCE_DIR}" --out "${snippets_folder}" ${pages}
    COMMAND_ERROR_IS_FATAL ANY)

function(xgrad_snippet_program name)
    add_executable(${name} ${ARGN})
    target_link_libraries(${name} PRIVATE xgrad_warnings xgrad::explorer xgrad::nn)
    # A snippet shows one thing and leaves its results unused
    target_compile_options(${name} PRIVATE -Wno-unused -Wno-shadow -Wno-conversion $<$<CONFIG:Release>:-O1>)
    # Reading our headers takes longer than a page's snippets, so several pages are compiled together
    set_target_properties(${name} PROPERTIES UNITY_BUILD ON UNITY_BUILD_BATCH_SIZE 8)
endfunction()

function(xgrad_snippet_test name program expected)
    set(arguments "")
    if(program STREQUAL "xgrad_snippets")
        set(arguments "${name}")
    endif()
    string(MAKE_C_IDENTIFIER "${name}" folder)
    set(folder "${snippets_folder}/run/${folder}")
    file(MAKE_DIRECTORY "${folder}")
    add_test(NAME "snippet ${name}" WORKING_DIRECTORY "${folder}"
        COMMAND Python3::Interpreter "${snippets_script}" run --name "${name}" --expected "${expected}" --
            $<TARGET_FILE:${program}> ${arguments})
    set_tests_properties("snippet ${name}" PROPERTIES LABELS snippet TIMEOUT ${XGRAD_PROGRAM_SECONDS})
endfunction()

include("${snippets_folder}/snippets.cmake")
