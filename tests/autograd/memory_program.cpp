// Memory that cannot be had: a limit of the system on this process, and then every single request refused in turn. The
// error is a MemoryError, gradients and graphs are as they were, and what is tried again afterwards is right.
#include <sys/resource.h>
#include <unistd.h>

#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <functional>
#include <new>
#include <string>
#include <utility>
#include <vector>

#include <autograd/autograd.hpp>
#include <autograd/memory.hpp>
#include <nn/nn.hpp>

using namespace xg;

namespace {

long requests_left = -1; // -1: any number; 0: refused from here on

bool granted() {
    if (requests_left > 0) --requests_left;
    return requests_left != 0;
}

} // namespace

// The program's own take the place of the library's.
extern "C" void* aligned_alloc(std::size_t alignment, std::size_t bytes) noexcept {
    void* block = nullptr;
    return granted() && posix_memalign(&block, alignment, bytes) == 0 ? block : nullptr;
}
void* operator new(std::size_t bytes) {
    if (void* block = granted() ? std::malloc(bytes) : nullptr) return block;
    throw std::bad_alloc();
}
void operator delete(void* block) noexcept { std::free(block); }
void operator delete(void* block, std::size_t) noexcept { std::free(block); }

namespace {

int failures = 0;
void check(bool holds, const char* what) {
    if (holds) return;
    std::fprintf(stderr, "memory_program: %s\n", what);
    ++failures;
}

bool has(const std::string& text, const char* part) { return text.find(part) != std::string::npos; }

// The message of the MemoryError that `f` raises; empty if it raises none.
std::string refused(const std::function<void()>& f) {
    try {
        f();
    } catch (const MemoryError& e) { return e.what(); }
    return "";
}

std::vector<double> numbers(const Tensor& t) { return t.to_vector<double>(); }

// The user's own lists are not the library's to answer for.
template <class... T>
std::vector<Tensor> list(const T&... tensors) {
    const long left = std::exchange(requests_left, -1);
    std::vector<Tensor> all{tensors...};
    requests_left = left;
    return all;
}

struct Model {
    Tensor w = full({60, 50}, 0.01, {.dtype = float64, .requires_grad = true});
    Tensor b = full({50}, 0.1, {.dtype = float64, .requires_grad = true});
    Tensor x = full({40, 60}, 0.5, {.dtype = float64});

    // Operations of every kind: products, elementwise ones beside tensors and numbers, reductions, views, many inputs.
    Tensor loss() const {
        const Tensor y = tanh(matmul(x, w) + b) * 0.5;
        const Tensor wide = concat(list(y, exp(y), transpose(transpose(y)), y, y), 1);
        return mean(square(wide)) + sum(select(wide, 0, 3) * 1e-3);
    }
    void zero_grad() {
        w.zero_grad();
        b.zero_grad();
    }
};

// Refuses the n-th request and all after it, for n = 1, 2, ... until `f` does without a refusal.
void refuse_each(const char* name, const std::function<void()>& f, const std::function<void()>& check_after) {
    int refusals = 0;
    for (long n = 1; n < 2000; ++n) {
        trim();
        requests_left = n;
        bool through = false, others = false;
        try {
            f();
            through = true;
        } catch (const MemoryError&) { ++refusals; } catch (const std::exception&) {
            others = true;
        }
        requests_left = -1;
        check(!others, "memory that cannot be had raises something else than a MemoryError");
        if (through) break;
        check_after();
    }
    std::printf("%s: refused at %d requests in turn\n", name, refusals);
    check(refusals >= 5, "too few requests to be a test");
}

void refuse_each_request() {
    Model model;
    model.loss().backward();
    const auto w = numbers(model.w.grad()), b = numbers(model.b.grad());
    model.zero_grad();
    const Tensor earlier = model.loss();
    const auto before = memory_stats().in_use;
    const auto untouched = [&] {
        check(memory_stats().in_use == before, "what was refused keeps memory");
        check(!model.w.has_grad() && !model.b.has_grad(), "a refused pass leaves a gradient");
        earlier.backward({.retain_graph = true});
        check(numbers(model.w.grad()) == w && numbers(model.b.grad()) == b, "the earlier graph has wrong gradients");
        model.zero_grad();
    };
    refuse_each(
        "forward", [&] { model.loss(); }, untouched);
    refuse_each(
        "backward", [&] { earlier.backward({.retain_graph = true}); }, untouched);
    model.zero_grad();
    refuse_each(
        "grad", [&] { grad(earlier, list(model.w, model.b), {.retain_graph = true}); }, untouched);
    refuse_each(
        "recorded grad", [&] { grad(model.loss(), list(model.w), {.create_graph = true}); }, untouched);
}

double limit_to(double bytes_more) {
    std::ifstream statm("/proc/self/statm");
    double pages = 0;
    statm >> pages;
    const rlimit limit{static_cast<rlim_t>(pages * static_cast<double>(sysconf(_SC_PAGESIZE)) + bytes_more),
                       RLIM_INFINITY};
    setrlimit(RLIMIT_AS, &limit);
    return bytes_more;
}
void no_limit() {
    const rlimit limit{RLIM_INFINITY, RLIM_INFINITY};
    setrlimit(RLIMIT_AS, &limit);
}

void limit_of_the_system() {
    constexpr double MiB = 1 << 20;
    set_num_threads(1);
    Tensor x = full({1000, 1000}, 0.5, {.requires_grad = true});
    sum(x * x).backward({.retain_graph = true});
    const auto expected = numbers(x.grad());
    x.zero_grad();

    const Tensor small = sum(x * x);
    limit_to(10 * MiB);
    Tensor y = x;
    const std::string forward = refused([&] {
        for (int i = 0; i < 20; ++i) y = tanh(y); // 4 MB each
    });
    no_limit();
    check(has(forward, "tanh: 4194304 bytes cannot be had"), "a refused operation names itself and its bytes");
    check(has(forward, "memory_program.cpp:"), "a refused operation names the line");
    check(has(forward, "expected"), "a refused operation says what to do");
    small.backward();
    check(numbers(x.grad()) == expected, "after a refused operation the earlier graph has wrong gradients");
    x.zero_grad();

    Tensor z = x;
    for (int i = 0; i < 20; ++i) z = z * x;
    const Tensor last = sum(z);
    sum(x * x).backward(); // the leaf has a gradient, which must stay
    trim();
    limit_to(6 * MiB);
    const std::string backward = refused([&] { last.backward({.retain_graph = true}); });
    no_limit();
    check(has(backward, "backward of mul: 4194304 bytes cannot be had"), "a refused backward names the operation");
    check(numbers(x.grad()) == expected, "a refused backward changes a gradient");
    x.zero_grad();
    last.backward();
    check(std::abs(x.grad().to_vector<double>()[0] - 21 * std::pow(0.5, 20)) < 1e-9, "the pass again is wrong");
}

} // namespace

int main() {
    refuse_each_request();
    limit_of_the_system();
    return failures == 0 ? 0 : 1;
}
