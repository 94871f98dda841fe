// OpenBLAS comes with the first product, starts no threads of its own, and leaves the environment as it was.
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

#include <autograd/autograd.hpp>

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

} // namespace

int main() {
    unsetenv("OPENBLAS_NUM_THREADS");
    const long before = threads(); // sanitizers have threads of their own
    Tensor x = full({3, 3}, 0.5, {.requires_grad = true});
    sum(tanh(x) * x).backward();
    expect(!blas_is_loaded(), "no OpenBLAS before the first product");
    expect(matmul(x, x)[{0, 0}].item() == 0.75, "the product");
    expect(blas_is_loaded(), "OpenBLAS after it");
    expect(threads() == before, "no more threads than before");
    expect(std::getenv("OPENBLAS_NUM_THREADS") == nullptr, "the environment as it was");
    return failures;
}
