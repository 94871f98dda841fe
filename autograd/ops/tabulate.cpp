#include <autograd/ops/tabulate.hpp>

#include <array>
#include <utility>

#include <autograd/creation.hpp>
#include <autograd/ops/elementwise.hpp>

namespace xg {
namespace {

Index inner_count(const Shape& shape, int axis) {
    Index inner = 1;
    for (int i = axis + 1; i < shape.rank(); ++i) inner *= shape[i];
    return inner;
}

} // namespace

double Reader::operator()(const Position& at) const {
    Index flat = 0;
    for (int i = 0; i < shape_.rank(); ++i) flat = flat * shape_[i] + at[static_cast<std::size_t>(i)];
    return values_[static_cast<std::size_t>(flat)];
}

Tensor tabulate(const Shape& shape, const std::function<double(const Position&)>& f) {
    std::vector<double> values;
    Position at(static_cast<std::size_t>(shape.rank()));
    for (Index flat = 0; flat < shape.numel(); ++flat) {
        Index rest = flat;
        for (int i = shape.rank() - 1; i >= 0; rest /= shape[i--]) at[static_cast<std::size_t>(i)] = rest % shape[i];
        values.push_back(f(at));
    }
    return from_vector(values, shape);
}

Tensor by_line(const Tensor& x, Index axis, const LineFunction& f) {
    const int a = static_cast<int>(axis < 0 ? axis + x.rank() : axis);
    const Index n = x.shape()[a], inner = inner_count(x.shape(), a);
    const auto m = static_cast<Index>(f(Line(static_cast<std::size_t>(n), 1.0)).size());
    Shape to = x.shape();
    to[a] = m;
    const auto from = x.to_vector<double>();
    std::vector<double> values(static_cast<std::size_t>(to.numel()));
    for (Index k = 0; m > 0 && k < to.numel() / m; ++k) {
        Line line;
        for (Index i = 0; i < n; ++i) {
            line.push_back(from[static_cast<std::size_t>((k / inner * n + i) * inner + k % inner)]);
        }
        const Line out = f(line);
        for (Index i = 0; i < m; ++i) {
            values[static_cast<std::size_t>((k / inner * m + i) * inner + k % inner)] =
                out[static_cast<std::size_t>(i)];
        }
    }
    return from_vector(values, to);
}

Tensor by_line_reduced(const Tensor& x, Index axis, const std::function<double(const Line&)>& f) {
    const Tensor kept = by_line(x, axis, [&f](const Line& line) { return Line{f(line)}; });
    Shape shape = kept.shape();
    shape.erase(static_cast<int>(axis < 0 ? axis + x.rank() : axis));
    return from_vector(kept.to_vector<double>(), shape);
}

Tensor spread_numbers(const Shape& shape, int seed) { return spread_tensor(shape, -2, 2, seed); }

std::vector<Sample> axis_samples(const AxisCall& call, const AxisReference& reference, Maker make, bool empty_lines) {
    const std::pair<Shape, Index> cases[] = {
        {{5}, 0},    {{2, 3, 4}, 0}, {{2, 3, 4}, 1}, {{2, 3, 4}, -1}, {{1}, 0},     {{4, 1}, 1},
        {{1, 4}, 0}, {{0, 3}, 1},    {{4, 1}, 0},    {{7}, -1},       {{3, 2}, -2}, {{2, 2, 3, 2}, 2},
        {{0}, 0},    {{2, 0, 3}, 1}, {{3, 1, 2}, 0}, {{2, 6}, 1},     {{1, 1}, -1}, {{0, 2, 4}, 2}};
    std::vector<Sample> samples;
    int seed = 0;
    for (const auto& [shape, axis] : cases) {
        if (!empty_lines && shape[static_cast<int>(axis < 0 ? axis + shape.rank() : axis)] == 0) continue;
        samples.push_back(sample(
            shape.str() + " along " + std::to_string(axis), {make(shape, ++seed)},
            [call, axis = axis](In in) { return call(in[0], axis); },
            [reference, axis = axis](In in) { return reference(in[0], axis); }));
    }
    return samples;
}

namespace {

Tensor by_axes(const Tensor& x, const Axes& axes, bool keepdims, const std::function<double(const Line&)>& f) {
    std::vector<bool> reduced(static_cast<std::size_t>(x.rank()), false);
    for (const Index a : axes) reduced[static_cast<std::size_t>(a < 0 ? a + x.rank() : a)] = true;
    Shape kept = x.shape(), out;
    for (int i = 0; i < x.rank(); ++i) {
        if (reduced[static_cast<std::size_t>(i)]) kept[i] = 1;
        if (keepdims || !reduced[static_cast<std::size_t>(i)]) out.push_back(kept[i]);
    }
    const Reader read(x);
    const Tensor y = tabulate(kept, [&](const Position& at) {
        Line entries;
        tabulate(x.shape(), [&](const Position& from) {
            bool same = true;
            for (std::size_t i = 0; i < at.size(); ++i) same = same && (reduced[i] || at[i] == from[i]);
            if (same) entries.push_back(read(from));
            return 0.0;
        });
        return f(entries);
    });
    return from_vector(y.to_vector<double>(), out);
}

} // namespace

std::vector<Sample> axes_samples(AxesCall call, const std::function<double(const Line&)>& f, Maker make,
                                 bool of_nothing, DType result) {
    struct Case {
        Shape shape;
        Axes axes;
        bool keepdims;
        bool nothing = false;
    };
    const Case cases[] = {{{2, 3, 4}, 0, false},      {{2, 3, 4}, 1, true},      {{2, 3, 4}, {0, 2}, false},
                          {{2, 3, 4}, {-1, 0}, true}, {{5}, 0, false},           {{5}, -1, true},
                          {{3, 4}, {0, 1}, false},    {{1}, 0, false},           {{1, 4}, 0, false},
                          {{4, 1}, 1, true},          {{}, Axes::none(), false}, {{2, 2, 3, 2}, {1, 3}, false},
                          {{0, 3}, 1, false},         {{0}, 0, false, true},     {{2, 0, 3}, 1, true, true},
                          {{2, 1, 5}, {0, 2}, true},  {{1, 1}, {0, 1}, false},   {{0, 2, 4}, -1, false}};
    std::vector<Sample> samples;
    int seed = 0;
    for (const Case& c : cases) {
        if (c.nothing && !of_nothing) continue;
        samples.push_back(sample(
            c.shape.str(), {make(c.shape, ++seed)}, [c, call](In in) { return call(in[0], c.axes, c.keepdims); },
            [c, f, result](In in) { return by_axes(in[0], c.axes, c.keepdims, f).to(result); }));
    }
    return samples;
}

std::vector<Misuse> axes_misuse(AxesCall call) {
    return {{[call] {
                 call(zeros({2, 3}), 2, false);
             },
             "IndexError", "axis 2"},
            {[call] {
                 call(zeros({2, 3}), {0, -2}, false);
             },
             "ValueError", "twice"},
            {[call] { call(zeros({}), 0, false); }, "IndexError", "scalar"},
            {[call] { call(Tensor(), 0, false); }, "StateError", "undefined"}};
}

std::vector<Misuse> axis_misuse(Tensor (*call)(const Operand&, Index)) {
    return {{[call] {
                 call(zeros({2, 3}), 2);
             },
             "IndexError", "axis 2"},
            {[call] { call(zeros({}), 0); }, "IndexError", "scalar"},
            {[call] { call(Tensor(), 0); }, "StateError", "undefined"}};
}

std::vector<Sample> ternary_samples(double (*f)(double, double, double),
                                    Tensor (*call)(const Operand&, const Operand&, const Operand&)) {
    std::vector<Sample> samples;
    int seed = 0;
    const std::array<Shape, 3> shapes[] = {{Shape{}, Shape{}, Shape{}},
                                           {Shape{5}, Shape{5}, Shape{5}},
                                           {Shape{3, 4}, Shape{4}, Shape{3, 1}},
                                           {Shape{4}, Shape{3, 4}, Shape{}},
                                           {Shape{0}, Shape{1}, Shape{0}},
                                           {Shape{1}, Shape{3, 2}, Shape{2}},
                                           {Shape{2, 1, 3}, Shape{4, 1}, Shape{1, 3}},
                                           {Shape{2, 3}, Shape{}, Shape{2, 3}},
                                           {Shape{1}, Shape{1}, Shape{1}},
                                           {Shape{2, 0}, Shape{2, 1}, Shape{0}},
                                           {Shape{3, 2}, Shape{3, 2}, Shape{3, 2}},
                                           {Shape{}, Shape{}, Shape{3}},
                                           {Shape{}, Shape{0}, Shape{}},
                                           {Shape{1}, Shape{}, Shape{}},
                                           {Shape{2, 2}, Shape{2, 1}, Shape{}}};
    for (const auto& [a, b, c] : shapes) {
        ++seed;
        samples.push_back({.note = a.str() + b.str() + c.str(),
                           .inputs = {spread_tensor(a, -2, 2, seed), spread_tensor(b, -1.2, -0.2, 30 + seed),
                                      spread_tensor(c, 0.3, 1.4, 60 + seed)},
                           .call = [call](In in) { return call(in[0], in[1], in[2]); },
                           .reference =
                               [f](In in) {
                                   const Tensor zero = 0.0 * in[0] + 0.0 * in[1] + 0.0 * in[2];
                                   auto y = (in[0] + zero).to_vector<double>();
                                   const auto y1 = (in[1] + zero).to_vector<double>(),
                                              y2 = (in[2] + zero).to_vector<double>();
                                   for (std::size_t i = 0; i < y.size(); ++i) y[i] = f(y[i], y1[i], y2[i]);
                                   return from_vector(y, zero.shape());
                               }});
    }
    return samples;
}

std::vector<Sample> tabulated_samples(const std::vector<Tabulated>& cases, Maker make) {
    std::vector<Sample> samples;
    int seed = 0;
    for (const Tabulated& c : cases) {
        samples.push_back(sample(
            c.from.str() + " " + c.note, {make(c.from, ++seed)}, [c](In in) { return c.call(in[0]); },
            [c](In in) {
                const Reader x(in[0]);
                return tabulate(c.to, [&](const Position& at) { return c.entry(x, at); });
            }));
    }
    return samples;
}

} // namespace xg
