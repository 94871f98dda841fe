#pragma once

// XGRAD_FOR_EACH(f, a, b, c) is f(a) f(b) f(c). The preprocessor does not recurse, so each step leaves a call that the
// next scan expands; XGRAD_SCAN scans 85 times.
#define XGRAD_FOR_EACH(f, ...) __VA_OPT__(XGRAD_SCAN(XGRAD_FOR_EACH_STEP(f, __VA_ARGS__)))
#define XGRAD_FOR_EACH_STEP(f, first, ...) f(first) __VA_OPT__(XGRAD_FOR_EACH_NEXT XGRAD_PARENTHESES(f, __VA_ARGS__))
#define XGRAD_FOR_EACH_NEXT() XGRAD_FOR_EACH_STEP
#define XGRAD_PARENTHESES ()

#define XGRAD_SCAN(...) XGRAD_SCAN_21(XGRAD_SCAN_21(XGRAD_SCAN_21(XGRAD_SCAN_21(__VA_ARGS__))))
#define XGRAD_SCAN_21(...) XGRAD_SCAN_5(XGRAD_SCAN_5(XGRAD_SCAN_5(XGRAD_SCAN_5(__VA_ARGS__))))
#define XGRAD_SCAN_5(...) XGRAD_SCAN_1(XGRAD_SCAN_1(XGRAD_SCAN_1(XGRAD_SCAN_1(__VA_ARGS__))))
#define XGRAD_SCAN_1(...) __VA_ARGS__
