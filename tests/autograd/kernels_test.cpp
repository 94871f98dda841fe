#include <doctest/doctest.h>

#include <autograd/autograd.hpp>

using namespace xg;

// Kernels that take a short way for some layouts, against plain loops.

TEST_CASE("kernels: the sum of the rows of a matrix, packed and apart, in any number") {
    for (const Index rows : {1, 2, 3, 4, 5, 8, 9}) {
        for (const Index columns : {1, 3, 4, 17, 40}) {
            const Tensor wide = arange(0, rows * (columns + 3)) * 0.5;
            const Tensor x = slice(reshape(wide, {rows, columns + 3}), 1, 0, columns);
            for (const DType dtype : {float32, float64, int64}) {
                for (const Tensor& y : {x.to(dtype), x.to(dtype).clone()}) {
                    const auto in = y.to_vector<double>(), sums = sum(y, 0).to_vector<double>();
                    for (Index c = 0; c < columns; ++c) {
                        double expected = 0;
                        for (Index r = 0; r < rows; ++r) expected += in[static_cast<std::size_t>(r * columns + c)];
                        CHECK(sums[static_cast<std::size_t>(c)] == expected);
                    }
                }
            }
        }
    }
}

TEST_CASE("kernels: a row repeated") {
    for (const Index rows : {1, 2, 3, 7, 64}) {
        for (const Index columns : {1, 5, 33}) {
            const Tensor row = arange(0, columns) + 1.0;
            const auto all = expand(row, {rows, columns}).clone().to_vector<double>();
            for (Index i = 0; i < rows * columns; ++i) {
                CHECK(all[static_cast<std::size_t>(i)] == static_cast<double>(i % columns + 1));
            }
        }
    }
    CHECK(expand(ones({4}), {0, 4}).clone().numel() == 0);
}
