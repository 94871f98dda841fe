// Gradients of single examples: vmap over grad gives them for a whole batch at once. They are what clips each example's
// influence in private learning, and what tells which examples pull a model where.
#include <autograd/autograd.hpp>

#include <iostream>

using namespace xg;

namespace {

// A layer, its activation and a read-out, with a squared error: the loss of one example.
struct Weights {
    Tensor hidden, bias, out;
};
Tensor loss(const Weights& w, const Tensor& x, const Tensor& t) {
    return square(sum(tanh(matmul(w.hidden, x) + w.bias) * w.out) - t);
}

} // namespace

int main() {
    manual_seed(1);
    const TensorOptions wide{.dtype = float64};
    const Index examples = 256, features = 8, units = 16;
    const Weights w{normal({units, features}, 0, 0.3, {.dtype = float64}), zeros({units}, wide),
                    normal({units}, 0, 0.3, {.dtype = float64})};
    const Tensor xs = normal({examples, features}, 0, 1, {.dtype = float64}), ts = sin(sum(xs, 1));

    const auto each = vmap(
        [&](const Tensor& x, const Tensor& t) { return grad([&](const Weights& at) { return loss(at, x, t); }, w); });
    const Weights g = each(xs, ts);
    std::cout << "gradients of " << examples << " examples: hidden " << g.hidden.shape().str() << ", bias "
              << g.bias.shape().str() << ", out " << g.out.shape().str() << "\n";

    // The same one by one.
    double worst = 0;
    for (Index i = 0; i < examples; ++i) {
        const Weights one = grad([&](const Weights& at) { return loss(at, xs[i], ts[i]); }, w);
        for (const Tensor& off : {g.hidden[i] - one.hidden, g.bias[i] - one.bias, g.out[i] - one.out}) {
            worst = std::max(worst, max(abs(off)).item());
        }
    }
    std::cout << "largest difference from a loop of single gradients: " << worst << "\n";

    // Their mean is the gradient of the mean loss; clipped to length 1 each, none pulls harder than that.
    const Tensor lengths = sqrt(sum(square(g.hidden), {1, 2}) + sum(square(g.bias), 1) + sum(square(g.out), 1));
    const Tensor scale = minimum(1.0, 1.0 / lengths);
    std::cout << "longest gradient " << max(lengths) << ", after clipping " << max(lengths * scale) << "\n"
              << "clipped mean for the bias has length " << norm(mean(unsqueeze(scale, 1) * g.bias, 0)) << "\n";
    return worst < 1e-12 ? 0 : 1;
}
