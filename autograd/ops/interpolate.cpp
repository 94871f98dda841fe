#include <autograd/ops/image.hpp>

#include <array>
#include <cmath>

#include <autograd/creation.hpp>
#include <autograd/ops/composed.hpp>
#include <autograd/ops/pooling.hpp>
#include <autograd/ops/resample.hpp>
#include <autograd/ops/samples.hpp>
#include <autograd/ops/shape_ops.hpp>
#include <autograd/ops/space_internal.hpp>
#include <autograd/ops/tabulate.hpp>

namespace xg {
namespace {

// Along each axis a product with a matrix of a few weights a row.

using Mode = InterpolateMode;

bool is_linear(Mode m) { return m == Mode::linear || m == Mode::bilinear || m == Mode::trilinear; }
int axes_of(Mode m) {
    switch (m) {
        case Mode::linear: return 1;
        case Mode::bilinear:
        case Mode::bicubic: return 2;
        case Mode::trilinear: return 3;
        default: return 0; // any
    }
}
const char* name_of(Mode m) {
    constexpr const char* names[] = {"nearest", "nearest_exact", "linear", "bilinear", "trilinear", "bicubic", "area"};
    return names[static_cast<int>(m)];
}

// Keys' cubic through four neighbours, a = -0.75, at distance |t| of one of them. Source: Keys, IEEE ASSP 1981.
double cubic(double t) {
    constexpr double a = -0.75;
    t = std::abs(t);
    if (t <= 1) return ((a + 2) * t - (a + 3)) * t * t + 1;
    return t < 2 ? ((a * t - 5 * a) * t + 8 * a) * t - 4 * a : 0;
}

// From n entries to m; `step` is the distance of neighbours of the result in entries of x.
struct Line1 {
    Index n, m;
    double step;
    bool align;

    double source(Index p) const {
        if (align)
            return m > 1 ? static_cast<double>(p) * static_cast<double>(n - 1) / static_cast<double>(m - 1) : 0.0;
        return (static_cast<double>(p) + 0.5) * step - 0.5;
    }
};

void nearest_row(const Line1& l, Index p, bool exact, Resampling& to) {
    const double at = (static_cast<double>(p) + (exact ? 0.5 : 0.0)) * l.step;
    to.entry(std::min(static_cast<Index>(std::floor(at)), l.n - 1), 1);
}
void linear_row(const Line1& l, Index p, Resampling& to) {
    const double at = std::max(l.source(p), 0.0);
    const Index first = std::min(static_cast<Index>(at), l.n - 1);
    const double share = std::clamp(at - static_cast<double>(first), 0.0, 1.0);
    to.entry(first, 1 - share);
    to.entry(std::min(first + 1, l.n - 1), share);
}
void cubic_row(const Line1& l, Index p, Resampling& to) {
    const double at = l.source(p);
    const auto first = static_cast<Index>(std::floor(at));
    for (Index i = first - 1; i <= first + 2; ++i) {
        to.entry(std::clamp<Index>(i, 0, l.n - 1), cubic(at - static_cast<double>(i)));
    }
}

Resampling matrix_of(const Line1& l, Mode mode) {
    Resampling m(l.n);
    for (Index p = 0; p < l.m; ++p, m.end_row()) {
        if (mode == Mode::bicubic) cubic_row(l, p, m);
        else if (is_linear(mode)) linear_row(l, p, m);
        else nearest_row(l, p, mode == Mode::nearest_exact, m);
    }
    return m;
}

std::vector<Line1> lines_of(const char* op, const Tensor& x, const InterpolateOptions& o) {
    const int axes = x.rank() - 2;
    if (axes < 1 || axes > 3) {
        fail<ShapeError>("{}: x has shape {}\n  expected (N, channels, *) with one to three axes of space", op,
                         x.shape().str());
    }
    if (axes_of(o.mode) != 0 && axes_of(o.mode) != axes) {
        fail<ValueError>(
            "{}: mode {} for {} ax{} of space\n  expected linear for 1, bilinear or bicubic for 2, trilinear for 3", op,
            name_of(o.mode), axes, axes == 1 ? "is" : "es");
    }
    if (o.align_corners && axes_of(o.mode) == 0) {
        fail<ValueError>("{}: align_corners with mode {}, which has no use for it", op, name_of(o.mode));
    }
    if (o.size.empty() == o.scale_factor.empty()) {
        fail<ValueError>("{}: {} of size and scale_factor\n  expected one of them", op,
                         o.size.empty() ? "neither" : "both");
    }
    const auto count = static_cast<int>(o.scale_factor.size());
    if (count != 0 && count != 1 && count != axes) {
        fail<ValueError>("{}: {} scale factors\n  expected one number, or {}, one an axis of space", op, count, axes);
    }
    const Shape sizes = count == 0 ? per_axis(op, "size", o.size, axes, 1) : Shape{};
    std::vector<Line1> lines;
    for (int i = 0; i < axes; ++i) {
        const Index n = x.shape()[2 + i];
        if (n == 0) fail<ShapeError>("{}: x has shape {}\n  expected an entry an axis of space", op, x.shape().str());
        Line1 l{n, 0, 0, o.align_corners};
        if (count == 0) {
            l.m = sizes[i];
            l.step = static_cast<double>(n) / static_cast<double>(l.m);
        } else {
            const double scale = o.scale_factor[static_cast<std::size_t>(count == 1 ? 0 : i)];
            l.m = static_cast<Index>(std::floor(static_cast<double>(n) * scale));
            if (!(scale > 0) || l.m < 1) {
                fail<ValueError>("{}: scale_factor is {} for {} entries\n  expected at least one position", op, scale,
                                 n);
            }
            l.step = 1 / scale;
        }
        lines.push_back(l);
    }
    return lines;
}

struct Interpolate {
    static constexpr OpDoc doc{.name = "interpolate",
                               .formula = "x at the positions of another size, mixed of its nearest entries",
                               .derivative = "g, spread over those entries",
                               .torch = "nn.functional.interpolate",
                               .onnx = "Resize",
                               .snippet =
                                   "interpolate(tensor({{{1, 3}}}), {.size = 4, .mode = InterpolateMode::linear})  // "
                                   "[[[1.  1.5 2.5 3. ]]]"};
    static Tensor compose(const Tensor& t, const InterpolateOptions& o) {
        const std::vector<Line1> lines = lines_of(doc.name, t, o);
        Tensor x = is_floating(t.dtype()) ? t : t.to(float32);
        if (o.mode == Mode::area) {
            Shape sizes;
            for (const Line1& l : lines) sizes.push_back(l.m);
            return lines.size() == 1   ? adaptive_avg_pool1d(x, sizes)
                   : lines.size() == 2 ? adaptive_avg_pool2d(x, sizes)
                                       : adaptive_avg_pool3d(x, sizes);
        }
        for (int i = static_cast<int>(lines.size()) - 1; i >= 0; --i) {
            x = resample(x, 2 + i, matrix_of(lines[static_cast<std::size_t>(i)], o.mode));
        }
        return x;
    }
    static std::vector<Sample> samples();
    static std::vector<Misuse> misuse() {
        const auto refused = [](const Shape& shape, const InterpolateOptions& o, const char* kind, const char* words) {
            return Misuse{[=] { interpolate(zeros(shape), o); }, kind, words};
        };
        const Shape flat{1, 2, 4};
        return {refused(flat, {}, "ValueError", "neither of size and scale_factor"),
                refused(flat, {.size = 2, .scale_factor = {2.0}}, "ValueError", "both of size and scale_factor"),
                refused(flat, {.size = 0}, "ValueError", "size is (0,)"),
                refused(flat, {.scale_factor = {0.1}}, "ValueError", "scale_factor is 0.1"),
                refused(flat, {.scale_factor = {1.0, 2.0}}, "ValueError", "2 scale factors"),
                refused(flat, {.size = 2, .mode = Mode::bilinear}, "ValueError", "mode bilinear for 1 axis"),
                refused(flat, {.size = 2, .align_corners = true}, "ValueError", "align_corners with mode nearest"),
                refused({2, 3}, {.size = 2}, "ShapeError", "(N, channels, *)"),
                refused({2, 3, 0}, {.size = 2}, "ShapeError", "an entry an axis"),
                {[] { interpolate(Tensor(), {.size = 2}); }, "StateError", "undefined"}};
    }
};

// The weight that position p of an axis gives to entry i, by the definition: a kernel around the source position, entries
// beyond the ends counted as the last ones.
double weight(const Line1& l, Mode mode, Index p, Index i) {
    const double at = l.align && l.m > 1 ? double(p) * double(l.n - 1) / double(l.m - 1)
                      : l.align          ? 0.0
                                         : (double(p) + 0.5) * l.step - 0.5;
    if (mode == Mode::nearest) return std::min<Index>(l.n - 1, Index(double(p) * l.step)) == i;
    if (mode == Mode::nearest_exact) return std::min<Index>(l.n - 1, Index((double(p) + 0.5) * l.step)) == i;
    double total = 0;
    const double center = is_linear(mode) ? std::clamp(at, 0.0, double(l.n - 1)) : at;
    for (Index j = -3; j < l.n + 3; ++j) {
        if (std::clamp<Index>(j, 0, l.n - 1) != i) continue;
        const double t = std::abs(center - double(j));
        if (is_linear(mode)) total += std::max(0.0, 1 - t);
        else
            total += t < 1   ? 1 - 2.25 * t * t + 1.25 * t * t * t
                     : t < 2 ? 3 - 6 * t + 3.75 * t * t - 0.75 * t * t * t
                             : 0;
    }
    return total;
}

std::vector<Sample> Interpolate::samples() {
    const std::pair<Shape, InterpolateOptions> cases[] = {
        {{2, 3, 5}, {.size = 7}},
        {{1, 2, 4}, {.size = 3, .mode = Mode::linear}},
        {{2, 1, 5}, {.size = 9, .mode = Mode::linear, .align_corners = true}},
        {{2, 2, 3, 4}, {.size = {5, 2}, .mode = Mode::bilinear}},
        {{1, 3, 4, 2}, {.size = {2, 5}, .mode = Mode::bilinear, .align_corners = true}},
        {{1, 2, 3, 5}, {.scale_factor = {2.0, 1.5}, .mode = Mode::bilinear}},
        {{1, 2, 4, 3}, {.size = {6, 5}, .mode = Mode::bicubic}},
        {{2, 1, 3, 3}, {.size = {4, 1}, .mode = Mode::bicubic, .align_corners = true}},
        {{1, 1, 2, 3, 2}, {.size = {3, 2, 4}, .mode = Mode::trilinear}},
        {{1, 2, 2, 2, 3}, {.scale_factor = {1.5}}},
        {{0, 2, 3, 4}, {.size = 2}},
        {{2, 0, 3}, {.size = 2, .mode = Mode::linear}},
        {{1, 1, 1, 1}, {.size = 3, .mode = Mode::bilinear}},
        {{2, 1, 6}, {.size = 4, .mode = Mode::nearest_exact}},
        {{1, 2, 5, 3}, {.scale_factor = {0.5, 0.7}, .mode = Mode::bicubic}},
    };
    std::vector<Sample> all;
    for (const auto& [shape, o] : cases) {
        all.push_back(sample(
            shape.str() + " " + name_of(o.mode), {spread_tensor(shape)},
            [o = o](In in) { return interpolate(in[0], o); },
            [o = o](In in) {
                Tensor x = in[0];
                const auto lines = lines_of("", x, o);
                for (std::size_t i = 0; i < lines.size(); ++i) {
                    x = by_line(x, static_cast<Index>(2 + i), [&](const Line& line) {
                        Line y(static_cast<std::size_t>(lines[i].m));
                        for (Index p = 0; p < lines[i].m; ++p) {
                            for (Index j = 0; j < lines[i].n; ++j) {
                                y[static_cast<std::size_t>(p)] +=
                                    weight(lines[i], o.mode, p, j) * line[static_cast<std::size_t>(j)];
                            }
                        }
                        return y;
                    });
                }
                return x;
            }));
    }
    all.push_back(sample(
        "area", {spread_tensor({1, 2, 4})}, [](In in) { return interpolate(in[0], {.size = 2, .mode = Mode::area}); },
        [](In in) {
            return by_line(in[0], 2, [](const Line& l) { return Line{(l[0] + l[1]) / 2, (l[2] + l[3]) / 2}; });
        }));
    return all;
}

} // namespace

Tensor interpolate(const Operand& x, const InterpolateOptions& o) { return composed<Interpolate>(x, o); }

std::span<const OpEntry* const> interpolate_ops() {
    static constexpr std::array ops{&entry<Interpolate>()};
    return ops;
}

} // namespace xg
