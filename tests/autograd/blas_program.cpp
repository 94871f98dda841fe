// OpenBLAS comes with the first product, starts no threads of its own, and leaves the environment as it was. With an argument:
// its kernels are the same if the pool's threads come before it.
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

#include <autograd/autograd.hpp>
#include <autograd/kernels/blas.hpp>
#include <autograd/kernels/isa.hpp>

using namespace xg;

namespace {

int failures = 0;
void expect(bool holds, const char* what) {
    if (holds) return;
    std::fprintf(stderr, "blas_program: expected %s\n", what);
    ++failures;
}

bool blas_is_loaded() {
    std::ifstream maps("/proc/self/maps");
    for (std::string line; std::getline(maps, line);) {
        if (line.find("openblas") != std::string::npos) return true;
    }
    return false;
}

long threads() {
    const std::filesystem::directory_iterator tasks("/proc/self/task");
    return std::distance(begin(tasks), end(tasks));
}

// AMD's AVX-512 is used though OpenBLAS would not.
void expect_kernels() {
#if defined(__x86_64__)
    const bool wide = __builtin_cpu_is("amd") && kernels::isa() == kernels::Isa::avx512;
    if (wide && !std::getenv("OPENBLAS_CORETYPE"))
        expect(std::string(kernels::blas().core()) == "SkylakeX", "kernels for AVX-512");
#endif
}

int with_threads_first() {
    set_num_threads(2);
    expect(sum(exp(zeros({1 << 20}))).item() == 1 << 20, "a sum by two threads");
    expect_kernels();
    return failures;
}

} // namespace

int main(int count, char**) {
    if (count > 1) return with_threads_first();
    unsetenv("OPENBLAS_NUM_THREADS");
    const char* const was = std::getenv("OPENBLAS_CORETYPE");
    const long before = threads(); // sanitizers have threads of their own
    Tensor x = full({3, 3}, 0.5, {.requires_grad = true});
    sum(tanh(x) * x).backward();
    expect(!blas_is_loaded(), "no OpenBLAS before the first product");
    expect(matmul(x, x)[{0, 0}].item() == 0.75, "the product");
    expect(blas_is_loaded(), "OpenBLAS after it");
    expect(threads() == before, "no more threads than before");
    expect(std::getenv("OPENBLAS_NUM_THREADS") == nullptr, "the environment as it was");
    expect(std::getenv("OPENBLAS_CORETYPE") == was, "its kernels as they were chosen");
    expect_kernels();
    return failures;
}
