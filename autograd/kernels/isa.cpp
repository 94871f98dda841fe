#include <autograd/kernels/isa.hpp>

#include <cstdlib>
#include <string_view>

#include <autograd/error_format_internal.hpp>

namespace xg::kernels {
namespace {

Isa widest() {
#if defined(__x86_64__)
    if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512dq") &&
        __builtin_cpu_supports("avx512vl")) {
        return Isa::avx512;
    }
    if (__builtin_cpu_supports("avx2")) return Isa::avx2;
#endif
    return Isa::generic;
}

const char* name_of(Isa isa) {
    switch (isa) {
        case Isa::avx512: return "avx512";
        case Isa::avx2: return "avx2";
        default: return "generic";
    }
}

Isa chosen() {
    const char* text = std::getenv("XGRAD_ISA");
    const Isa most = widest();
    if (!text || !*text) return most;
    for (const Isa isa : {Isa::generic, Isa::avx2, Isa::avx512}) {
        if (std::string_view(text) == name_of(isa) && isa <= most) return isa;
    }
    fail<ValueError>("XGRAD_ISA in the environment is '{}'\n  expected generic, avx2 or avx512; this processor has {}",
                     text, name_of(most));
}

} // namespace

namespace detail {

constinit std::atomic<Isa> isa_of_process{Isa::unknown};

Isa choose_isa() {
    const Isa the_one = chosen();
    isa_of_process.store(the_one, std::memory_order_relaxed);
    return the_one;
}

} // namespace detail

} // namespace xg::kernels
