#pragma once
#include <atomic>

#include <autograd/export.hpp>

// Loops of plain arithmetic are compiled for three instruction sets; the widest that the processor has runs. They compute
// the same bits: nothing is contracted or reordered.
namespace xg::kernels {

enum class Isa : unsigned char { generic, avx2, avx512, unknown };

/// Of this process, chosen at the first call: the environment's XGRAD_ISA (`generic`, `avx2` or `avx512`) or the widest.
/// ValueError if it names something else, or what the processor does not have.
inline Isa isa();

namespace detail {
XGRAD_API extern constinit std::atomic<Isa> isa_of_process;
XGRAD_API Isa choose_isa();
} // namespace detail

inline Isa isa() {
    const Isa known = detail::isa_of_process.load(std::memory_order_relaxed);
    return known == Isa::unknown ? detail::choose_isa() : known;
}

#if !defined(__x86_64__)
#define XGRAD_TARGET_AVX2
#define XGRAD_TARGET_AVX512
#elif defined(__clang__)
#define XGRAD_TARGET_AVX2 [[gnu::target("avx2"), gnu::flatten]]
#define XGRAD_TARGET_AVX512 [[gnu::target("avx512f,avx512bw,avx512dq,avx512vl"), gnu::flatten]]
#else
#define XGRAD_TARGET_AVX2 [[gnu::target("avx2"), gnu::flatten]]
#define XGRAD_TARGET_AVX512 [[gnu::target("avx512f,avx512bw,avx512dq,avx512vl,prefer-vector-width=512"), gnu::flatten]]
#endif

/// Runs `Body::run(x...)` with everything it calls inlined, compiled for the instruction set of the process.
template <class Body, class... X>
XGRAD_TARGET_AVX2 auto run_avx2(X... x) {
    return Body::run(x...);
}
template <class Body, class... X>
XGRAD_TARGET_AVX512 auto run_avx512(X... x) {
    return Body::run(x...);
}
template <class Body, class... X>
[[gnu::flatten]] auto run_generic(X... x) {
    return Body::run(x...);
}
template <class Body, class... X>
auto run_widest(X... x) {
    switch (isa()) {
        case Isa::avx512: return run_avx512<Body>(x...);
        case Isa::avx2: return run_avx2<Body>(x...);
        default: return run_generic<Body>(x...);
    }
}

/// The same in vectors of 32 bytes at most, for loops that read more than they compute at addresses that are not multiples
/// of 64: there every load of 64 bytes touches two lines.
template <class Body, class... X>
auto run_half_wide(X... x) {
    return isa() == Isa::generic ? run_generic<Body>(x...) : run_avx2<Body>(x...);
}

} // namespace xg::kernels
