#include <nn/data/dataset.hpp>

#include <autograd/autograd.hpp>

#include "nn/says.hpp"

using namespace xg;
using test::message_of;
using test::Numbers;

TEST_CASE("a TensorDataset gives the samples it is asked for in that order") {
    const nn::TensorDataset data{from_vector<double>({1, 2, 3, 4, 5, 6}, {3, 2}), from_vector<Index>({7, 8, 9})};
    CHECK(data.size() == 3);
    const nn::Batch batch = data.at(from_vector<Index>({2, 0}));
    CHECK(batch.x.to_vector() == Numbers{5, 6, 1, 2});
    CHECK(batch.y.to_vector() == Numbers{9, 7});
}

TEST_CASE("a TensorDataset refuses tensors that do not count the same samples") {
    const int line = __LINE__ + 1;
    const std::string text = message_of<ShapeError>([] { nn::TensorDataset(zeros({3, 2}), zeros({2, 3})); });
    CHECK_SAYS(text, "x has 3 samples and y has 2");
    CHECK_SAYS(text, "(3, 2) and (2, 3)");
    CHECK_SAYS(text, test::here(line));
}

TEST_CASE("a TensorDataset refuses a scalar and an undefined tensor") {
    CHECK_SAYS(message_of<ShapeError>([] { nn::TensorDataset(zeros({3}), zeros({})); }), "y is a scalar");
    CHECK_SAYS(message_of<StateError>([] { nn::TensorDataset(Tensor(), zeros({3})); }), "x is undefined");
}
