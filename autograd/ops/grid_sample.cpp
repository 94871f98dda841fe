#include <autograd/ops/image.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <vector>

#include <autograd/creation.hpp>
#include <autograd/ops/arithmetic.hpp>
#include <autograd/ops/arrange.hpp>
#include <autograd/ops/composed.hpp>
#include <autograd/ops/elementwise.hpp>
#include <autograd/ops/index.hpp>
#include <autograd/ops/rounding.hpp>
#include <autograd/ops/samples.hpp>
#include <autograd/ops/shape_ops.hpp>
#include <autograd/ops/space_internal.hpp>
#include <autograd/ops/tabulate.hpp>

namespace xg {
namespace {

// A coordinate in -1 ... 1 as one in pixels.
Tensor in_pixels(const Tensor& g, Index n, bool align_corners) {
    const double size = static_cast<double>(n);
    return align_corners ? (g + 1.0) * ((size - 1) / 2) : ((g + 1.0) * size - 1.0) * 0.5;
}

// Brought inside by the padding.
Tensor inside(Tensor at, Index n, const GridSampleOptions& o) {
    const double size = static_cast<double>(n);
    if (o.padding_mode == GridPadding::reflection) {
        const double low = o.align_corners ? 0 : -0.5, span = o.align_corners ? size - 1 : size;
        if (span == 0) return at * 0.0;
        const Tensor away = abs(at - low), turns = floor(away / span), rest = away - turns * span;
        const Tensor even = equal(remainder(turns, 2.0), 0.0);
        at = where(even, rest + low, span - rest + low);
    }
    return o.padding_mode == GridPadding::zeros ? at : clamp(at, 0.0, size - 1);
}

// One of the pixels along an axis that a point is mixed of: its number, whether it is there, and its share (none for 1).
struct Tap {
    Tensor place, there, share;
};

Tap tap(const Tensor& pixel, Index n, const Tensor& share) {
    const double last = static_cast<double>(n - 1);
    return {clamp(pixel, 0.0, last), logical_and(greater_equal(pixel, 0.0), less_equal(pixel, last)), share};
}

// Keys' cubic, a = -0.75, at distance t of a neighbour: between 0 and 1, and between 1 and 2. Source: Keys, IEEE ASSP 1981.
constexpr double keys = -0.75;
Tensor near_share(const Tensor& t) { return ((keys + 2) * t - (keys + 3)) * t * t + 1.0; }
Tensor far_share(const Tensor& t) { return ((keys * t - 5 * keys) * t + 8 * keys) * t - 4 * keys; }

std::vector<Tap> taps(const Tensor& point, Index n, const GridSampleOptions& o) {
    if (o.mode == GridMode::nearest) return {tap(round(inside(point, n, o)), n, {})};
    if (o.mode == GridMode::bilinear) {
        const Tensor at = inside(point, n, o), low = floor(at), part = at - low;
        return {tap(low, n, 1.0 - part), tap(low + 1.0, n, part)};
    }
    // The pixels are brought inside, not the point, as in PyTorch: the cubic bends only where there are no pixels.
    const Tensor low = floor(point), part = point - low;
    const auto pixel = [&](double by) { return inside((low + by).detach(), n, o); };
    return {tap(pixel(-1), n, far_share(part + 1.0)), tap(pixel(0), n, near_share(part)),
            tap(pixel(1), n, near_share(1.0 - part)), tap(pixel(2), n, far_share(2.0 - part))};
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
        if (o.mode == GridMode::bicubic && axes != 2) {
            fail<ShapeError>("{}: x has shape {} and mode bicubic\n  expected (N, channels, H, W)", doc.name,
                             x.shape().str());
        }
        const Shape& s = x.shape();
        Shape places{s[0], 1};
        for (int i = 1; i + 1 < grid.rank(); ++i) places.push_back(grid.shape()[i]);
        std::vector<std::vector<Tap>> all; // of each axis of x, (N, 1, *)
        for (int i = 0; i < axes; ++i) {
            const Index n = s[2 + i];
            if (n == 0) fail<ShapeError>("{}: x has shape {}\n  expected an entry an axis of space", doc.name, s.str());
            all.push_back(taps(reshape(in_pixels(select(grid, -1, axes - 1 - i), n, o.align_corners), places), n, o));
        }
        return mixed(x, all);
    }
    // The sum over all choices of a tap an axis.
    static Tensor mixed(const Tensor& x, const std::vector<std::vector<Tap>>& all) {
        Tensor y;
        std::vector<std::size_t> choice(all.size());
        for (;;) {
            Tensor share, offset, there;
            for (std::size_t i = 0; i < all.size(); ++i) {
                const Tap& t = all[i][choice[i]];
                offset = offset.defined() ? offset * static_cast<double>(x.shape()[2 + static_cast<int>(i)]) + t.place
                                          : t.place;
                there = there.defined() ? logical_and(there, t.there) : t.there;
                if (t.share.defined()) share = share.defined() ? share * t.share : t.share;
            }
            const Tensor value = pick(x, offset.detach().to(int64));
            const Tensor term = where(there, share.defined() ? value * share : value, 0.0);
            y = y.defined() ? y + term : term;
            std::size_t axis = 0;
            while (axis < all.size() && ++choice[axis] == all[axis].size()) choice[axis++] = 0;
            if (axis == all.size()) return y;
        }
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
                     grid_sample(zeros({1, 2, 3, 3, 3}), zeros({1, 2, 2, 2, 3}), {.mode = GridMode::bicubic});
                 },
                 "ShapeError", "mode bicubic"},
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

double brought_inside(double at, double n, const GridSampleOptions& o) {
    if (o.padding_mode == GridPadding::reflection)
        at = o.align_corners ? reflected(at, 0, n - 1) : reflected(at, -0.5, n - 0.5);
    return o.padding_mode == GridPadding::zeros ? at : std::clamp(at, 0.0, n - 1);
}

// What a pixel of an axis counts for a point: by the nearest whole number, by a hat, or by a cubic around the point over the
// pixels of an axis without ends, each of which stands for one inside.
double weight_of(double point, Index pixel, Index n, const GridSampleOptions& o) {
    const double away = std::abs(point - double(pixel));
    if (o.mode == GridMode::nearest) return std::nearbyint(point) == double(pixel) ? 1 : 0;
    if (o.mode == GridMode::bilinear) return std::max(0.0, 1 - away);
    double total = 0;
    for (Index i = -2 * n - 4; i < 3 * n + 4; ++i) {
        if (brought_inside(double(i), double(n), o) != double(pixel)) continue;
        const double t = std::abs(point - double(i));
        if (t < 1) total += 1 - 2.25 * t * t + 1.25 * t * t * t;
        else if (t < 2) total += 3 - 6 * t + 3.75 * t * t - 0.75 * t * t * t;
    }
    return total;
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
    constexpr auto nearest_mode = GridMode::nearest, cubic_mode = GridMode::bicubic;
    const GridCase cases[] = {
        {{2, 3, 4, 5}, {2, 3, 2, 2}},
        {{1, 2, 3, 4}, {1, 2, 3, 2}, {.align_corners = true}},
        {{1, 1, 4, 3}, {1, 4, 1, 2}, {.padding_mode = border}},
        {{2, 2, 3, 3}, {2, 1, 3, 2}, {.padding_mode = reflection}},
        {{1, 2, 5, 4}, {1, 2, 2, 2}, {.padding_mode = reflection, .align_corners = true}},
        {{1, 2, 4, 4}, {1, 3, 3, 2}, {.mode = nearest_mode}},
        {{1, 1, 2, 3, 4}, {1, 2, 1, 2, 3}},
        {{2, 1, 3, 2, 2}, {2, 1, 2, 1, 3}, {.padding_mode = border, .align_corners = true}},
        {{0, 2, 3, 3}, {0, 2, 2, 2}},
        {{1, 2, 3, 3}, {1, 0, 2, 2}},
        {{1, 3, 1, 1}, {1, 2, 2, 2}},
        {{3, 1, 2, 4}, {3, 2, 1, 2}, {.mode = nearest_mode, .padding_mode = border}},
        {{1, 0, 3, 4}, {1, 2, 2, 2}},
        {{2, 2, 4, 5}, {2, 3, 2, 2}, {.mode = cubic_mode}},
        {{1, 2, 5, 3}, {1, 2, 2, 2}, {.mode = cubic_mode, .padding_mode = border, .align_corners = true}},
        {{1, 1, 3, 4}, {1, 1, 4, 2}, {.mode = cubic_mode, .padding_mode = reflection}},
        {{1, 1, 4, 3}, {1, 3, 1, 2}, {.mode = cubic_mode, .padding_mode = reflection, .align_corners = true}}};
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
                        if (o.mode != GridMode::bicubic) c1 = brought_inside(c1, n, o);
                        center.push_back(c1);
                    }
                    double total = 0;
                    Shape space;
                    for (int i = 0; i < axes; ++i) space.push_back(x.shape()[2 + i]);
                    tabulate(space, [&](const Position& pixel) {
                        double weight = 1;
                        for (std::size_t i = 0; i < center.size(); ++i)
                            weight *= weight_of(center[i], pixel[i], space[static_cast<int>(i)], o);
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

Tensor grid_sample(const Operand& x, const Tensor& grid, GridSampleOptions o) {
    return composed<GridSample>(x, grid, o);
}

std::span<const OpEntry* const> grid_sample_ops() {
    static constexpr std::array ops{&entry<GridSample>()};
    return ops;
}

} // namespace xg
