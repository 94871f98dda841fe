#include <autograd/ops/image.hpp>

#include <array>

#include <autograd/creation.hpp>
#include <autograd/ops/arrange.hpp>
#include <autograd/ops/composed.hpp>
#include <autograd/ops/samples.hpp>
#include <autograd/ops/shape_ops.hpp>
#include <autograd/ops/space_internal.hpp>
#include <autograd/ops/tabulate.hpp>

namespace xg {
namespace {

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

} // namespace

Tensor pixel_shuffle(const Operand& x, Index factor) { return composed<PixelShuffle>(x, factor); }
Tensor pixel_unshuffle(const Operand& x, Index factor) { return composed<PixelUnshuffle>(x, factor); }

std::span<const OpEntry* const> pixel_shuffle_ops() {
    static constexpr std::array ops{&entry<PixelShuffle>(), &entry<PixelUnshuffle>()};
    return ops;
}

} // namespace xg
