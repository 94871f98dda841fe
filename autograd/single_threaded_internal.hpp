#pragma once

#if __has_include(<sys/single_threaded.h>)
#include <sys/single_threaded.h>
#endif

namespace xg {

/// Whether this process has one thread, so that counting needs no locked instruction and the environment may be changed.
/// Once false it stays so.
inline bool single_threaded() {
#if __has_include(<sys/single_threaded.h>)
    return __libc_single_threaded != 0;
#else
    return false;
#endif
}

} // namespace xg
