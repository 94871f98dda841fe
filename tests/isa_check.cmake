# Runs PROGRAM with each instruction set that this processor has and compares what it prints.
execute_process(COMMAND "${CMAKE_COMMAND}" -E env XGRAD_ISA=generic "${PROGRAM}"
    OUTPUT_VARIABLE expected RESULT_VARIABLE result)
if(NOT result EQUAL 0 OR expected STREQUAL "")
    message(FATAL_ERROR "generic: failed")
endif()
foreach(isa avx2 avx512)
    execute_process(COMMAND "${CMAKE_COMMAND}" -E env XGRAD_ISA=${isa} "${PROGRAM}"
        OUTPUT_VARIABLE found ERROR_VARIABLE error RESULT_VARIABLE result)
    if(error MATCHES "this processor has")
        message(STATUS "${isa}: not on this processor")
    elseif(NOT found STREQUAL expected)
        message(FATAL_ERROR "${isa} computes other bits than generic:\n${found}\n${expected}${error}")
    endif()
endforeach()
execute_process(COMMAND "${CMAKE_COMMAND}" -E env XGRAD_ISA=sse9 "${PROGRAM}" refuse
    OUTPUT_VARIABLE error RESULT_VARIABLE result)
if(NOT result EQUAL 0 OR NOT error MATCHES "XGRAD_ISA in the environment is 'sse9'")
    message(FATAL_ERROR "an unknown instruction set is not refused: ${error}")
endif()
