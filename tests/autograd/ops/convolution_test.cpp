#include <doctest/doctest.h>

#include <autograd/autograd.hpp>

#include "support/compare.hpp"

using namespace xg;

namespace {

struct Case {
    Shape x, w;
    ConvOptions options = {};
};
// Large enough for oneDNN in float32: dense, grouped, by channel, dilated, with strides that leave positions out, of one to
// three axes of space, of a batch that does not divide into pieces.
const Case cases[] = {{{16, 16, 20, 20}, {24, 16, 3, 3}, {.padding = 1}},
                      {{64, 1, 28, 28}, {16, 1, 3, 3}},
                      {{7, 6, 20, 20}, {12, 3, 3, 3}, {.stride = 2, .padding = 1, .groups = 2}},
                      {{8, 16, 30, 30}, {16, 1, 3, 3}, {.padding = "same", .groups = 16}},
                      {{8, 4, 20, 20}, {8, 4, 3, 3}, {.stride = {2, 1}, .padding = {0, 2}, .dilation = {1, 2}}},
                      {{8, 16, 17, 17}, {32, 16, 4, 4}, {.stride = 3, .padding = 1}},
                      {{2, 8, 10, 9, 8}, {16, 8, 3, 3, 3}, {.padding = 1}},
                      {{32, 16, 100}, {32, 16, 5}, {.stride = 2}}};

// The value and all gradients.
std::vector<Tensor> results(const Case& c, DType dtype, int threads) {
    const int before = num_threads();
    set_num_threads(threads);
    manual_seed(3);
    const auto made = [dtype](const Shape& shape) {
        return randn(shape).to(dtype).clone().detach().requires_grad(true);
    };
    const Tensor x = made(c.x), w = made(c.w), b = made({c.w[0]});
    const Tensor y = (c.x.rank() == 3 ? conv1d : c.x.rank() == 4 ? conv2d : conv3d)(x, w, b, c.options);
    y.backward(randn(y.shape()).to(dtype));
    set_num_threads(before);
    return {y, x.grad(), w.grad(), b.grad()};
}

} // namespace

TEST_CASE("convolutions of float32 agree with those of float64") {
    for (const Case& c : cases) {
        const auto single = results(c, float32, 1), twice = results(c, float64, 1);
        for (std::size_t i = 0; i < single.size(); ++i) {
            const auto d = test::difference(single[i].to(float64), twice[i]);
            CHECK_MESSAGE(d.worst < 1e-5, c.x.str() << " with " << c.w.str() << ", part " << i << ": " << d.str());
        }
    }
}

TEST_CASE("convolutions have the same bits for 1, 2 and 4 threads") {
    for (const Case& c : cases) {
        for (const DType dtype : {float32, float64}) {
            const auto one = results(c, dtype, 1);
            for (const int threads : {2, 4}) {
                const auto more = results(c, dtype, threads);
                for (std::size_t i = 0; i < one.size(); ++i)
                    CHECK_MESSAGE(test::same_bits(one[i], more[i]), c.x.str() << " part " << i << " on " << threads);
            }
        }
    }
}

TEST_CASE("a transposed convolution of float32 adds its bias") {
    const Tensor x = randn({4, 8, 12, 12}), w = randn({8, 6, 3, 3}), b = randn({6});
    const Tensor y = conv_transpose2d(x, w, b, {.stride = 2});
    const Tensor twice = conv_transpose2d(x.to(float64), w.to(float64), b.to(float64), {.stride = 2});
    CHECK(test::difference(y.to(float64), twice).worst < 1e-5);
}
