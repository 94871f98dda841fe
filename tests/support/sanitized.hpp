#pragma once

namespace xg::test {

/// Whether a sanitizer watches: it is slow, and keeps freed memory.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool sanitized = true;
#else
constexpr bool sanitized = false;
#endif

} // namespace xg::test
