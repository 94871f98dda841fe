#include <autograd/ops/image.hpp>

#include <array>
#include <cmath>

#include <autograd/creation.hpp>
#include <autograd/ops/arithmetic.hpp>
#include <autograd/ops/arrange.hpp>
#include <autograd/ops/composed.hpp>
#include <autograd/ops/elementwise.hpp>
#include <autograd/ops/families.hpp>
#include <autograd/ops/index.hpp>
#include <autograd/ops/pooling.hpp>
#include <autograd/ops/resample.hpp>
#include <autograd/ops/rounding.hpp>
#include <autograd/ops/samples.hpp>
#include <autograd/ops/shape_ops.hpp>
#include <autograd/ops/space_internal.hpp>
#include <autograd/ops/tabulate.hpp>

namespace xg {
namespace {

// Interpolation: along each axis a product with a matrix of a few weights a row -----------------------------------------

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

// Blocks of pixels ------------------------------------------------------------------------------------------------------

const std::pair<Shape, Index> blocks[] = {
    {{1, 4, 2, 3}, 2}, {{2, 8, 1, 2}, 2},    {{9, 2, 1}, 3},     {{1, 1, 3, 2}, 1}, {{0, 4, 2, 2}, 2},
    {{4, 1, 1}, 2},    {{2, 1, 4, 3, 1}, 2}, {{1, 18, 1, 2}, 3}, {{3, 4, 0, 2}, 2}, {{12, 3, 2}, 2},
    {{2, 9, 2, 2}, 3}, {{5, 2, 3}, 1},       {{1, 16, 2, 1}, 4}};
// The shape after the shuffle, and where each of its entries comes from.
Shape shuffled(Shape s, Index r) {
    s[s.rank() - 3] /= r * r;
    s[s.rank() - 2] *= r;
    s[s.rank() - 1] *= r;
    return s;
}
Position unshuffled(Position at, Index r) {
    const std::size_t w = at.size() - 1, h = w - 1, c = h - 1;
    at[c] = (at[c] * r + at[h] % r) * r + at[w] % r;
    at[h] /= r;
    at[w] /= r;
    return at;
}

void require_factor(const char* op, const Tensor& x, Index r) {
    if (x.rank() < 3) fail<ShapeError>("{}: x has shape {}\n  expected (*, channels, H, W)", op, x.shape().str());
    if (r < 1) fail<ValueError>("{}: the factor is {}\n  expected 1 or more", op, r);
}

struct PixelShuffle {
    static constexpr OpDoc doc{
        .name = "pixel_shuffle",
        .formula = "(*, C r^2, H, W) as (*, C, H r, W r)",
        .derivative = "the inverse",
        .torch = "nn.functional.pixel_shuffle",
        .onnx = "DepthToSpace",
        .snippet = "pixel_shuffle(tensor({{{1}}, {{2}}, {{3}}, {{4}}}), 2)  // [[[1. 2.]\n  [3. 4.]]]"};
    static Tensor compose(const Tensor& x, Index r) {
        require_factor(doc.name, x, r);
        const Index channels = x.shape(-3);
        if (channels % (r * r) != 0) {
            fail<ShapeError>("{}: x has shape {}, so {} channels\n  expected a multiple of {} squared", doc.name,
                             x.shape().str(), channels, r);
        }
        const Tensor parts = unflatten(x, -3, {channels / (r * r), r, r}); // ... C, r, r, H, W
        const Tensor placed = moveaxis(parts, {-4, -3}, {-3, -1});         // ... C, H, r, W, r
        return reshape(placed, shuffled(x.shape(), r));
    }
    static std::vector<Sample> samples() {
        std::vector<Tabulated> cases;
        for (const auto& [shape, r] : blocks) {
            cases.push_back({shape, [r = r](const Tensor& x) { return pixel_shuffle(x, r); }, shuffled(shape, r),
                             [r = r](const Reader& x, const Position& at) { return x(unshuffled(at, r)); }});
        }
        return tabulated_samples(cases);
    }
    static std::vector<Misuse> misuse() {
        return {{[] {
                     pixel_shuffle(zeros({3, 2, 2}), 2);
                 },
                 "ShapeError", "a multiple of 2 squared"},
                {[] {
                     pixel_shuffle(zeros({4, 2, 2}), 0);
                 },
                 "ValueError", "the factor is 0"},
                {[] {
                     pixel_shuffle(zeros({4, 2}), 2);
                 },
                 "ShapeError", "(*, channels, H, W)"},
                {[] { pixel_shuffle(Tensor(), 2); }, "StateError", "undefined"}};
    }
};

struct PixelUnshuffle {
    static constexpr OpDoc doc{
        .name = "pixel_unshuffle",
        .formula = "(*, C, H r, W r) as (*, C r^2, H, W)",
        .derivative = "the inverse",
        .torch = "nn.functional.pixel_unshuffle",
        .onnx = "SpaceToDepth",
        .snippet = "pixel_unshuffle(tensor({{{1, 2}, {3, 4}}}), 2)  // [[[1.]]\n\n [[2.]]\n\n [[3.]]\n\n [[4.]]]"};
    static Tensor compose(const Tensor& x, Index r) {
        require_factor(doc.name, x, r);
        const Index h = x.shape(-2), w = x.shape(-1);
        if (h % r != 0 || w % r != 0) {
            fail<ShapeError>("{}: x has shape {}\n  expected height and width to be multiples of {}", doc.name,
                             x.shape().str(), r);
        }
        const Tensor parts = unflatten(unflatten(x, -1, {w / r, r}), -3, {h / r, r}); // ... C, H, r, W, r
        Shape shape = x.shape();
        shape[shape.rank() - 3] *= r * r;
        shape[shape.rank() - 2] = h / r;
        shape[shape.rank() - 1] = w / r;
        return reshape(moveaxis(parts, {-3, -1}, {-4, -3}), shape);
    }
    static std::vector<Sample> samples() {
        std::vector<Tabulated> cases;
        for (const auto& [shape, r] : blocks) {
            cases.push_back({shuffled(shape, r), [r = r](const Tensor& x) { return pixel_unshuffle(x, r); }, shape,
                             [r = r](const Reader& x, const Position& at) {
                                 Position p = at;
                                 const std::size_t w = at.size() - 1, h = w - 1, c = h - 1;
                                 p[c] = at[c] / (r * r);
                                 p[h] = at[h] * r + at[c] / r % r;
                                 p[w] = at[w] * r + at[c] % r;
                                 return x(p);
                             }});
        }
        return tabulated_samples(cases);
    }
    static std::vector<Misuse> misuse() {
        return {{[] {
                     pixel_unshuffle(zeros({1, 3, 2}), 2);
                 },
                 "ShapeError", "multiples of 2"},
                {[] {
                     pixel_unshuffle(zeros({1, 2, 2}), 0);
                 },
                 "ValueError", "the factor is 0"},
                {[] {
                     pixel_unshuffle(zeros({4, 2}), 2);
                 },
                 "ShapeError", "(*, channels, H, W)"},
                {[] { pixel_unshuffle(Tensor(), 2); }, "StateError", "undefined"}};
    }
};

// Fields as columns -----------------------------------------------------------------------------------------------------

// Along one axis: entry k of the field at position p is p stride + k dilation - padding of n.
struct Field {
    Index n, kernel, stride, padding, dilation, count;
    Index at(Index k, Index p) const { return p * stride + k * dilation - padding; }
    bool inside(Index k, Index p) const { return at(k, p) >= 0 && at(k, p) < n; }
};

std::array<Field, 2> fields_of(const char* op, Index h, Index w, const Shape& kernel, const UnfoldOptions& o) {
    const Shape k = per_axis(op, "the kernel", kernel, 2, 1), s = per_axis(op, "stride", o.stride, 2, 1);
    const Shape p = per_axis(op, "padding", o.padding, 2, 0), d = per_axis(op, "dilation", o.dilation, 2, 1);
    std::array<Field, 2> fields{};
    for (int i = 0; i < 2; ++i) {
        Field f{i == 0 ? h : w, k[i], s[i], p[i], d[i], 0};
        const Index rest = f.n + 2 * f.padding - f.dilation * (f.kernel - 1) - 1;
        if (rest < 0) {
            fail<ShapeError>("{}: the kernel is larger than x: it covers {} positions, x and its padding have {}", op,
                             f.dilation * (f.kernel - 1) + 1, f.n + 2 * f.padding);
        }
        f.count = rest / f.stride + 1;
        fields[static_cast<std::size_t>(i)] = f;
    }
    return fields;
}

// To (kernel, positions) as one axis.
Resampling spread_fields(const Field& f) {
    Resampling m(f.n);
    for (Index k = 0; k < f.kernel; ++k) {
        for (Index p = 0; p < f.count; ++p, m.end_row()) {
            if (f.inside(k, p)) m.entry(f.at(k, p), 1);
        }
    }
    return m;
}
// And back, adding up.
Resampling gather_fields(const Field& f) {
    std::vector<std::vector<Index>> rows(static_cast<std::size_t>(f.n));
    for (Index k = 0; k < f.kernel; ++k) {
        for (Index p = 0; p < f.count; ++p) {
            if (f.inside(k, p)) rows[static_cast<std::size_t>(f.at(k, p))].push_back(k * f.count + p);
        }
    }
    Resampling m(f.kernel * f.count);
    for (const auto& row : rows) {
        for (const Index from : row) m.entry(from, 1);
        m.end_row();
    }
    return m;
}

struct FoldCase {
    Shape x, kernel;
    UnfoldOptions options = {};
};
const std::vector<FoldCase>& fold_cases() {
    static const std::vector<FoldCase> all = {
        {{2, 3, 4, 5}, {2, 3}},
        {{1, 2, 5, 4}, 2, {.stride = 2}},
        {{2, 1, 4, 3}, {3, 2}, {.padding = 1}},
        {{1, 2, 6, 5}, 2, {.dilation = 2}},
        {{2, 4, 3}, {2, 1}},
        {{0, 2, 3, 3}, 2},
        {{1, 1, 1, 1}, 1},
        {{1, 3, 5, 5}, {2, 3}, {.dilation = {1, 2}, .padding = {0, 1}, .stride = {2, 1}}},
        {{2, 2, 3, 3}, 3},
        {{3, 1, 7, 2}, {3, 1}, {.stride = 3}},
        {{1, 2, 3, 4}, {1, 2}, {.padding = {1, 0}}},
        {{2, 0, 3, 4}, 2},
        {{1, 4, 2, 3}, {2, 2}, {.padding = 1, .stride = 2}},
        {{1, 2, 4, 4}, {2, 3}},
    };
    return all;
}

struct Unfold {
    static constexpr OpDoc doc{
        .name = "unfold",
        .formula =
            "the fields of a convolution as columns: y[n, (c, k), p] = x[n, c, p stride + k dilation "
            "- padding]",
        .derivative = "fold(g)",
        .edges = "x is 0 outside",
        .torch = "nn.functional.unfold",
        .snippet = "unfold(tensor({{{{1, 2, 3}}}}), {1, 2})  // [[[1. 2.]\n  [2. 3.]]]"};
    static Tensor compose(const Tensor& t, const Shape& kernel, const UnfoldOptions& o) {
        if (t.rank() != 3 && t.rank() != 4)
            fail<ShapeError>("{}: x has shape {}\n  expected (N, channels, H, W) or (channels, H, W)", doc.name,
                             t.shape().str());
        const auto [h, w] = fields_of(doc.name, t.shape(-2), t.shape(-1), kernel, o);
        const Tensor x = is_floating(t.dtype()) ? t : t.to(float32);
        const Tensor y = resample(resample(x, -1, spread_fields(w)), -2, spread_fields(h));
        const Tensor parts =
            unflatten(unflatten(y, -1, {w.kernel, w.count}), -3, {h.kernel, h.count}); // C, kh, oh, kw, ow
        Shape shape = t.shape();
        shape[shape.rank() - 3] *= h.kernel * w.kernel;
        shape[shape.rank() - 2] = h.count * w.count;
        shape.pop_back();
        return reshape(swapaxes(parts, -3, -2), shape);
    }
    static std::vector<Sample> samples() {
        std::vector<Tabulated> cases;
        for (const FoldCase& c : fold_cases()) {
            const int lead = c.x.rank() - 3;
            const auto [h, w] = fields_of("", c.x[lead + 1], c.x[lead + 2], c.kernel, c.options);
            Shape to = c.x;
            to[lead] *= h.kernel * w.kernel;
            to[lead + 1] = h.count * w.count;
            to.pop_back();
            cases.push_back({c.x, [c](const Tensor& x) { return unfold(x, c.kernel, c.options); }, to,
                             [lead, h = h, w = w](const Reader& x, const Position& at) {
                                 const auto l = static_cast<std::size_t>(lead);
                                 const Index k = at[l] % (h.kernel * w.kernel), p = at[l + 1];
                                 Position from(at.begin(), at.begin() + lead);
                                 from.push_back(at[l] / (h.kernel * w.kernel));
                                 from.push_back(p / w.count * h.stride + k / w.kernel * h.dilation - h.padding);
                                 from.push_back(p % w.count * w.stride + k % w.kernel * w.dilation - w.padding);
                                 const bool in =
                                     from[l + 1] >= 0 && from[l + 1] < h.n && from[l + 2] >= 0 && from[l + 2] < w.n;
                                 return in ? x(from) : 0.0;
                             }});
        }
        return tabulated_samples(cases);
    }
    static std::vector<Misuse> misuse() {
        return {{[] {
                     unfold(zeros({1, 1, 2, 2}), 3);
                 },
                 "ShapeError", "larger than x"},
                {[] {
                     unfold(zeros({2, 2}), 1);
                 },
                 "ShapeError", "(channels, H, W)"},
                {[] {
                     unfold(zeros({1, 1, 2, 2}), 0);
                 },
                 "ValueError", "the kernel is (0,)"},
                {[] {
                     unfold(zeros({1, 1, 2, 2}), 1, {.stride = 0});
                 },
                 "ValueError", "stride is (0,)"},
                {[] {
                     unfold(zeros({1, 1, 2, 2}), 1, {.dilation = 0});
                 },
                 "ValueError", "dilation is (0,)"},
                {[] { unfold(Tensor(), 1); }, "StateError", "undefined"}};
    }
};

struct Fold {
    static constexpr OpDoc doc{.name = "fold",
                               .formula = "the adjoint of unfold: columns added up where their fields overlap",
                               .derivative = "unfold(g)",
                               .torch = "nn.functional.fold",
                               .snippet = "fold(tensor({{{1, 2}, {3, 4}}}), {1, 3}, {1, 2})  // [[[[1. 5. 4.]]]]"};
    static Tensor compose(const Tensor& t, const Shape& size, const Shape& kernel, const UnfoldOptions& o) {
        if (t.rank() != 2 && t.rank() != 3)
            fail<ShapeError>("{}: x has shape {}\n  expected (N, channels kernel, positions)", doc.name,
                             t.shape().str());
        const Shape to = per_axis(doc.name, "the size", size, 2, 1);
        const auto [h, w] = fields_of(doc.name, to[0], to[1], kernel, o);
        if (t.shape(-2) % (h.kernel * w.kernel) != 0 || t.shape(-1) != h.count * w.count) {
            fail<ShapeError>(
                "{}: x has shape {}\n  expected a multiple of {} rows, one an entry of the kernel, and {} positions",
                doc.name, t.shape().str(), h.kernel * w.kernel, h.count * w.count);
        }
        const Tensor x = is_floating(t.dtype()) ? t : t.to(float32);
        const Index channels = t.shape(-2) / (h.kernel * w.kernel);
        const Tensor parts = unflatten(unflatten(x, -1, {h.count, w.count}), -3, {channels, h.kernel, w.kernel});
        Shape shape = t.shape();
        shape[shape.rank() - 2] = channels;
        shape[shape.rank() - 1] = h.kernel * h.count;
        shape.push_back(w.kernel * w.count);
        const Tensor y = reshape(swapaxes(parts, -3, -2), shape);
        return resample(resample(y, -1, gather_fields(w)), -2, gather_fields(h));
    }
    static std::vector<Sample> samples() {
        std::vector<Sample> all;
        for (const FoldCase& c : fold_cases()) {
            const int lead = c.x.rank() - 3;
            const Shape size{c.x[lead + 1], c.x[lead + 2]};
            const Shape from = unfold(zeros(c.x), c.kernel, c.options).shape();
            all.push_back(sample(
                from.str() + " to " + size.str(), {spread_tensor(from)},
                [c, size](In in) { return fold(in[0], size, c.kernel, c.options); },
                [c, lead, size](In in) {
                    const auto [h, w] = fields_of("", size[0], size[1], c.kernel, c.options);
                    const Reader x(in[0]);
                    return tabulate(c.x, [&, h = h, w = w](const Position& at) {
                        const auto l = static_cast<std::size_t>(lead);
                        double total = 0;
                        for (Index k = 0; k < h.kernel * w.kernel; ++k) {
                            for (Index p = 0; p < h.count * w.count; ++p) {
                                const Index i = p / w.count * h.stride + k / w.kernel * h.dilation - h.padding;
                                const Index j = p % w.count * w.stride + k % w.kernel * w.dilation - w.padding;
                                Position column(at.begin(), at.begin() + lead);
                                column.push_back(at[l] * h.kernel * w.kernel + k);
                                column.push_back(p);
                                if (i == at[l + 1] && j == at[l + 2]) total += x(column);
                            }
                        }
                        return total;
                    });
                }));
        }
        return all;
    }
    static std::vector<Misuse> misuse() {
        return {{[] {
                     fold(zeros({1, 3, 4}), 3, 2);
                 },
                 "ShapeError", "a multiple of 4 rows"},
                {[] {
                     fold(zeros({1, 4, 3}), 3, 2);
                 },
                 "ShapeError", "4 positions"},
                {[] { fold(zeros({4}), 3, 2); }, "ShapeError", "positions)"},
                {[] {
                     fold(zeros({1, 4, 4}), 0, 2);
                 },
                 "ValueError", "the size is (0,)"},
                {[] { fold(Tensor(), 3, 2); }, "StateError", "undefined"}};
    }
};

// Reading between the pixels --------------------------------------------------------------------------------------------

// A coordinate in -1 ... 1 as one in pixels, brought inside by the padding.
Tensor in_pixels(const Tensor& g, Index n, const GridSampleOptions& o) {
    const double size = static_cast<double>(n);
    Tensor at = o.align_corners ? (g + 1.0) * ((size - 1) / 2) : ((g + 1.0) * size - 1.0) * 0.5;
    if (o.padding == GridPadding::reflection) {
        const double low = o.align_corners ? 0 : -0.5, span = o.align_corners ? size - 1 : size;
        if (span == 0) return at * 0.0;
        const Tensor away = abs(at - low), turns = floor(away / span), rest = away - turns * span;
        const Tensor even = equal(remainder(turns, 2.0), 0.0);
        at = where(even, rest + low, span - rest + low);
    }
    return o.padding == GridPadding::zeros ? at : clamp(at, 0.0, size - 1);
}

struct GridSample {
    static constexpr OpDoc doc{.name = "grid_sample",
                               .formula = "x read at the points of a grid, mixed of its nearest pixels",
                               .derivative = "by x g spread over those pixels, by the grid the slope of x",
                               .edges = "pixels outside are 0, the border's or reflected",
                               .torch = "nn.functional.grid_sample",
                               .onnx = "GridSample",
                               .snippet = "grid_sample(tensor({{{{1, 3}}}}), tensor({{{{0, 0}}}}))  // [[[[2.]]]]"};
    static Tensor compose(const Tensor& x_in, const Tensor& grid_in, const GridSampleOptions& o) {
        require_defined(doc.name, grid_in);
        const DType common = promote(promote(x_in.dtype(), grid_in.dtype()), float32);
        const Tensor x = x_in.to(common), grid = grid_in.to(common);
        const int axes = x.rank() - 2;
        if (axes < 2 || axes > 3 || grid.rank() != x.rank() || grid.shape(-1) != axes ||
            grid.shape()[0] != x.shape()[0]) {
            fail<ShapeError>(
                "{}: x has shape {} and the grid {}\n  expected (N, channels, H, W) and (N, H', W', 2), or (N, "
                "channels, D, H, W) and (N, D', H', W', 3)",
                doc.name, x.shape().str(), grid.shape().str());
        }
        const Shape& s = x.shape();
        Shape places{s[0], 1};
        for (int i = 1; i + 1 < grid.rank(); ++i) places.push_back(grid.shape()[i]);
        std::vector<Tensor> at; // of each axis of x, (N, 1, *)
        for (int i = 0; i < axes; ++i) {
            if (s[2 + i] == 0)
                fail<ShapeError>("{}: x has shape {}\n  expected an entry an axis of space", doc.name, s.str());
            at.push_back(reshape(in_pixels(select(grid, -1, axes - 1 - i), s[2 + i], o), places));
        }
        return read(x, at, o.mode == GridMode::nearest);
    }
    // The sum over the corners around each point, of which there is one for `nearest`.
    static Tensor read(const Tensor& x, const std::vector<Tensor>& at, bool nearest) {
        const int axes = static_cast<int>(at.size());
        Tensor y;
        for (int corner = 0; corner < (nearest ? 1 : 1 << axes); ++corner) {
            Tensor share, offset, inside;
            for (int i = 0; i < axes; ++i) {
                const auto a = static_cast<std::size_t>(i);
                const bool upper = (corner >> i & 1) != 0;
                const double last = static_cast<double>(x.shape()[2 + i] - 1);
                const Tensor low = nearest ? round(at[a]) : floor(at[a]);
                const Tensor pixel = upper ? low + 1.0 : low;
                const Tensor in = logical_and(greater_equal(pixel, 0.0), less_equal(pixel, last));
                inside = inside.defined() ? logical_and(inside, in) : in;
                const Tensor place = clamp(pixel, 0.0, last);
                offset = offset.defined() ? offset * (last + 1) + place : place;
                if (nearest) continue;
                const Tensor part = upper ? at[a] - low : 1.0 - (at[a] - low);
                share = share.defined() ? share * part : part;
            }
            const Tensor value = pick(x, offset.detach().to(int64));
            const Tensor term = where(inside, nearest ? value : value * share, 0.0);
            y = y.defined() ? y + term : term;
        }
        return y;
    }
    // x (N, C, *) at places (N, 1, *'), counted over the axes of space.
    static Tensor pick(const Tensor& x, const Tensor& places) {
        Shape shape = places.shape();
        shape[1] = x.shape()[1];
        return reshape(gather(flatten(x, 2), 2, flatten(expand(places, shape), 2)), shape);
    }
    static std::vector<Sample> samples();
    static std::vector<Misuse> misuse() {
        return {{[] {
                     grid_sample(zeros({1, 2, 3, 3}), zeros({1, 2, 2, 3}));
                 },
                 "ShapeError", "(N, H', W', 2)"},
                {[] {
                     grid_sample(zeros({1, 2, 3, 3}), zeros({2, 2, 2, 2}));
                 },
                 "ShapeError", "(N, H', W', 2)"},
                {[] {
                     grid_sample(zeros({2, 3, 3}), zeros({2, 2, 2}));
                 },
                 "ShapeError", "(N, H', W', 2)"},
                {[] {
                     grid_sample(zeros({1, 2, 0, 3}), zeros({1, 2, 2, 2}));
                 },
                 "ShapeError", "an entry an axis"},
                {[] {
                     grid_sample(zeros({1, 2, 3, 3}), Tensor());
                 },
                 "StateError", "undefined"},
                {[] {
                     grid_sample(Tensor(), zeros({1, 2, 2, 2}));
                 },
                 "StateError", "undefined"}};
    }
};

// One number in pixels, by walking back inside step by step.
double reflected(double at, double low, double high) {
    if (high <= low) return 0;
    while (at < low || at > high) at = at < low ? 2 * low - at : 2 * high - at;
    return at;
}

// Points that are not within 0.05 of a pixel or the middle of two, where the result has kinks.
Tensor points(const Shape& x, const Shape& grid, const GridSampleOptions& o) {
    const int axes = x.rank() - 2;
    std::vector<double> all = spread_tensor(grid, -1.3, 1.3, 5).to_vector<double>();
    for (std::size_t i = 0; i < all.size(); ++i) {
        const double n = static_cast<double>(x[2 + axes - 1 - static_cast<int>(i) % axes]);
        const auto kinks = [&](double g) { return o.align_corners ? (g + 1) * (n - 1) : (g + 1) * n; };
        while (n > 1 && std::abs(kinks(all[i]) - std::round(kinks(all[i]))) < 0.1) all[i] += 0.03;
        if (n == 1 && std::abs(all[i]) < 0.1) all[i] += 0.2;
    }
    return from_vector(all, grid);
}

std::vector<Sample> GridSample::samples() {
    struct GridCase {
        Shape x, grid;
        GridSampleOptions options = {};
    };
    constexpr auto border = GridPadding::border, reflection = GridPadding::reflection;
    constexpr auto nearest_mode = GridMode::nearest;
    const GridCase cases[] = {{{2, 3, 4, 5}, {2, 3, 2, 2}},
                              {{1, 2, 3, 4}, {1, 2, 3, 2}, {.align_corners = true}},
                              {{1, 1, 4, 3}, {1, 4, 1, 2}, {.padding = border}},
                              {{2, 2, 3, 3}, {2, 1, 3, 2}, {.padding = reflection}},
                              {{1, 2, 5, 4}, {1, 2, 2, 2}, {.padding = reflection, .align_corners = true}},
                              {{1, 2, 4, 4}, {1, 3, 3, 2}, {.mode = nearest_mode}},
                              {{1, 1, 2, 3, 4}, {1, 2, 1, 2, 3}},
                              {{2, 1, 3, 2, 2}, {2, 1, 2, 1, 3}, {.padding = border, .align_corners = true}},
                              {{0, 2, 3, 3}, {0, 2, 2, 2}},
                              {{1, 2, 3, 3}, {1, 0, 2, 2}},
                              {{1, 3, 1, 1}, {1, 2, 2, 2}},
                              {{3, 1, 2, 4}, {3, 2, 1, 2}, {.mode = nearest_mode, .padding = border}},
                              {{1, 0, 3, 4}, {1, 2, 2, 2}}};
    std::vector<Sample> all;
    for (const GridCase& c : cases) {
        all.push_back(sample(
            c.x.str() + " at " + c.grid.str(), {spread_tensor(c.x), points(c.x, c.grid, c.options)},
            [o = c.options](In in) { return grid_sample(in[0], in[1], o); },
            [o = c.options](In in) {
                const Reader x(in[0]), grid(in[1]);
                const int axes = in[0].rank() - 2;
                Shape to{in[0].shape(0), in[0].shape(1)};
                for (int i = 0; i < axes; ++i) to.push_back(in[1].shape(1 + i));
                return tabulate(to, [&](const Position& at) {
                    std::vector<double> center;
                    for (int i = 0; i < axes; ++i) {
                        Position p(at.begin() + 1, at.end());
                        p[0] = at[0];
                        for (int j = 0; j < axes; ++j)
                            p[static_cast<std::size_t>(1 + j)] = at[static_cast<std::size_t>(2 + j)];
                        p.push_back(axes - 1 - i);
                        const double n = double(x.shape()[2 + i]), g = grid(p);
                        double c1 = o.align_corners ? (g + 1) / 2 * (n - 1) : ((g + 1) * n - 1) / 2;
                        if (o.padding == GridPadding::reflection)
                            c1 = o.align_corners ? reflected(c1, 0, n - 1) : reflected(c1, -0.5, n - 0.5);
                        if (o.padding != GridPadding::zeros) c1 = std::clamp(c1, 0.0, n - 1);
                        center.push_back(c1);
                    }
                    // Every pixel, weighted by a hat around the point.
                    double total = 0;
                    Shape space;
                    for (int i = 0; i < axes; ++i) space.push_back(x.shape()[2 + i]);
                    tabulate(space, [&](const Position& pixel) {
                        double weight = 1;
                        for (std::size_t i = 0; i < center.size(); ++i) {
                            const double t = std::abs(center[i] - double(pixel[i]));
                            weight *= o.mode == GridMode::nearest ? (std::nearbyint(center[i]) == double(pixel[i]))
                                                                  : std::max(0.0, 1 - t);
                        }
                        Position from{at[0], at[1]};
                        from.insert(from.end(), pixel.begin(), pixel.end());
                        if (weight != 0) total += weight * x(from);
                        return 0.0;
                    });
                    return total;
                });
            }));
    }
    return all;
}

} // namespace

Tensor interpolate(const Operand& x, const InterpolateOptions& o) { return composed<Interpolate>(x, o); }
Tensor pixel_shuffle(const Operand& x, Index factor) { return composed<PixelShuffle>(x, factor); }
Tensor pixel_unshuffle(const Operand& x, Index factor) { return composed<PixelUnshuffle>(x, factor); }
Tensor unfold(const Operand& x, const Shape& kernel, const UnfoldOptions& o) { return composed<Unfold>(x, kernel, o); }
Tensor fold(const Operand& x, const Shape& size, const Shape& kernel, const UnfoldOptions& o) {
    return composed<Fold>(x, size, kernel, o);
}
Tensor grid_sample(const Operand& x, const Tensor& grid, GridSampleOptions o) {
    return composed<GridSample>(x, grid, o);
}

std::span<const OpEntry* const> image_ops() {
    static constexpr std::array ops{&entry<Interpolate>(), &entry<PixelShuffle>(), &entry<PixelUnshuffle>(),
                                    &entry<Unfold>(),      &entry<Fold>(),         &entry<GridSample>()};
    return ops;
}

} // namespace xg
