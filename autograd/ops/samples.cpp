#include <autograd/ops/samples.hpp>

#include <cmath>

#include <autograd/creation.hpp>
#include <autograd/ops/reference.hpp>

#include <xtensor/xvectorize.hpp>

namespace xg {

std::vector<double> spread(Index count, double low, double high, double kink, int seed) {
    std::vector<double> values;
    for (Index k = 0; static_cast<Index>(values.size()) < count; ++k) {
        const double turn = 0.37 + 0.6180339887498949 * static_cast<double>(k + 1) + 0.1432 * seed;
        const double x = low + (high - low) * (turn - std::floor(turn));
        if (std::abs(x - kink) >= 0.05) values.push_back(x);
    }
    return values;
}

Tensor spread_tensor(const Shape& shape, double low, double high, int seed) {
    return from_vector(spread(shape.numel(), low, high, 1e300, seed), shape);
}

Tensor distinct_tensor(const Shape& shape, int seed) {
    const Index n = shape.numel();
    std::vector<double> values;
    // A multiplicative step coprime to n visits every rank once.
    Index step = 7;
    while (n > 0 && std::gcd(step, n) != 1) ++step;
    for (Index k = 0; k < n; ++k) values.push_back(0.3 * static_cast<double>((k * step + seed) % n) - 0.1 * double(n));
    return from_vector(values, shape);
}

Tensor index_tensor(const Shape& shape, Index size, int seed) {
    std::vector<std::int64_t> values;
    for (Index k = 0; k < shape.numel(); ++k) values.push_back((k * 5 + seed + 1) % size);
    return from_vector(values, shape);
}

std::vector<Sample> unary_samples(const OpDoc& doc, double (*reference)(double), Tensor (*call)(const Operand&),
                                  const Sampling& sampling) {
    const auto map = [reference](In in) -> Tensor {
        std::vector<double> values = in[0].to_vector<double>();
        for (double& v : values) v = reference(v);
        return from_vector(values, in[0].shape());
    };
    const auto through = [call](In in) { return call(in[0]); };
    const double low = std::max(sampling.low, doc.domain.low), high = std::min(sampling.high, doc.domain.high);
    const double kink = std::isnan(doc.domain.kink) ? 1e300 : doc.domain.kink;
    std::vector<Sample> samples;
    int seed = 0;
    for (const Shape& shape : {Shape{}, Shape{1}, Shape{5}, Shape{0}, Shape{3, 4}, Shape{1, 4}, Shape{4, 1},
                               Shape{2, 3, 4}, Shape{2, 0, 3}, Shape{2, 1, 3, 2}, Shape{17}, Shape{2, 2, 1, 3, 1, 2, 2},
                               Shape{3, 1, 2}, Shape{0, 4}, Shape{1, 1}, Shape{67}}) {
        const Tensor x = from_vector(spread(shape.numel(), low, high, kink, ++seed), shape);
        samples.push_back({.note = shape.str(), .inputs = {x}, .call = through, .reference = map});
    }
    if (!sampling.tails.empty()) {
        samples.push_back({.note = "tails",
                           .inputs = {from_vector(sampling.tails)},
                           .call = through,
                           .reference = map,
                           .smooth = false});
    }
    return samples;
}

std::vector<Sample> binary_samples(const OpDoc&, double (*reference)(double, double),
                                   Tensor (*call)(const Operand&, const Operand&), const Sampling& first,
                                   const Sampling& second) {
    const auto f = [reference](In in) -> Tensor {
        const auto g = xt::vectorize(reference);
        return from_xarray(g(to_xarray(in[0]), to_xarray(in[1])));
    };
    const auto through = [call](In in) { return call(in[0], in[1]); };
    std::vector<Sample> samples;
    int seed = 0;
    const std::pair<Shape, Shape> pairs[] = {{{}, {}},
                                             {{5}, {5}},
                                             {{3, 4}, {3, 4}},
                                             {{3, 4}, {4}},
                                             {{4}, {3, 4}},
                                             {{3, 1}, {1, 4}},
                                             {{2, 3, 4}, {3, 1}},
                                             {{}, {2, 3}},
                                             {{2, 3}, {}},
                                             {{1}, {3, 2}},
                                             {{0}, {0}},
                                             {{0}, {1}},
                                             {{2, 0, 3}, {3}},
                                             {{1, 1}, {2, 3}},
                                             {{2, 1, 4}, {1, 3, 4}},
                                             {{5, 1}, {5, 1}},
                                             {{1, 2, 1, 3}, {4, 1, 2, 1}},
                                             {{0}, {}},
                                             {{3, 1}, {0}},
                                             {{1}, {}},
                                             {{}, {1, 1}},
                                             {{37}, {37}}};
    for (const auto& [a, b] : pairs) {
        ++seed;
        samples.push_back({.note = a.str() + " with " + b.str(),
                           .inputs = {spread_tensor(a, first.low, first.high, seed),
                                      spread_tensor(b, second.low, second.high, 100 + seed)},
                           .call = through,
                           .reference = f});
    }
    // A number in place of a tensor takes another way through the mechanism, to the same result.
    const double number = 0.5 * (second.low + second.high) + 0.3, other = 0.5 * (first.low + first.high) + 0.3;
    samples.push_back({.note = "tensor with number",
                       .inputs = {spread_tensor({3, 4}, first.low, first.high, 41)},
                       .call = [call, number](In in) { return call(in[0], number); },
                       .reference =
                           [f, number](In in) {
                               return f(std::vector{in[0], full({}, number, {.dtype = float64})});
                           }});
    samples.push_back({.note = "number with tensor",
                       .inputs = {spread_tensor({2, 5}, second.low, second.high, 43)},
                       .call = [call, other](In in) { return call(other, in[0]); },
                       .reference =
                           [f, other](In in) {
                               return f(std::vector{full({}, other, {.dtype = float64}), in[0]});
                           }});
    // One tensor on both sides: its gradient has two parts.
    samples.push_back(
        {.note = "the same tensor twice",
         .inputs = {spread_tensor({4, 3}, std::max(first.low, second.low), std::min(first.high, second.high), 47)},
         .call = [call](In in) { return call(in[0], in[0]); },
         .reference =
             [f](In in) {
                 return f(std::vector{in[0], in[0]});
             },
         .smooth = false});
    return samples;
}

Sample kink_sample(Tensor (*call)(const Operand&), double at, double value, double slope) {
    return {.note = "the kink",
            .inputs = {from_vector<double>({at, at})},
            .call = [call](In in) { return call(in[0]); },
            .reference =
                [value](In) {
                    return from_vector<double>({value, value});
                },
            .smooth = false,
            .gradient =
                [slope](In, const Tensor& u) {
                    const auto g = u.to_vector();
                    return std::vector{from_vector<double>({slope * g[0], slope * g[1]})};
                }};
}

Sample tie_sample(Tensor (*call)(const Operand&, const Operand&), bool larger) {
    return {.note = "ties",
            .inputs = {from_vector<double>({1, 2, 2, -3}), from_vector<double>({2, 2, 1, -3})},
            .call = [call](In in) { return call(in[0], in[1]); },
            .reference =
                [larger](In) {
                    return from_vector<double>({larger ? 2. : 1., 2, larger ? 2. : 1., -3});
                },
            .smooth = false,
            .gradient =
                [larger](In, const Tensor& u) {
                    const auto g = u.to_vector();
                    const std::vector<double> few{0, g[1] / 2, g[2], g[3] / 2}, many{g[0], g[1] / 2, 0, g[3] / 2};
                    return std::vector{from_vector(larger ? few : many), from_vector(larger ? many : few)};
                }};
}

std::vector<Misuse> binary_misuse(Tensor (*call)(const Operand&, const Operand&)) {
    return {{[call] {
                 call(zeros({2, 3}), zeros({4}));
             },
             "ShapeError", "(2, 3)"},
            {[call] { call(Tensor(), zeros({4})); }, "StateError", "undefined"}};
}
std::vector<Misuse> unary_misuse(Tensor (*call)(const Operand&)) {
    return {{[call] { call(Tensor()); }, "StateError", "undefined"}};
}

} // namespace xg
