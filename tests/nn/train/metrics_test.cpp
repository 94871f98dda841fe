#include <nn/train/metrics.hpp>

#include <cmath>

#include <autograd/autograd.hpp>

#include "nn/says.hpp"

using namespace xg;
using test::message_of;
using test::Numbers;

namespace {

// predicted 1, 0, 2, 0: the first of the largest in the last row
Tensor logits() { return from_vector<double>({0, 2, 1, 5, 1, 1, -3, -2, -1, 4, 4, 4}, {4, 3}); }
Tensor targets() { return from_vector<Index>({1, 2, 2, 0}); }

} // namespace

TEST_CASE("accuracy is the share of samples whose largest logit is at the target") {
    CHECK(nn::accuracy(logits(), targets()) == 0.75);
    CHECK(nn::accuracy(logits(), from_vector<Index>({0, 1, 0, 2})) == 0);
    CHECK(std::isnan(nn::accuracy(zeros({0, 3}), zeros({0}, {.dtype = int64}))));
}

TEST_CASE("accuracy records nothing") {
    const Tensor x = logits().requires_grad(true);
    const auto before = memory_stats().in_use;
    nn::accuracy(x, targets());
    CHECK(memory_stats().in_use == before);
}

TEST_CASE("confusion_matrix counts targets by row and predictions by column") {
    const Tensor counts = nn::confusion_matrix(logits(), targets(), 3);
    CHECK(counts.dtype() == int64);
    CHECK(counts.shape() == Shape{3, 3});
    CHECK(counts.to_vector() == Numbers{1, 0, 0, 0, 1, 0, 1, 0, 1});
}

TEST_CASE("the metrics refuse shapes and dtypes that do not fit") {
    const int line = __LINE__ + 1;
    const std::string text = message_of<ShapeError>([] { nn::accuracy(logits(), zeros({3}, {.dtype = int64})); });
    CHECK_SAYS(text, "(4, 3) and targets (3,)");
    CHECK_SAYS(text, test::here(line));
    CHECK_SAYS(message_of<ShapeError>([] { nn::accuracy(zeros({4}), targets()); }), "expected (N, classes) and (N,)");
    CHECK_SAYS(message_of<DTypeError>([] { nn::accuracy(logits(), zeros({4})); }), "targets have dtype float32");
    CHECK_SAYS(message_of<ShapeError>([] { nn::confusion_matrix(logits(), targets(), 4); }), "there are 4 classes");
    CHECK_SAYS(message_of<ValueError>([] { nn::confusion_matrix(logits(), targets(), 0); }), "classes is 0");
}

TEST_CASE("confusion_matrix refuses a target that is no class with its place") {
    CHECK_SAYS(message_of<IndexError>([] {
                   nn::confusion_matrix(logits(), from_vector<Index>({0, 1, 3, 0}), 3);
               }),
               "targets[2] is 3\n  expected 0 to 2");
}
