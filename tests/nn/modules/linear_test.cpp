#include <nn/modules/linear.hpp>

#include <cmath>

#include <autograd/autograd.hpp>

#include "nn/says.hpp"

using namespace xg;
using test::message_of;
using test::Numbers;

TEST_CASE("Linear is x W^T + b on the last axis") {
    nn::Linear layer(3, 2);
    layer.weight = from_vector<float>({1, 2, 3, 4, 5, 6}, {2, 3});
    layer.bias = from_vector<float>({10, 20});
    const Tensor x = from_vector<float>({1, 0, -1, 2, 1, 0}, {2, 1, 3});
    const Tensor y = layer(x);
    CHECK(y.shape() == Shape{2, 1, 2});
    // by hand: (1 - 3, 4 - 6) and (2 + 2, 8 + 5), and the bias
    CHECK(y.to_vector() == Numbers{8, 18, 14, 33});
}

TEST_CASE("Linear without bias leaves the bias out of the parameters") {
    nn::Linear layer(3, 2, {.bias = false});
    CHECK_FALSE(layer.bias.defined());
    CHECK(layer.parameters().size() == 1);
    CHECK(layer(zeros({1, 3})).to_vector() == Numbers{0, 0});
}

TEST_CASE("Linear starts within PyTorch's bound of 1 over the root of in_features") {
    manual_seed(1);
    const nn::Linear layer(100, 200);
    for (const Tensor& p : layer.parameters()) {
        const auto numbers = p.to_vector();
        double largest = 0;
        for (const double x : numbers) largest = std::max(largest, std::abs(x));
        CHECK(largest <= 0.1);
        CHECK(largest > 0.095); // of 200 uniform numbers the largest is below with a chance of e^-10
    }
}

TEST_CASE("two Linears made one after the other differ and a seed repeats them") {
    manual_seed(3);
    const nn::Linear a(4, 4), b(4, 4);
    manual_seed(3);
    const nn::Linear again(4, 4);
    CHECK(a.weight.to_vector() != b.weight.to_vector());
    CHECK(a.weight.to_vector() == again.weight.to_vector());
    CHECK(a.bias.to_vector() == again.bias.to_vector());
}

TEST_CASE("a Linear of nothing gives its bias") {
    nn::Linear layer(0, 2);
    CHECK(layer(zeros({3, 0})).to_vector() == Numbers(6, 0.0));
}

TEST_CASE("Linear refuses a negative size and names the line") {
    const int line = __LINE__ + 1;
    const std::string text = message_of<ValueError>([] { nn::Linear(3, -1); });
    CHECK_SAYS(text, "3 and -1");
    CHECK_SAYS(text, test::here(line));
}

TEST_CASE("Linear refuses an input of another width by its own name") {
    nn::Linear layer(3, 2);
    const std::string text = message_of<ShapeError>([&] { layer(zeros({5, 4})); });
    CHECK_SAYS(text, "linear");
    CHECK_SAYS(text, "(5, 4)");
}
