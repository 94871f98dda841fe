// Axes merged, split, moved and turned: all composed of views.
#include <algorithm>
#include <array>
#include <tuple>

#include <autograd/creation.hpp>
#include <autograd/ops/arrange.hpp>
#include <autograd/ops/axes.hpp>
#include <autograd/ops/composed.hpp>
#include <autograd/ops/shape_ops.hpp>
#include <autograd/ops/tabulate.hpp>

namespace xg {
namespace {

Index modulo(Index a, Index n) { return (a % n + n) % n; }

struct Flatten {
    static constexpr OpDoc doc{.name = "flatten",
                               .formula = "neighbouring axes of x as one",
                               .derivative = "1",
                               .edges = "a view where the layout allows it; a scalar becomes one entry",
                               .numpy = "ravel",
                               .torch = "flatten",
                               .onnx = "Flatten",
                               .snippet = "flatten(tensor({{1, 2}, {3, 4}}))  // [1. 2. 3. 4.]"};
    static Tensor compose(const Tensor& t, Index begin, Index end) {
        if (t.rank() == 0) return reshape(t, {1});
        const int first = normalize_axis("flatten", begin, t.rank()), last = normalize_axis("flatten", end, t.rank());
        if (first > last) {
            fail<ValueError>("flatten: begin is axis {} and end is axis {}\n  expected begin not behind end", first,
                             last);
        }
        Shape shape;
        for (int i = 0; i < t.rank(); ++i) {
            if (i <= first || i > last) shape.push_back(t.shape()[i]);
            else shape[first] *= t.shape()[i];
        }
        return reshape(t, shape);
    }
    static std::vector<Sample> samples() {
        const auto whole = [](const Reader& x, const Position& at) {
            Position from(static_cast<std::size_t>(x.shape().rank()));
            Index rest = at[0];
            for (int i = x.shape().rank() - 1; i >= 0; rest /= x.shape()[i--]) {
                from[static_cast<std::size_t>(i)] = rest % x.shape()[i];
            }
            return x(from);
        };
        const auto all = [](const Tensor& t) { return flatten(t); };
        std::vector<Tabulated> cases = {{{2, 3, 4},
                                         [](const Tensor& t) { return flatten(t, 1); },
                                         {2, 12},
                                         [](const Reader& x, const Position& at) {
                                             return x({at[0], at[1] / 4, at[1] % 4});
                                         }},
                                        {{2, 3, 4},
                                         [](const Tensor& t) { return flatten(t, 0, -2); },
                                         {6, 4},
                                         [](const Reader& x, const Position& at) {
                                             return x({at[0] / 3, at[0] % 3, at[1]});
                                         }},
                                        {{2, 3},
                                         [](const Tensor& t) { return flatten(t, 1, 1); },
                                         {2, 3},
                                         [](const Reader& x, const Position& at) { return x(at); }}};
        for (const Shape& shape : {Shape{}, Shape{1}, Shape{5}, Shape{0}, Shape{2, 0}, Shape{2, 3}, Shape{4, 1},
                                   Shape{1, 4}, Shape{2, 3, 4}, Shape{1, 1, 1}, Shape{2, 0, 3}, Shape{2, 1, 3, 2}}) {
            cases.push_back({shape, all, {shape.numel()}, whole, "whole"});
        }
        return tabulated_samples(cases);
    }
    static std::vector<Misuse> misuse() {
        return {{[] {
                     flatten(zeros({2, 3}), 1, 0);
                 },
                 "ValueError", "behind"},
                {[] {
                     flatten(zeros({2, 3}), 2);
                 },
                 "IndexError", "axis 2"},
                {[] { flatten(Tensor()); }, "StateError", "undefined"}};
    }
};

struct Unflatten {
    static constexpr OpDoc doc{.name = "unflatten",
                               .formula = "one axis of x as several",
                               .derivative = "1",
                               .edges = "a view; one size may be -1",
                               .numpy = "reshape",
                               .torch = "unflatten",
                               .snippet = "unflatten(arange(4), 0, {2, 2})  // [[0 1]\n [2 3]]"};
    static Tensor compose(const Tensor& t, int axis, Shape sizes) {
        const Index n = t.shape()[axis];
        Index known = 1, unknown = 0;
        for (const Index size : sizes) known *= size == -1 ? 1 : size, unknown += size == -1;
        if (unknown == 1 && known > 0 && n % known == 0) {
            for (Index& size : sizes) size = size == -1 ? n / known : size;
            known = n;
        }
        if (unknown > 1 || known != n || std::any_of(sizes.begin(), sizes.end(), [](Index s) { return s < 0; })) {
            fail<ShapeError>(
                "unflatten: axis {} of shape {} has {} positions and cannot be {}\n  expected sizes whose "
                "product is {}, at most one of them -1",
                axis, t.shape().str(), n, sizes.str(), n);
        }
        Shape shape = t.shape();
        shape.erase(axis);
        for (int i = 0; i < sizes.rank(); ++i) shape.insert(axis + i, sizes[i]);
        return reshape(t, shape);
    }
    static std::vector<Sample> samples() {
        const auto last = [](const Reader& x, const Position& at) {
            Position from(at.begin(), at.end() - 1);
            from.back() = from.back() * (x.shape().back() / 2) + at.back();
            return x(from);
        };
        const auto halves = [](const Tensor& t) { return unflatten(t, -1, {2, -1}); };
        std::vector<Tabulated> cases;
        for (const Shape& shape :
             {Shape{6}, Shape{2}, Shape{3, 4}, Shape{1, 4}, Shape{0, 2}, Shape{2, 3, 8}, Shape{3, 1, 6}}) {
            Shape to = shape;
            to[to.rank() - 1] = 2;
            to.push_back(shape.back() / 2);
            cases.push_back({shape, halves, to, last});
        }
        cases.push_back({{6, 3},
                         [](const Tensor& t) {
                             return unflatten(t, 0, {3, 2});
                         },
                         {3, 2, 3},
                         [](const Reader& x, const Position& at) {
                             return x({at[0] * 2 + at[1], at[2]});
                         }});
        cases.push_back({{1},
                         [](const Tensor& t) {
                             return unflatten(t, 0, {1, 1, -1});
                         },
                         {1, 1, 1},
                         [](const Reader& x, const Position&) { return x({0}); }});
        cases.push_back({{3, 0},
                         [](const Tensor& t) {
                             return unflatten(t, 1, {0, 4});
                         },
                         {3, 0, 4},
                         [](const Reader&, const Position&) { return 0.0; }});
        cases.push_back({{12},
                         [](const Tensor& t) {
                             return unflatten(t, 0, {2, 3, 2});
                         },
                         {2, 3, 2},
                         [](const Reader& x, const Position& at) { return x({(at[0] * 3 + at[1]) * 2 + at[2]}); }});
        cases.push_back({{1, 5},
                         [](const Tensor& t) { return unflatten(t, 0, {-1}); },
                         {1, 5},
                         [](const Reader& x, const Position& at) { return x(at); }});
        return tabulated_samples(cases);
    }
    static std::vector<Misuse> misuse() {
        return {{[] {
                     unflatten(zeros({6}), 0, {4, -1});
                 },
                 "ShapeError", "product is 6"},
                {[] {
                     unflatten(zeros({6}), 0, {-1, -1});
                 },
                 "ShapeError", "at most one"},
                {[] {
                     unflatten(zeros({6}), 0, {-2, -3});
                 },
                 "ShapeError", "(-2, -3)"},
                {[] { unflatten(zeros({6}), 1, {6}); }, "IndexError", "axis 1"},
                {[] { unflatten(Tensor(), 0, {6}); }, "StateError", "undefined"}};
    }
};

struct Swapaxes {
    static constexpr OpDoc doc{.name = "swapaxes",
                               .formula = "two axes of x swapped",
                               .derivative = "1",
                               .edges = "a view",
                               .numpy = "swapaxes",
                               .torch = "swapaxes",
                               .onnx = "Transpose",
                               .snippet = "swapaxes(zeros({2, 3, 4}), 0, 2).shape()  // (4, 3, 2)"};
    static Tensor compose(const Tensor& t, Index a, Index b) {
        Axes order = Axes::none();
        for (int i = 0; i < t.rank(); ++i) order.push_back(i);
        std::swap(order[normalize_axis("swapaxes", a, t.rank())], order[normalize_axis("swapaxes", b, t.rank())]);
        return permute(t, order);
    }
    static std::vector<Sample> samples() {
        std::vector<Tabulated> cases;
        const std::tuple<Shape, Index, Index> all[] = {
            {{2, 3}, 0, 1},       {{2, 3, 4}, 0, 2}, {{2, 3, 4}, 1, -1}, {{2, 3, 4}, 1, 1}, {{5}, 0, 0},
            {{1}, 0, -1},         {{0, 3}, 0, 1},    {{2, 0, 4}, -1, 0}, {{4, 1}, 0, 1},    {{2, 3, 4, 5}, 0, 2},
            {{1, 3, 1, 2}, 1, 3}, {{1, 4}, 1, 0},    {{3, 1, 2}, 2, 0},  {{3, 0}, -2, -1},  {{1, 1}, 0, 1}};
        for (const auto& [shape, a, b] : all) {
            const auto i = static_cast<std::size_t>(a < 0 ? a + shape.rank() : a),
                       j = static_cast<std::size_t>(b < 0 ? b + shape.rank() : b);
            Shape to = shape;
            std::swap(to[static_cast<int>(i)], to[static_cast<int>(j)]);
            cases.push_back({shape, [a = a, b = b](const Tensor& t) { return swapaxes(t, a, b); }, to,
                             [i, j](const Reader& x, Position at) {
                                 std::swap(at[i], at[j]);
                                 return x(at);
                             }});
        }
        return tabulated_samples(cases);
    }
    static std::vector<Misuse> misuse() {
        return {{[] {
                     swapaxes(zeros({2, 3}), 0, 2);
                 },
                 "IndexError", "axis 2"},
                {[] { swapaxes(zeros({}), 0, 0); }, "IndexError", "scalar"},
                {[] { swapaxes(Tensor(), 0, 1); }, "StateError", "undefined"}};
    }
};

struct Moveaxis {
    static constexpr OpDoc doc{.name = "moveaxis",
                               .formula = "axes from[i] of x at the places to[i]",
                               .derivative = "1",
                               .edges = "a view",
                               .numpy = "moveaxis",
                               .torch = "moveaxis",
                               .onnx = "Transpose",
                               .snippet = "moveaxis(zeros({2, 3, 4}), 0, -1).shape()  // (3, 4, 2)"};
    static Tensor compose(const Tensor& t, const Axes& from, const Axes& to) {
        if (from.size() != to.size()) {
            fail<ValueError>("moveaxis: {} axes are to go to {} places\n  expected as many", from.size(), to.size());
        }
        std::vector<Index> order(static_cast<std::size_t>(t.rank()), -1);
        std::vector<bool> moved(order.size());
        for (int i = 0; i < from.size(); ++i) {
            const int a = normalize_axis("moveaxis", from[i], t.rank()),
                      b = normalize_axis("moveaxis", to[i], t.rank());
            if (moved[static_cast<std::size_t>(a)] || order[static_cast<std::size_t>(b)] >= 0) {
                fail<ValueError>("moveaxis: axis {} to {} is named twice\n  expected each axis at most once", a, b);
            }
            moved[static_cast<std::size_t>(a)] = true;
            order[static_cast<std::size_t>(b)] = a;
        }
        Index next = 0;
        for (Index& at : order) {
            if (at >= 0) continue;
            while (moved[static_cast<std::size_t>(next)]) ++next;
            at = next++;
        }
        return permute(t, t.rank() == 0 ? Axes::none() : Axes(order));
    }
    static std::vector<Sample> samples();
    static std::vector<Misuse> misuse() {
        return {{[] {
                     moveaxis(zeros({2, 3}), 2, 0);
                 },
                 "IndexError", "axis 2"},
                {[] {
                     moveaxis(zeros({2, 3}), {0, -2}, {0, 1});
                 },
                 "ValueError", "twice"},
                {[] {
                     moveaxis(zeros({2, 3}), {0, 1}, 0);
                 },
                 "ValueError", "as many"},
                {[] { moveaxis(Tensor(), 0, 1); }, "StateError", "undefined"}};
    }
};

std::vector<Sample> Moveaxis::samples() {
    struct Case {
        Shape shape;
        Axes from, to;
        std::vector<std::size_t> order; // result axis i is axis order[i], written down by hand
    };
    const Case all[] = {{{2, 3, 4}, 0, -1, {1, 2, 0}},
                        {{2, 3, 4}, 2, 0, {2, 0, 1}},
                        {{2, 3, 4}, {0, 1}, {2, 0}, {1, 2, 0}},
                        {{2, 3, 4}, {0, 1}, {-1, -2}, {2, 1, 0}},
                        {{2, 3, 4, 5}, 1, 3, {0, 2, 3, 1}},
                        {{2, 3, 4, 5}, {3, 0}, {0, 2}, {3, 1, 0, 2}},
                        {{5}, 0, 0, {0}},
                        {{1}, -1, 0, {0}},
                        {{0, 3}, 0, 1, {1, 0}},
                        {{4, 1}, 1, 0, {1, 0}},
                        {{2, 0, 3}, 2, 0, {2, 0, 1}},
                        {{1, 3, 1, 2}, {1, 3}, {0, 1}, {1, 3, 0, 2}},
                        {{1, 4}, 0, 1, {1, 0}},
                        {{3, 1, 2}, {2, 0}, {0, 1}, {2, 0, 1}},
                        {{0}, 0, -1, {0}},
                        {{3, 5}, {1, 0}, {0, 1}, {1, 0}}};
    std::vector<Tabulated> cases;
    for (const Case& c : all) {
        Shape to;
        for (const std::size_t a : c.order) to.push_back(c.shape[static_cast<int>(a)]);
        cases.push_back({c.shape, [c](const Tensor& t) { return moveaxis(t, c.from, c.to); }, to,
                         [c](const Reader& x, const Position& at) {
                             Position from(at.size());
                             for (std::size_t i = 0; i < at.size(); ++i) from[c.order[i]] = at[i];
                             return x(from);
                         }});
    }
    return tabulated_samples(cases);
}

struct Flip {
    static constexpr OpDoc doc{.name = "flip",
                               .formula = "y_i = x_(n-1-i) along the axes",
                               .derivative = "1",
                               .edges = "a view",
                               .numpy = "flip",
                               .torch = "flip",
                               .snippet = "flip(tensor({1, 2, 3}), 0)  // [3. 2. 1.]"};
    static Tensor compose(Tensor t, const Axes& axes) {
        std::vector<bool> named(static_cast<std::size_t>(t.rank()));
        for (const Index a : axes) {
            const int axis = normalize_axis("flip", a, t.rank());
            if (named[static_cast<std::size_t>(axis)]) {
                fail<ValueError>("flip: axis {} is named twice\n  expected each axis at most once", a);
            }
            named[static_cast<std::size_t>(axis)] = true;
        }
        for (int i = 0; i < t.rank(); ++i) {
            if (named[static_cast<std::size_t>(i)]) t = slice(t, i, none, none, -1);
        }
        return t;
    }
    static std::vector<Sample> samples() {
        const auto reversed = [](const Tensor& x, Index axis) {
            return by_line(x, axis, [](Line line) {
                std::reverse(line.begin(), line.end());
                return line;
            });
        };
        auto samples = axis_samples([](const Operand& x, Index axis) { return flip(x, axis); }, reversed);
        samples.push_back(sample(
            "two axes", {spread_tensor({2, 3, 4})},
            [](In in) {
                return flip(in[0], {-1, 0});
            },
            [reversed](In in) { return reversed(reversed(in[0], 0), 2); }));
        return samples;
    }
    static std::vector<Misuse> misuse() {
        auto all = axis_misuse([](const Operand& x, Index axis) { return flip(x, axis); });
        all.push_back({[] { flip(zeros({2, 3}), {0, -2}); }, "ValueError", "twice"});
        return all;
    }
};

struct Roll {
    static constexpr OpDoc doc{.name = "roll",
                               .formula = "y_i = x_(i-shift mod n) along an axis",
                               .derivative = "1",
                               .numpy = "roll",
                               .torch = "roll",
                               .snippet = "roll(tensor({1, 2, 3}), 1, 0)  // [3. 1. 2.]"};
    static Tensor compose(const Tensor& t, int axis, Index shift) {
        const Index n = t.shape()[axis];
        const Index cut = n == 0 ? 0 : modulo(-shift, n);
        return cut == 0 ? t : concat({slice(t, axis, cut, n), slice(t, axis, 0, cut)}, axis);
    }
    static std::vector<Sample> samples() {
        std::vector<Sample> samples;
        for (const Index shift : {1, -1, 7}) {
            for (Sample& s : axis_samples([shift](const Operand&x, Index axis) { return roll(x, shift, axis); },
                                          [shift](const Tensor&x, Index axis) {
                                              return by_line(x, axis, [shift](const Line& line) {
                                                  Line out(line.size());
                                                  const auto n = static_cast<Index>(line.size());
                                                  for (Index i = 0; i < n; ++i) {
                                                      out[static_cast<std::size_t>(((i + shift) % n + n) % n)] =
                                                          line[static_cast<std::size_t>(i)];
                                                  }
                                                  return out;
                                              });
                                          })) {
                s.note += " by " + std::to_string(shift);
                samples.push_back(std::move(s));
            }
        }
        samples.push_back(sample(
            "two axes", {spread_tensor({2, 3, 4})},
            [](In in) {
                return roll(in[0], {1, -5}, {0, -1});
            },
            [](In in) {
                const Reader x(in[0]);
                return tabulate({2, 3, 4}, [&](const Position& p) {
                    return x({(p[0] + 1) % 2, p[1], (p[2] + 1) % 4});
                });
            }));
        return samples;
    }
    static std::vector<Misuse> misuse() {
        auto all = axis_misuse([](const Operand& x, Index axis) { return roll(x, 1, axis); });
        all.push_back({[] { roll(zeros({2, 3}), {1, 2}, {0}); }, "ValueError", "2 shifts for 1 axes"});
        all.push_back({[] { roll(zeros({2, 3}), {1, 2}, {0, -2}); }, "ValueError", "twice"});
        return all;
    }
};

struct Rot90 {
    static constexpr OpDoc doc{.name = "rot90",
                               .formula = "y[i, j] = x[j, n-1-i], a quarter turn",
                               .derivative = "1",
                               .edges = "a view",
                               .numpy = "rot90",
                               .torch = "rot90",
                               .snippet = "rot90(tensor({{1, 2}, {3, 4}}))  // [[2. 4.]\n [1. 3.]]"};
    static Tensor compose(const Tensor& t, Index times, Index axis0, Index axis1) {
        const int a = normalize_axis("rot90", axis0, t.rank()), b = normalize_axis("rot90", axis1, t.rank());
        if (a == b) fail<ValueError>("rot90: axis {} is named twice\n  expected two axes", a);
        switch (modulo(times, 4)) {
            case 1: return transpose(flip(t, b), a, b);
            case 2: return flip(t, {a, b});
            case 3: return flip(transpose(t, a, b), b);
            default: return t;
        }
    }
    static std::vector<Sample> samples() {
        std::vector<Tabulated> cases;
        for (const Shape& shape :
             {Shape{2, 3}, Shape{1, 4}, Shape{4, 1}, Shape{0, 3}, Shape{2, 3, 4}, Shape{3, 0}, Shape{1, 1}, Shape{3, 3},
              Shape{5, 2}, Shape{3, 1, 2}, Shape{2, 0, 3}, Shape{1, 6}}) {
            const Shape turned = shape.rank() == 2 ? Shape{shape[1], shape[0]} : Shape{shape[1], shape[0], shape[2]};
            const Index m = shape[0], n = shape[1];
            const auto add = [&](Index times, const Shape& to, auto from) {
                cases.push_back({shape, [times](const Tensor& t) { return rot90(t, times); }, to,
                                 [from](const Reader& x, Position at) {
                                     std::tie(at[0], at[1]) = from(at[0], at[1]);
                                     return x(at);
                                 },
                                 times == 1 ? "once" : "often"});
            };
            add(1, turned, [n](Index i, Index j) { return std::pair(j, n - 1 - i); });
            add(2, shape, [m, n](Index i, Index j) { return std::pair(m - 1 - i, n - 1 - j); });
            add(-1, turned, [m](Index i, Index j) { return std::pair(m - 1 - j, i); });
        }
        cases.push_back({{2, 3, 4},
                         [](const Tensor& t) { return rot90(t, 1, 2, 0); },
                         {4, 3, 2},
                         [](const Reader& x, const Position& at) {
                             return x({1 - at[2], at[1], at[0]});
                         }});
        return tabulated_samples(cases);
    }
    static std::vector<Misuse> misuse() {
        return {{[] {
                     rot90(zeros({2, 3}), 1, 0, 0);
                 },
                 "ValueError", "twice"},
                {[] { rot90(zeros({2})); }, "IndexError", "axis 1"},
                {[] { rot90(Tensor()); }, "StateError", "undefined"}};
    }
};

} // namespace

Tensor flatten(const Operand& x, Index begin, Index end) { return composed<Flatten>(x, begin, end); }
Tensor unflatten(const Operand& x, Index axis, const Shape& sizes) { return composed_along<Unflatten>(x, axis, sizes); }
Tensor swapaxes(const Operand& x, Index axis0, Index axis1) { return composed<Swapaxes>(x, axis0, axis1); }
Tensor moveaxis(const Operand& x, const Axes& from, const Axes& to) { return composed<Moveaxis>(x, from, to); }
Tensor flip(const Operand& x, const Axes& axes) { return composed<Flip>(x, axes); }
Tensor roll(const Operand& x, Index shift, Index axis) { return composed_along<Roll>(x, axis, shift); }
Tensor roll(const Operand& x, const Axes& shifts, const Axes& axes) {
    const CallSite here(x.site());
    if (shifts.size() != axes.size()) {
        fail<ValueError>("roll: {} shifts for {} axes\n  expected one each", shifts.size(), axes.size());
    }
    Tensor y = as_tensor(x);
    require_defined("roll", y);
    axis_mask("roll", axes, y.rank());
    for (int i = 0; i < axes.size(); ++i) y = roll(y, shifts[i], axes[i]);
    return y;
}
Tensor rot90(const Operand& x, Index times, Index axis0, Index axis1) {
    return composed<Rot90>(x, times, axis0, axis1);
}

std::span<const OpEntry* const> arrangement_ops() {
    static constexpr std::array ops{&entry<Flatten>(), &entry<Unflatten>(), &entry<Swapaxes>(), &entry<Moveaxis>(),
                                    &entry<Flip>(),    &entry<Roll>(),      &entry<Rot90>()};
    return ops;
}

} // namespace xg
