#include <autograd/ops/image.hpp>

#include <array>
#include <cmath>

#include <autograd/creation.hpp>
#include <autograd/ops/arithmetic.hpp>
#include <autograd/ops/arrange.hpp>
#include <autograd/ops/composed.hpp>
#include <autograd/ops/elementwise.hpp>
#include <autograd/ops/image_families_internal.hpp>
#include <autograd/ops/index.hpp>
#include <autograd/ops/rounding.hpp>
#include <autograd/ops/samples.hpp>
#include <autograd/ops/shape_ops.hpp>
#include <autograd/ops/space_internal.hpp>
#include <autograd/ops/tabulate.hpp>

namespace xg {
namespace {

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

Tensor grid_sample(const Operand& x, const Tensor& grid, GridSampleOptions o) {
    return composed<GridSample>(x, grid, o);
}

std::span<const OpEntry* const> grid_sample_ops() {
    static constexpr std::array ops{&entry<GridSample>()};
    return ops;
}

} // namespace xg
