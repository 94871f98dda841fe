#include <autograd/ops/resample.hpp>

#include <array>
#include <memory>

#include <autograd/creation.hpp>
#include <autograd/kernels/resample.hpp>
#include <autograd/ops/op.hpp>
#include <autograd/ops/samples.hpp>
#include <autograd/ops/space_internal.hpp>
#include <autograd/ops/tabulate.hpp>

namespace xg {
namespace {

using kernels::SparseRows;

// By a pass over the entries that counts, and one that writes: those of each column in the order of the rows.
SparseRows turned(const SparseRows& m) {
    SparseRows t{m.rows(), std::vector<Index>(static_cast<std::size_t>(m.columns) + 1),
                 std::vector<Index>(m.from.size()), std::vector<double>(m.from.size())};
    for (const Index from : m.from) ++t.begin[static_cast<std::size_t>(from) + 1];
    for (std::size_t i = 1; i < t.begin.size(); ++i) t.begin[i] += t.begin[i - 1];
    std::vector<Index> next(t.begin.begin(), t.begin.end() - 1);
    for (Index p = 0; p < m.rows(); ++p) {
        for (auto i = static_cast<std::size_t>(m.begin[static_cast<std::size_t>(p)]);
             i < static_cast<std::size_t>(m.begin[static_cast<std::size_t>(p) + 1]); ++i) {
            const auto at = static_cast<std::size_t>(next[static_cast<std::size_t>(m.from[i])]++);
            t.from[at] = p;
            t.weight[at] = m.weight[i];
        }
    }
    return t;
}

std::vector<Sample> resample_samples();

struct Resample {
    struct Attrs {
        int axis;
        std::shared_ptr<const SparseRows> matrix;
    };
    static constexpr OpDoc doc{
        .name = "resample",
        .formula = "y[p] = sum over j of m[p, j] x[j] along an axis, with few entries in m's rows",
        .derivative = "m^T g",
        .edges = "0 for an empty row",
        .snippet =
            "resample(tensor({1, 3}), 0, [] { Resampling m(2); m.entry(0, 0.5); m.entry(1, 0.5); m.end_row(); return "
            "m; }())  // [2.]"};
    static constexpr Saves saves{};
    static constexpr DTypes dtypes = floats;
    static Shape shape(In x, const Attrs& a) {
        Shape s = x[0].shape();
        s[a.axis] = a.matrix->rows();
        return s;
    }
    static void forward(std::span<const Strided> x, const Strided& y, const Attrs& a) {
        if (y.numel() == 0) return;
        Index lead = 1, trail = 1;
        for (int i = 0; i < a.axis; ++i) lead *= y.shape[i];
        for (int i = a.axis + 1; i < y.rank(); ++i) trail *= y.shape[i];
        Tensor owner;
        kernels::resample(*a.matrix, y.dtype, lead, trail, in_a_row(x[0], owner), y.data);
    }
    static Grads vjp(const Saved&, const Tensor& g, const Attrs& a) {
        const auto matrix = std::make_shared<const SparseRows>(turned(*a.matrix));
        return {apply<Resample>(CallSite::current(), {g}, {a.axis, matrix})};
    }
    static constexpr Linear jvp{};
    static Attrs batch(const Attrs& a) { return {a.axis + 1, a.matrix}; }
    static std::vector<Sample> samples() { return resample_samples(); }
    static std::vector<Misuse> misuse() {
        return {{[] { resample(zeros({3}), 0, Resampling(2)); }, "ShapeError", "the matrix has 2 columns"},
                {[] { resample(zeros({3}), 1, Resampling(3)); }, "IndexError", "axis 1"},
                {[] { Resampling(3).entry(3, 1); }, "IndexError", "entry 3"},
                {[] { Resampling(-1); }, "ValueError", "-1 columns"},
                {[] { resample(Tensor(), 0, Resampling(1)); }, "StateError", "undefined"}};
    }
};

// Rows of 0, 1, 2 ... entries, with one that is named twice.
Resampling irregular(Index columns, Index rows) {
    Resampling m(columns);
    for (Index p = 0; p < rows; ++p, m.end_row()) {
        for (Index i = 0; i < p && columns > 0; ++i)
            m.entry((3 * p + 2 * i) % columns, 0.5 + 0.25 * double(i) - double(p));
    }
    return m;
}

std::vector<Sample> resample_samples() {
    std::vector<Sample> samples;
    const std::tuple<Shape, Index, Index> cases[] = {
        {{4}, 0, 3},        {{2, 3}, 0, 5},    {{2, 3}, 1, 4},      {{3, 2, 4}, 0, 2}, {{2, 5, 3}, 1, 3},
        {{2, 3, 4}, -1, 6}, {{1}, 0, 4},       {{0, 3}, 1, 2},      {{3, 0}, 1, 2},    {{4, 1}, 0, 3},
        {{5}, 0, 0},        {{1, 1, 2}, 2, 1}, {{2, 2, 2, 3}, 2, 3}};
    for (const auto& [shape, axis, rows] : cases) {
        const int a = normalize_axis("", axis, shape.rank());
        const Resampling m = irregular(shape[a], rows);
        samples.push_back(sample(
            shape.str() + " to " + std::to_string(rows), {spread_tensor(shape)},
            [m, axis = axis](In in) { return resample(in[0], axis, m); },
            [m, a](In in) {
                return by_line(in[0], a, [&m](const Line& line) {
                    Line y;
                    for (Index p = 0; p < m.rows(); ++p) {
                        double total = 0;
                        for (Index i = 0; i < p && !line.empty(); ++i) {
                            total += (0.5 + 0.25 * double(i) - double(p)) *
                                     line[static_cast<std::size_t>((3 * p + 2 * i) % m.columns())];
                        }
                        y.push_back(total);
                    }
                    return y;
                });
            }));
    }
    return samples;
}

} // namespace

Resampling::Resampling(Index columns, Site site) : columns_(columns) {
    const CallSite here(site);
    if (columns < 0) fail<ValueError>("Resampling: {} columns\n  expected 0 or more", columns);
}

void Resampling::entry(Index from, double weight, Site site) {
    const CallSite here(site);
    if (from < 0 || from >= columns_) fail<IndexError>("Resampling: entry {} of lines of {}", from, columns_);
    from_.push_back(from);
    weight_.push_back(weight);
}

Tensor resample(const Operand& operand, Index axis, const Resampling& m) {
    const CallSite here(operand.site());
    const Tensor x = as_tensor(operand);
    require_defined("resample", x);
    const int a = normalize_axis("resample", axis, x.rank());
    if (x.shape()[a] != m.columns()) {
        fail<ShapeError>(
            "resample: x has shape {} and the matrix has {} columns\n  expected as many as axis {} has entries, {}",
            x.shape().str(), m.columns(), axis, x.shape()[a]);
    }
    const auto matrix = std::make_shared<const SparseRows>(SparseRows{m.columns(), m.begins(), m.froms(), m.weights()});
    return apply<Resample>(operand.site(), {x}, {a, matrix});
}

std::span<const OpEntry* const> resample_ops() {
    static constexpr std::array ops{&entry<Resample>()};
    return ops;
}

} // namespace xg
