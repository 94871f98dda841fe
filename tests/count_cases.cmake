# Compares the number of cases that ctest has with the number that the test binary has.

execute_process(COMMAND "${BINARY}" --count OUTPUT_VARIABLE counted COMMAND_ERROR_IS_FATAL ANY)
string(REGEX MATCH "[0-9]+\n*$" in_binary "${counted}")
string(STRIP "${in_binary}" in_binary)

execute_process(COMMAND "${CTEST}" --show-only=json-v1 WORKING_DIRECTORY "${FOLDER}" OUTPUT_VARIABLE listing COMMAND_ERROR_IS_FATAL ANY)
string(REGEX MATCHALL "\"--test-case=" cases "${listing}")
list(LENGTH cases in_ctest)

message("test cases: ${in_binary} in the binary, ${in_ctest} in ctest")
if(NOT in_binary EQUAL in_ctest)
    message(FATAL_ERROR "a test name holds a semicolon or looks like a line of doctest's own (starts with [doctest])")
endif()
