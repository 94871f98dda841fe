#include <nn/init.hpp>

#include <algorithm>
#include <cmath>

#include <autograd/autograd.hpp>

#include "nn/says.hpp"

using namespace xg;
namespace init = nn::init;
using test::message_of;

namespace {

struct Statistics {
    double mean, stddev, largest;
};
Statistics statistics(const Tensor& t) {
    const auto numbers = t.to_vector();
    double sum = 0, squares = 0, largest = 0;
    for (const double x : numbers) {
        sum += x;
        squares += x * x;
        largest = std::max(largest, std::abs(x));
    }
    const auto n = static_cast<double>(numbers.size());
    const double mean = sum / n;
    return {mean, std::sqrt(squares / n - mean * mean), largest};
}

// 60000 numbers: the standard error of the mean is stddev / 245, that of stddev at most stddev / 346. Five of them.
void check_normal(const Tensor& t, double stddev) {
    const Statistics s = statistics(t);
    CHECK(std::abs(s.mean) < 5 * stddev / 245);
    CHECK(std::abs(s.stddev / stddev - 1) < 5.0 / 346);
    CHECK(s.largest > 3.5 * stddev); // a uniform of this width ends at 1.73
}
void check_uniform(const Tensor& t, double bound) {
    const Statistics s = statistics(t);
    CHECK(s.largest <= bound * (1 + 1e-6));
    CHECK(s.largest > 0.999 * bound);
    CHECK(std::abs(s.mean) < 5 * bound / std::sqrt(3) / 245);
    CHECK(std::abs(s.stddev / (bound / std::sqrt(3)) - 1) < 5.0 / 346);
}

const Shape shape{200, 100, 3}; // fan_in = 300, fan_out = 600

} // namespace

TEST_CASE("fans count what an output reads and what an input feeds") {
    CHECK(init::fans({10, 4}).in == 4);
    CHECK(init::fans({10, 4}).out == 10);
    CHECK(init::fans({10, 4, 3, 5}).in == 60);
    CHECK(init::fans({10, 4, 3, 5}).out == 150);
}

TEST_CASE("xavier_uniform ends at gain times the root of 6 over the sum of the fans") {
    manual_seed(1);
    check_uniform(init::xavier_uniform(shape), std::sqrt(6.0 / 900));
    check_uniform(init::xavier_uniform(shape, {.gain = 2}), 2 * std::sqrt(6.0 / 900));
}

TEST_CASE("xavier_normal has gain times the root of 2 over the sum of the fans") {
    manual_seed(2);
    check_normal(init::xavier_normal(shape), std::sqrt(2.0 / 900));
    check_normal(init::xavier_normal(shape, {.gain = 0.5}), 0.5 * std::sqrt(2.0 / 900));
}

TEST_CASE("kaiming_uniform ends at the root of 6 over 1 + a^2 and the fan") {
    manual_seed(3);
    check_uniform(init::kaiming_uniform(shape), std::sqrt(6.0 / 300));
    check_uniform(init::kaiming_uniform(shape, {.fan = init::Fan::out}), std::sqrt(6.0 / 600));
    check_uniform(init::kaiming_uniform(shape, {.a = std::sqrt(5.0)}), std::sqrt(1.0 / 300));
}

TEST_CASE("kaiming_normal has the root of 2 over 1 + a^2 and the fan") {
    manual_seed(4);
    check_normal(init::kaiming_normal(shape), std::sqrt(2.0 / 300));
    check_normal(init::kaiming_normal(shape, {.a = 1, .fan = init::Fan::out}), std::sqrt(1.0 / 600));
}

TEST_CASE("a gain takes the place of relu's in the kaiming schemes") {
    manual_seed(5);
    check_uniform(init::kaiming_uniform(shape, {.gain = 5.0 / 3}), 5.0 / 3 * std::sqrt(3.0 / 300));
    check_normal(init::kaiming_normal(shape, {.fan = init::Fan::out, .gain = 1}), std::sqrt(1.0 / 600));
}

TEST_CASE("a scheme by name draws what its function draws") {
    const auto same = [](auto draw, init::Scheme scheme) {
        manual_seed(6);
        const auto expected = draw().to_vector();
        manual_seed(6);
        return init::draw(scheme, {4, 3}, {.gain = 0.5, .dtype = float64}).to_vector() == expected;
    };
    const init::XavierOptions xavier{.gain = 0.5, .dtype = float64};
    const init::KaimingOptions kaiming{.gain = 0.5, .dtype = float64};
    CHECK(same([&] { return init::xavier_uniform({4, 3}, xavier); }, init::Scheme::xavier_uniform));
    CHECK(same([&] { return init::xavier_normal({4, 3}, xavier); }, init::Scheme::xavier_normal));
    CHECK(same([&] { return init::kaiming_uniform({4, 3}, kaiming); }, init::Scheme::kaiming_uniform));
    CHECK(same([&] { return init::kaiming_normal({4, 3}, kaiming); }, init::Scheme::kaiming_normal));
}

TEST_CASE("uniform_fan_in ends at 1 over the root of the fan") {
    manual_seed(5);
    check_uniform(init::uniform_fan_in({60000}, 25), 0.2);
    CHECK(statistics(init::uniform_fan_in({4}, 0)).largest == 0);
}

TEST_CASE("uniform and normal take any shape") {
    manual_seed(6);
    const Statistics u = statistics(init::uniform({60000}, 2, 4));
    CHECK(std::abs(u.mean - 3) < 5 / std::sqrt(3) / 245);
    CHECK(u.largest <= 4);
    const Statistics n = statistics(init::normal({60000}, -1, 2));
    CHECK(std::abs(n.mean + 1) < 5 * 2.0 / 245);
    CHECK(std::abs(n.stddev / 2 - 1) < 5.0 / 346);
}

TEST_CASE("initialisation follows dtype and generator") {
    Generator a(9), b(9);
    const Tensor x = init::xavier_normal({3, 4}, {.dtype = float64, .generator = &a});
    const Tensor y = init::xavier_normal({3, 4}, {.dtype = float64, .generator = &b});
    CHECK(x.dtype() == float64);
    CHECK(x.to_vector() == y.to_vector());
    CHECK(init::zeros({2}).to_vector() == test::Numbers{0, 0});
}

TEST_CASE("a weight of nothing is initialised to nothing") {
    CHECK(init::kaiming_uniform({3, 0}).numel() == 0);
    CHECK(init::xavier_normal({0, 0}).numel() == 0);
}

TEST_CASE("an initialisation by fans refuses a shape without them") {
    const int line = __LINE__ + 1;
    const std::string text = message_of<ShapeError>([] { init::kaiming_normal({5}); });
    CHECK_SAYS(text, "init::kaiming_normal");
    CHECK_SAYS(text, "(5,)");
    CHECK_SAYS(text, "(outputs, inputs, ...)");
    CHECK_SAYS(text, test::here(line));
}

TEST_CASE("an initialisation refuses numbers that are not finite and integers") {
    CHECK_SAYS(message_of<ValueError>([] { init::xavier_uniform({2, 2}, {.gain = std::nan("")}); }), "gain is nan");
    CHECK_SAYS(message_of<ValueError>([] { init::kaiming_normal({2, 2}, {.gain = HUGE_VAL}); }), "gain is inf");
    CHECK_SAYS(message_of<ValueError>([] { init::kaiming_uniform({2, 2}, {.a = HUGE_VAL}); }), "slope a is inf");
    CHECK_SAYS(message_of<ValueError>([] { init::normal({2}, 0, std::nan("")); }), "standard deviation");
    CHECK_SAYS(message_of<ValueError>([] { init::normal({2}, 0, -1); }), "standard deviation is -1");
    CHECK_SAYS(message_of<ValueError>([] { init::uniform({2}, 1, -1); }), "low is 1 and high -1");
    CHECK_SAYS(message_of<ValueError>([] { init::uniform_fan_in({2}, -1); }), "fan_in is -1");
    CHECK_SAYS(message_of<DTypeError>([] { init::normal({2}, 0, 1, {.dtype = int64}); }), "int64");
}

// PyTorch 1.13's numbers are those of its torch.nn.init.
TEST_CASE("trunc_normal has the moments of a normal distribution that is cut off") {
    manual_seed(7);
    const Statistics symmetric = statistics(init::trunc_normal({60000}));
    // Between -2 and 2 the variance is 1 - 4 pdf(2) / (cdf(2) - cdf(-2)) = 0.7737413
    CHECK(std::abs(symmetric.mean) < 5 * 0.88 / 245);
    CHECK(std::abs(symmetric.stddev / std::sqrt(0.7737413) - 1) < 5.0 / 346);
    CHECK(symmetric.largest <= 2);
    CHECK(symmetric.largest > 1.99);
    // Above 0 alone: the half-normal distribution with mean sqrt(2 / pi)
    const Statistics half = statistics(init::trunc_normal({60000}, {.stddev = 3, .low = 0, .high = 100}));
    CHECK(std::abs(half.mean / (3 * std::sqrt(2 / std::acos(-1.0))) - 1) < 5.0 / 245);
    CHECK(std::abs(half.stddev / (3 * std::sqrt(1 - 2 / std::acos(-1.0))) - 1) < 5.0 / 245);
}

TEST_CASE("orthogonal has orthonormal rows or columns, times the gain") {
    manual_seed(8);
    for (const Shape& s : {Shape{3, 5}, Shape{5, 3}, Shape{4, 4}, Shape{2, 3, 2}}) {
        const Tensor w = flatten(init::orthogonal(s, {.gain = 2, .dtype = float64}), 1, -1);
        const bool wide = w.shape(0) <= w.shape(1);
        const Tensor gram = wide ? matmul(w, transpose(w)) : matmul(transpose(w), w);
        CHECK(max(abs(gram - 4 * init::eye(gram.shape(), {.dtype = float64}))).item() < 1e-12);
    }
}

TEST_CASE("orthogonal matrices have no preferred sign") {
    manual_seed(9);
    int positive = 0;
    for (int i = 0; i < 200; ++i) positive += init::orthogonal({2, 2})[0][0].item() > 0;
    CHECK(std::abs(positive - 100) < 36); // five standard deviations
}

TEST_CASE("sparse zeroes the same share of every column at random places") {
    manual_seed(10);
    const Tensor w = init::sparse({10, 400}, 0.25, {.stddev = 3});
    const auto zeros_of = sum((w == 0.0).to(int64), 0).to_vector();
    CHECK(std::all_of(zeros_of.begin(), zeros_of.end(), [](double n) { return n == 3; })); // ceil(2.5)
    const auto rows = sum((w == 0.0).to(int64), 1).to_vector();
    CHECK(std::all_of(rows.begin(), rows.end(), [](double n) { return n > 70 && n < 170; })); // 120 in the mean
    CHECK(std::abs(std::sqrt(mean(square(w)).item() / 0.7) / 3 - 1) < 0.1);
}

TEST_CASE("dirac passes channels on, in each group") {
    // The numbers of torch.nn.init.dirac_ for these shapes
    const Tensor a = init::dirac({3, 2, 3});
    CHECK(a.to_vector() == test::Numbers{0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0});
    const Tensor b = init::dirac({4, 1, 2, 2}, {.groups = 2});
    CHECK(b.to_vector() == test::Numbers{0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0});
    CHECK_SAYS(message_of<ShapeError>([] { init::dirac({3, 2}); }), "(3, 2)");
    CHECK_SAYS(message_of<ShapeError>([] { init::dirac({3, 2, 1}, {.groups = 2}); }), "2 groups do not divide 3");
}

TEST_CASE("eye, constant and the gains are PyTorch's") {
    CHECK(init::eye({2, 3}).to_vector() == test::Numbers{1, 0, 0, 0, 1, 0});
    CHECK(init::constant({2}, 0.5).to_vector() == test::Numbers{0.5, 0.5});
    using N = init::Nonlinearity;
    CHECK(init::calculate_gain(N::linear) == 1);
    CHECK(init::calculate_gain(N::tanh) == 5.0 / 3);
    CHECK(init::calculate_gain(N::relu) == std::sqrt(2.0));
    CHECK(init::calculate_gain(N::leaky_relu) == std::sqrt(2 / (1 + 0.01 * 0.01)));
    CHECK(init::calculate_gain(N::leaky_relu, 0.5) == std::sqrt(2 / 1.25));
    CHECK(init::calculate_gain(N::selu) == 0.75);
}

TEST_CASE("the newer initialisers refuse what they cannot draw") {
    CHECK_SAYS(message_of<ValueError>([] { init::trunc_normal({2}, {.low = 2, .high = 1}); }),
               "low is 2 and high is 1");
    CHECK_SAYS(message_of<ValueError>([] { init::trunc_normal({2}, {.stddev = 0}); }), "stddev is 0");
    CHECK_SAYS(message_of<ValueError>([] { init::trunc_normal({2}, {.low = 50, .high = 60}); }), "nothing of a normal");
    CHECK_SAYS(message_of<ShapeError>([] { init::orthogonal({2}); }), "two axes");
    CHECK_SAYS(message_of<ShapeError>([] { init::sparse({2}, 0.5); }), "a matrix");
    CHECK_SAYS(message_of<ValueError>([] { init::sparse({2, 2}, 1.5); }), "sparsity is 1.5");
    CHECK_SAYS(message_of<ShapeError>([] { init::eye({2}); }), "a matrix");
    CHECK_SAYS(message_of<DTypeError>([] { init::constant({2}, 1, {.dtype = int64}); }), "int64");
}
