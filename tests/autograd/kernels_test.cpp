#include <doctest/doctest.h>

#include <array>
#include <cmath>
#include <limits>
#include <tuple>
#include <vector>

#include <autograd/autograd.hpp>
#include <autograd/kernels/wide_gemm.hpp>

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

TEST_CASE("kernels: softmax of rows near and far, with infinities and NaN") {
    const double inf = std::numeric_limits<double>::infinity(), nan = std::numeric_limits<double>::quiet_NaN();
    const Tensor far = softmax(tensor({0, -100, -60}), 0);
    CHECK(far[{1}].item() > 3.7e-44); // a subnormal number
    CHECK(far[{1}].item() < 3.8e-44);
    // A far entry sends the row the careful way, and leaves the others their bits.
    std::vector<double> near(40);
    for (std::size_t i = 0; i < near.size(); ++i) near[i] = 20 * std::sin(static_cast<double>(i));
    std::vector<double> with_far = near;
    with_far.push_back(-inf);
    const auto a = softmax(from_vector(near).to(float32), 0).to_vector<double>();
    const auto b = softmax(from_vector(with_far).to(float32), 0).to_vector<double>();
    for (std::size_t i = 0; i < a.size(); ++i) CHECK(std::abs(a[i] - b[i]) <= 2e-7 * a[i]);
    CHECK(b.back() == 0);
    for (const std::size_t place : {std::size_t{0}, std::size_t{17}, std::size_t{39}}) {
        std::vector<double> spoiled = near;
        spoiled[place] = nan;
        for (const double p : softmax(from_vector(spoiled), 0).to_vector<double>()) CHECK(std::isnan(p));
        CHECK(std::isnan(cross_entropy(from_vector(spoiled), tensor(3, {.dtype = int64})).item()));
    }
}

TEST_CASE("kernels: the exponentials that cross entropy keeps serve one backward, others compute them again") {
    Tensor x = from_vector<double>({0.5, -1, 2, 100, -800, 3}, {2, 3}).requires_grad(true);
    const Tensor classes = from_vector(std::vector<std::int64_t>{2, 0});
    const Tensor loss = cross_entropy(x, classes);
    loss.backward({.retain_graph = true});
    const auto first = x.grad().to_vector<double>();
    x.zero_grad();
    loss.backward({.retain_graph = true});
    CHECK(x.grad().to_vector<double>() == first);
    x.zero_grad();
    sum(cross_entropy(x, classes, {.reduction = Reduction::none}) * tensor({0.5, 0.5}, {.dtype = float64})).backward();
    CHECK(x.grad().to_vector<double>() == first);
    const double p = std::exp(-3.0) / (std::exp(-1.5) + std::exp(-3.0) + 1);
    CHECK(first[1] == doctest::Approx(p / 2).epsilon(1e-14));
}

TEST_CASE("kernels: a product with an identity, and with what only looks like one") {
    const Index n = 70, columns = 90; // large enough to be looked at
    const double inf = std::numeric_limits<double>::infinity();
    for (const DType dtype : {float32, float64}) {
        const Tensor x = (reshape(arange(0, n * columns), {n, columns}) * 0.37).to(dtype),
                     one = eye(n, {.dtype = dtype});
        CHECK(matmul(one, x).to_vector<double>() == x.to_vector<double>());
        CHECK(matmul(transpose(x), one).to_vector<double>() == transpose(x).to_vector<double>());
        CHECK(matmul(one, transpose(transpose(x).clone())).to_vector<double>() == x.to_vector<double>());

        for (const auto& [i, j, value] :
             {std::tuple{n - 1, n - 1, 2.0}, {n - 1, Index{0}, 3.0}, {Index{5}, n - 1, -1.0}}) {
            Tensor almost = one.clone();
            almost.at({i, j}) = value;
            const auto y = matmul(almost, x).to_vector<double>(), in = x.to_vector<double>();
            for (Index c = 0; c < columns; ++c) {
                const double own = in[static_cast<std::size_t>(i * columns + c)];
                const double other = in[static_cast<std::size_t>(j * columns + c)];
                const double expected = i == j ? value * own : own + value * other;
                CHECK(y[static_cast<std::size_t>(i * columns + c)] ==
                      doctest::Approx(expected).epsilon(dtype == float32 ? 1e-6 : 1e-14));
            }
        }
        Tensor endless = x.clone(); // 0 times infinity is NaN
        endless.at({3, 4}) = inf;
        const Tensor y = matmul(one, endless);
        CHECK(y[{3, 4}].item() == inf);
        CHECK(std::isnan(y[{2, 4}].item()));
        CHECK(y[{2, 5}].item() == x[{2, 5}].item());
    }
}

TEST_CASE("kernels: sums of rows of any length, near and apart") {
    for (const Index n : {1, 2, 15, 16, 17, 63, 64, 65, 100, 127, 128, 1000, 1023, 1024, 1025, 2500}) {
        for (const DType dtype : {float32, float64, int64}) {
            const Tensor x = remainder(arange(0, 3 * n), 7).to(dtype); // sums that every dtype holds
            for (const Tensor& rows : {reshape(x, {3, n}), transpose(reshape(x, {n, 3}))}) {
                const auto in = rows.to_vector<double>(), sums = sum(rows, 1).to_vector<double>();
                for (std::size_t r = 0; r < 3; ++r) {
                    double expected = 0;
                    for (Index c = 0; c < n; ++c)
                        expected += in[r * static_cast<std::size_t>(n) + static_cast<std::size_t>(c)];
                    CHECK(sums[r] == expected);
                }
            }
        }
    }
}

TEST_CASE("kernels: transposed copies of any size, of matrices and in batches") {
    for (const Index rows : {1, 7, 8, 9, 16, 17, 35}) {
        for (const Index columns : {1, 7, 8, 15, 16, 33, 50}) {
            for (const DType dtype : {float32, float64, int64, boolean}) {
                const Tensor all = remainder(arange(0, 2 * 3 * rows * (columns + 1)), 11).to(dtype);
                const Tensor apart = slice(reshape(all, {2, 3, rows, columns + 1}), 3, 0, columns);
                for (const std::array<int, 4>& order :
                     {std::array{0, 1, 3, 2}, {3, 1, 0, 2}, {1, 3, 0, 2}, {2, 3, 0, 1}}) {
                    const Tensor x = permute(apart, {order[0], order[1], order[2], order[3]}), copied = x.clone();
                    const auto numbers = copied.to_vector<double>();
                    std::size_t wrong = 0, k = 0;
                    std::array<Index, 4> at{}; // of `apart`
                    Index& a = at[static_cast<std::size_t>(order[0])];
                    Index& b = at[static_cast<std::size_t>(order[1])];
                    Index& c = at[static_cast<std::size_t>(order[2])];
                    Index& d = at[static_cast<std::size_t>(order[3])];
                    for (a = 0; a < x.shape(0); ++a) {
                        for (b = 0; b < x.shape(1); ++b) {
                            for (c = 0; c < x.shape(2); ++c) {
                                for (d = 0; d < x.shape(3); ++d) {
                                    const Index number =
                                        (((at[0] * 3 + at[1]) * rows + at[2]) * (columns + 1) + at[3]) % 11;
                                    const auto expected = static_cast<double>(dtype == boolean ? number != 0 : number);
                                    wrong += numbers[k++] != expected;
                                }
                            }
                        }
                    }
                    CHECK_MESSAGE(wrong == 0, rows, " x ", columns, " ", name_of(dtype));
                }
            }
        }
    }
}

TEST_CASE("kernels: our own product, of any size and layout, and its parts") {
    const auto check = []<class T>(Index m, Index k, Index n) {
        const auto number = [](Index i) { return static_cast<T>(i % 13 - 6); }; // sums that both types hold
        for (const int layout : {0, 1, 2, 3}) {                                 // whether a and b are transposed
            const bool ta = layout % 2 == 1, tb = layout / 2 == 1;
            std::vector<T> a(static_cast<std::size_t>(m * k)), b(static_cast<std::size_t>(k * n));
            for (std::size_t i = 0; i < a.size(); ++i) a[i] = number(static_cast<Index>(i) * 5);
            for (std::size_t i = 0; i < b.size(); ++i) b[i] = number(static_cast<Index>(i) * 3 + 1);
            const kernels::MatrixView<T> left{a.data(), m, k, ta ? 1 : k, ta ? m : 1};
            const kernels::MatrixView<T> right{b.data(), k, n, tb ? 1 : n, tb ? k : 1};
            for (const bool add : {false, true}) {
                const Index step = n + 3; // what lies between rows stays
                std::vector<T> c(static_cast<std::size_t>(m * step), T(7));
                kernels::multiply_wide(left, right, c.data(), step, add);
                std::size_t wrong = 0;
                for (Index i = 0; i < m; ++i) {
                    for (Index j = 0; j < step; ++j) {
                        T expected = add || j >= n ? T(7) : T(0);
                        for (Index p = 0; j < n && p < k; ++p) {
                            expected += a[static_cast<std::size_t>(ta ? p * m + i : i * k + p)] *
                                        b[static_cast<std::size_t>(tb ? j * k + p : p * n + j)];
                        }
                        wrong += c[static_cast<std::size_t>(i * step + j)] != expected;
                    }
                }
                CHECK_MESSAGE(wrong == 0, m, " x ", k, " x ", n, ", layout ", layout, ", add ", add);
            }
        }
    };
    for (const auto& [m, k, n] : {std::array<Index, 3>{1, 1, 1},
                                  {1, 5, 16},
                                  {3, 17, 15},
                                  {4, 2, 33},
                                  {8, 64, 32},
                                  {13, 255, 31},
                                  {9, 256, 48},
                                  {16, 257, 65},
                                  {33, 600, 10},
                                  {100, 16, 16}}) {
        check.operator()<float>(m, k, n);
        check.operator()<double>(m, k, n);
    }
    // Any part of a product has the bits of the whole.
    const Index m = 37, k = 300, n = 70;
    std::vector<float> a(static_cast<std::size_t>(m * k)), b(static_cast<std::size_t>(k * n));
    for (std::size_t i = 0; i < a.size(); ++i) a[i] = std::sin(static_cast<float>(i));
    for (std::size_t i = 0; i < b.size(); ++i) b[i] = std::cos(static_cast<float>(3 * i));
    std::vector<float> whole(static_cast<std::size_t>(m * n)), parts = whole;
    kernels::multiply_wide<float>({a.data(), m, k, k, 1}, {b.data(), k, n, n, 1}, whole.data(), n, false);
    for (const auto& [begin, end] : {std::pair<Index, Index>{0, 5}, {5, 6}, {6, 37}}) {
        for (const auto& [left, right] : {std::pair<Index, Index>{0, 32}, {32, 49}, {49, 70}}) {
            kernels::multiply_wide<float>({a.data() + begin * k, end - begin, k, k, 1},
                                          {b.data() + left, k, right - left, n, 1}, parts.data() + begin * n + left, n,
                                          false);
        }
    }
    CHECK(parts == whole);
}
