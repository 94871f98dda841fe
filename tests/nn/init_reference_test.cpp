// Moments of every initialiser beside those of PyTorch's, which write_init.py has stored.
#include <nn/init.hpp>

#include <doctest/doctest.h>

#include <cmath>

#include <autograd/autograd.hpp>

#include "nn/stored.hpp"

using namespace xg;
namespace init = nn::init;

namespace {

using Numbers = std::vector<double>;

/// Both are samples of 60000: the standard error of their difference is sqrt(2 / 60000) deviations, that of a deviation of a
/// heavy-tailed one (sparse: kurtosis 4.3) below 1.4 times as much. Five of them; ends of a range are 0.5 % of its width.
void check_moments(const std::string& name, const Tensor& w) {
    static const auto stored = test::stored<Numbers>("nn/init.json");
    const Numbers& torch = stored.at(name);
    const double deviation = torch[1], error = 5 * std::sqrt(2.0 / 60000);
    CAPTURE(name);
    CHECK(std::abs(mean(w).item() - torch[0]) <= error * deviation + 1e-12);
    CHECK(std::abs(stddev(w).item() - deviation) <= 1.4 * error * deviation + 1e-12);
    CHECK(std::abs(mean((w == 0.0).to(float64)).item() - torch[4]) < 1e-12);
}

/// The same, and it ends where PyTorch's does.
void check_range(const std::string& name, const Tensor& w) {
    check_moments(name, w);
    static const auto stored = test::stored<Numbers>("nn/init.json");
    const Numbers& torch = stored.at(name);
    CHECK(std::abs(min(w).item() - torch[2]) <= 0.005 * (torch[3] - torch[2]));
    CHECK(std::abs(max(w).item() - torch[3]) <= 0.005 * (torch[3] - torch[2]));
}

} // namespace

TEST_CASE("every initialiser has the moments of PyTorch's") {
    const Shape shape{200, 100, 3};
    manual_seed(11);
    check_range("uniform", init::uniform(shape, -1, 3, {.dtype = float64}));
    check_moments("normal", init::normal(shape, 2, 3, {.dtype = float64}));
    check_range("trunc_normal",
                init::trunc_normal(shape, {.mean = 0.5, .stddev = 2, .low = -1, .high = 3, .dtype = float64}));
    check_range("constant", init::constant(shape, 0.25, {.dtype = float64}));
    check_range("xavier_uniform", init::xavier_uniform(shape, {.gain = 2, .dtype = float64}));
    check_moments("xavier_normal", init::xavier_normal(shape, {.gain = 2, .dtype = float64}));
    check_range("kaiming_uniform", init::kaiming_uniform(shape, {.a = 0.3, .fan = init::Fan::out, .dtype = float64}));
    check_moments("kaiming_normal", init::kaiming_normal(shape, {.a = 0.3, .dtype = float64}));
    check_moments("orthogonal", init::orthogonal(shape, {.gain = 3, .dtype = float64}));
    check_moments("sparse", init::sparse({300, 200}, 0.3, {.stddev = 2, .dtype = float64}));
    check_range("eye", init::eye({300, 200}, {.dtype = float64}));
    check_range("dirac", init::dirac(shape, {.groups = 2, .dtype = float64}));
}

TEST_CASE("the gains are PyTorch's") {
    using N = init::Nonlinearity;
    const auto stored = test::stored<Numbers>("nn/init.json");
    const Numbers& torch = stored.at("gains");
    const std::vector<N> all{N::linear, N::conv, N::sigmoid, N::tanh, N::relu, N::leaky_relu, N::selu};
    for (std::size_t i = 0; i < all.size(); ++i) CHECK(std::abs(init::calculate_gain(all[i]) - torch[i]) <= 1e-12);
}
