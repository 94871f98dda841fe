#include <autograd/ops/pooling_internal.hpp>

#include <algorithm>
#include <cmath>
#include <tuple>

#include <autograd/creation.hpp>
#include <autograd/ops/arrange.hpp>
#include <autograd/ops/space_internal.hpp>
#include <autograd/ops/tabulate.hpp>

namespace xg::pools {

const std::vector<Case>& cases() {
    static const std::vector<Case> all = {
        {{2, 3, 5, 4, 3}, 2, 2},
        {{2, 5, 4, 3}, 1, {3, 2, 1}, 1},
        {{1, 2, 6, 5, 4}, 2, {2, 3, 2}, {2, 1, 1}, 1},
        {{1, 1, 5, 5, 3}, 2, 2, 2, 0, 1, true},
        {{2, 1, 7, 5, 4}, 2, {3, 2, 2}, {2, 3, 2}, 1, 1, true, false},
        {{3, 4, 4, 2}, 1, 2, 1, 1, 1, false, false},
        {{1, 2, 4, 3, 3}, 2, 2, 1, 0, 1, false, true, 3.0},
        {{0, 2, 4, 3, 2}, 2, 2},
        {{2, 0, 3, 3, 3}, 2, 3},
        {{1, 1, 1, 1, 1}, 2, 1},
        {{2, 2, 1, 6, 3, 2}, 3, {2, 2, 1}},
        {{1, 2, 6, 5, 5}, 2, 2, 1, 1, 2},
        {{1, 1, 4, 5, 3}, 2, {3, 2, 2}, {4, 3, 3}},
        {{2, 9, 4, 5}, 1, 3},
    };
    return all;
}

namespace {

Seen seen(const Reader& x, const Position& at, const std::vector<Row>& rows,
          const std::vector<Windows::Window>& windows) {
    Seen s;
    const std::size_t lead = at.size() - rows.size();
    Position p = at;
    const std::function<void(std::size_t)> walk = [&](std::size_t axis) {
        if (axis == rows.size()) return s.values.push_back(x(p));
        for (Index i = windows[axis].begin; i < windows[axis].end; i += rows[axis].dilation) {
            p[lead + axis] = i;
            if (i >= 0 && i < rows[axis].size) walk(axis + 1);
        }
    };
    for (std::size_t i = 0; i < rows.size(); ++i) {
        s.window *= std::min(windows[i].end, rows[i].size + rows[i].padding) - windows[i].begin;
    }
    walk(0);
    return s;
}

} // namespace

std::vector<Sample> window_samples(int axes, bool dilated, bool padded, Maker make,
                                   const std::function<Tensor(const Tensor&, const Case&)>& call,
                                   const std::function<Entry(const Case&)>& entry) {
    std::vector<Sample> samples;
    for (Case c : cases()) {
        if (!dilated && c.dilation.front() > 1) continue;
        c.x = for_axes(c.x, c.lead + axes);
        c.kernel = for_axes(c.kernel, axes);
        c.stride = for_axes(c.stride, axes);
        if (!padded) c.padding = 0;
        const auto reference = [c, axes, f = entry(c)](In in) {
            const Geometry g("", in[0], c.kernel, c.stride, c.padding, c.dilation, c.ceil_mode, axes);
            Shape shape = in[0].shape();
            for (int i = 0; i < axes; ++i) shape[c.lead + i] = g.rows[static_cast<std::size_t>(i)].count;
            const Reader x(in[0]);
            return tabulate(shape, [&](const Position& at) {
                std::vector<Windows::Window> windows;
                for (std::size_t i = 0; i < g.rows.size(); ++i) {
                    const Index first = g.rows[i].first(at[static_cast<std::size_t>(c.lead) + i]);
                    windows.push_back({first, first + g.rows[i].field()});
                }
                return f(seen(x, at, g.rows, windows));
            });
        };
        samples.push_back(sample(
            c.x.str() + " by " + c.kernel.str(), {make(c.x, 3)}, [c, call](In in) { return call(in[0], c); },
            reference));
    }
    return samples;
}

double sum_of(const Seen& s) {
    double total = 0;
    for (const double v : s.values) total += v;
    return total;
}
double largest_of(const Seen& s) { return *std::max_element(s.values.begin(), s.values.end()); }

std::vector<Misuse> pool_misuse(int axes, Tensor (*f)(const Operand&, const Shape&, const MaxPoolOptions&)) {
    const auto refused = [f, axes](Shape x, Shape kernel, const char* kind, const char* words, MaxPoolOptions o = {}) {
        return Misuse{[=] { f(zeros(for_axes(x, 1 + axes)), kernel, o); }, kind, words};
    };
    const Shape x{2, 3, 3, 3};
    return {refused(x, 4, "ShapeError", "larger than x"),
            refused(x, 0, "ValueError", "the kernel is (0,"),
            refused(x, 2, "ValueError", "stride is (0,)", {.stride = 0}),
            refused(x, 2, "ValueError", "padding is (-1,)", {.padding = -1}),
            refused(x, 2, "ValueError", "half of the kernel", {.padding = 2}),
            refused({2, 0, 0, 0}, 1, "ShapeError", "larger than x"),
            {[f] { f(zeros({}), 2, {}); }, "ShapeError", "of space"},
            {[f] { f(Tensor(), 2, {}); }, "StateError", "undefined"}};
}

std::vector<Sample> even_samples(int axes, Tensor (*call)(const Operand&, const Shape&), Maker make,
                                 double (*f)(const Seen&)) {
    std::vector<Sample> samples;
    const std::tuple<Shape, int, Shape> all[] = {{{2, 3, 5, 4, 3}, 2, 2},
                                                 {{2, 5, 4, 3}, 1, {3, 2, 1}},
                                                 {{1, 2, 6, 5, 4}, 2, {4, 3, 2}},
                                                 {{1, 1, 3, 2, 2}, 2, 4},
                                                 {{2, 1, 7, 5, 4}, 2, 1},
                                                 {{3, 4, 4, 2}, 1, {4, 4, 2}},
                                                 {{1, 2, 4, 3, 3}, 2, 3},
                                                 {{0, 2, 4, 3, 2}, 2, 2},
                                                 {{2, 0, 3, 3, 3}, 2, 2},
                                                 {{1, 1, 1, 1, 1}, 2, {1, 2, 1}},
                                                 {{2, 2, 1, 6, 3, 2}, 3, {4, 2, 2}},
                                                 {{1, 2, 6, 5, 5}, 2, {5, 4, 3}},
                                                 {{1, 1, 4, 5, 3}, 2, 3}};
    for (const auto& [whole, lead, counts] : all) {
        const Shape shape = for_axes(whole, lead + axes), sizes = for_axes(counts, axes);
        samples.push_back(sample(
            shape.str() + " to " + sizes.str(), {make(shape, 3)}, [sizes, call](In in) { return call(in[0], sizes); },
            [sizes, axes, f](In in) {
                std::vector<Row> rows;
                Shape to = in[0].shape();
                const int first = to.rank() - axes;
                for (int i = 0; i < axes; ++i) {
                    rows.push_back({to[first + i], 1, 1, 0, 1, sizes[sizes.rank() == 1 ? 0 : i]});
                    to[first + i] = rows.back().count;
                }
                const Reader x(in[0]);
                return tabulate(to, [&](const Position& at) {
                    std::vector<Windows::Window> windows;
                    for (std::size_t i = 0; i < rows.size(); ++i) {
                        const double n = double(rows[i].size), m = double(rows[i].count);
                        const double p = double(at[static_cast<std::size_t>(first) + i]);
                        windows.push_back({Index(std::floor(p * n / m)), Index(std::ceil((p + 1) * n / m))});
                    }
                    return f(seen(x, at, rows, windows));
                });
            }));
    }
    return samples;
}

std::vector<Misuse> even_misuse(int axes, Tensor (*f)(const Operand&, const Shape&)) {
    return {{[=] {
                 f(zeros(for_axes({2, 3, 3, 3}, 1 + axes)), 0);
             },
             "ValueError", "the size is (0,)"},
            {[=] {
                 f(zeros(for_axes({2, 0, 0, 0}, 1 + axes)), 1);
             },
             "ShapeError", "an entry an axis"},
            {[=] { f(zeros({}), 2); }, "ShapeError", "of space"},
            {[=] { f(Tensor(), 2); }, "StateError", "undefined"}};
}

} // namespace xg::pools
