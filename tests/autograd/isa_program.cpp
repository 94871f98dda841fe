// Prints the bits of many results; ctest runs it with every instruction set and compares (isa_check.cmake). With an
// argument it prints the error of an instruction set that is refused.
#include <cstdint>
#include <cstdio>
#include <cstring>

#include <autograd/autograd.hpp>
#include <nn/nn.hpp>

using namespace xg;

namespace {

void print(const char* name, const Tensor& t) {
    std::uint64_t hash = 1469598103934665603u;
    for (const double v : t.to_vector<double>()) {
        std::uint64_t bits = 0;
        std::memcpy(&bits, &v, sizeof bits);
        if (v != v) bits = 1; // any NaN
        hash = (hash ^ bits) * 1099511628211u;
    }
    std::printf("%s %016llx\n", name, static_cast<unsigned long long>(hash));
}

} // namespace

// The first operation is large enough for several threads, none of which may meet the error.
int refuse() {
    set_num_threads(3);
    try {
        sum(square(full({1000000}, 0.5)));
    } catch (const ValueError& e) {
        std::puts(e.what());
        return 0;
    }
    return 1;
}

int main(int argc, char**) {
    if (argc > 1) return refuse();
    for (const DType d : {float32, float64}) {
        manual_seed(1);
        Tensor x = randn({37, 41}, {.dtype = d, .requires_grad = true});
        const Tensor b = randn({41}, {.dtype = d});
        const auto both = [&](const char* name, const Tensor& y) {
            print(name, y);
            x.zero_grad();
            sum(y * y).backward();
            print(name, x.grad());
        };
        both("exp", exp(x)), both("expm1", expm1(x)), both("log", log(abs(x) + 0.5)), both("log1p", log1p(abs(x)));
        both("tanh", tanh(x)), both("sigmoid", sigmoid(x)), both("softplus", softplus(x)), both("silu", silu(x));
        both("erf", erf(x)), both("erfc", erfc(x)), both("normal_cdf", normal_cdf(x));
        both("gelu", gelu(x)), both("gelu_tanh", gelu_tanh(x));
        both("arithmetic", (x * b + 0.3) / (square(x) + 1.0) - maximum(x, b));
        both("sums", sum(x, 0)), both("all", sum(x)), both("columns", sum(transpose(x), 0));
        both("softmax", softmax(x, 1)), both("log_softmax", log_softmax(x, 0));
        both("loss", nn::cross_entropy(x, randint(0, 41, {37})));
        nn::Parameters one(std::vector<Tensor>{x});
        nn::Adam(one, {.lr = 0.1}).step();
        print("adam", x);
        nn::SGD(one, {.lr = 0.1, .momentum = 0.9}).step();
        print("sgd", x);
    }
}
