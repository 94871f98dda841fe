#include <autograd/ops/image.hpp>

#include <array>

#include <autograd/creation.hpp>
#include <autograd/ops/arrange.hpp>
#include <autograd/ops/composed.hpp>
#include <autograd/ops/resample.hpp>
#include <autograd/ops/samples.hpp>
#include <autograd/ops/shape_ops.hpp>
#include <autograd/ops/space_internal.hpp>
#include <autograd/ops/tabulate.hpp>

namespace xg {
namespace {

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

} // namespace

Tensor unfold(const Operand& x, const Shape& kernel, const UnfoldOptions& o) { return composed<Unfold>(x, kernel, o); }
Tensor fold(const Operand& x, const Shape& size, const Shape& kernel, const UnfoldOptions& o) {
    return composed<Fold>(x, size, kernel, o);
}

std::span<const OpEntry* const> unfold_ops() {
    static constexpr std::array ops{&entry<Unfold>(), &entry<Fold>()};
    return ops;
}

} // namespace xg
