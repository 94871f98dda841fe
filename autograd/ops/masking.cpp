// Picking by masks and by positions in one row; tables and their rows.
#include <array>

#include <autograd/creation.hpp>
#include <autograd/engine/level.hpp>
#include <autograd/ops/arrange.hpp>
#include <autograd/ops/composed.hpp>
#include <autograd/ops/index.hpp>
#include <autograd/ops/picking_internal.hpp>
#include <autograd/ops/scatter.hpp>
#include <autograd/ops/tabulate.hpp>

namespace xg {
namespace {

Tensor some_mask(const Shape& shape, int seed) { return index_tensor(shape, 2, seed).to(boolean); }

void require_mask(const char* op, const Tensor& mask) {
    require_defined(op, mask);
    if (mask.dtype() != DType::boolean) {
        fail<DTypeError>("{}: the mask has dtype {}\n  expected boolean, such as the result of a comparison", op,
                         name_of(mask.dtype()));
    }
}

// Positions of true entries in one row.
Tensor true_places(const char* op, const Tensor& mask) {
    refuse_examples(op, mask);
    const auto values = mask.to_vector<bool>();
    std::vector<Index> places;
    for (std::size_t i = 0; i < values.size(); ++i) {
        if (values[i]) places.push_back(static_cast<Index>(i));
    }
    return from_vector(places);
}

const std::pair<Shape, Shape> masked_shapes[] = {{{5}, {5}},
                                                 {{}, {}},
                                                 {{2, 3}, {2, 3}},
                                                 {{2, 3}, {3}},
                                                 {{3}, {2, 3}},
                                                 {{2, 3}, {2, 1}},
                                                 {{}, {4}},
                                                 {{4}, {}},
                                                 {{0, 3}, {3}},
                                                 {{1}, {1}},
                                                 {{2, 1, 3}, {4, 1}},
                                                 {{1, 4}, {3, 4}},
                                                 {{2, 3, 4}, {2, 3, 4}}};

struct MaskedFill {
    static constexpr OpDoc doc{.name = "masked_fill",
                               .formula = "value where the mask is true, x elsewhere",
                               .derivative = "1 where the mask is false, to value where it is true",
                               .numpy = "where",
                               .torch = "masked_fill",
                               .onnx = "Where",
                               .snippet = "masked_fill(tensor({1, 2}), tensor({1, 2}) > 1, 9)  // [1. 9.]"};
    static Tensor compose(const Operand& x, const Tensor& mask, const Operand& value) {
        require_mask("masked_fill", mask);
        const Tensor t = as_tensor(x);
        require_defined("masked_fill", t);
        return where(mask, value, t);
    }
    static std::vector<Sample> samples() {
        std::vector<Sample> samples;
        for (const auto& [x, mask] : masked_shapes) {
            samples.push_back(sample(
                x.str() + " by " + mask.str(), {spread_tensor(x), some_mask(mask, 1)},
                [](In in) { return masked_fill(in[0], in[1], 1.5); },
                [](In in) {
                    const Tensor keep = 1.0 - in[1].to(float64);
                    return keep * in[0] + 1.5 * (1.0 - keep);
                }));
        }
        samples.push_back(sample(
            "a tensor of values", {spread_tensor({2, 3}), some_mask({3}, 1), spread_tensor({2, 1}, 0, 1, 6)},
            [](In in) { return masked_fill(in[0], in[1], in[2]); },
            [](In in) {
                const Tensor keep = 1.0 - in[1].to(float64);
                return keep * in[0] + (1.0 - keep) * in[2];
            }));
        return samples;
    }
    static std::vector<Misuse> misuse() {
        return {{[] { masked_fill(zeros({2}), zeros({2}), 1); }, "DTypeError", "boolean"},
                {[] { masked_fill(zeros({2}), zeros({3}, {.dtype = boolean}), 1); }, "ShapeError", "broadcast"},
                {[] { masked_fill(Tensor(), zeros({3}, {.dtype = boolean}), 1); }, "StateError", "undefined"}};
    }
};

struct MaskedSelect {
    static constexpr OpDoc doc{.name = "masked_select",
                               .formula = "the entries of x where the mask is true, in one row",
                               .derivative = "1 at the places read",
                               .numpy = "x[mask]",
                               .torch = "masked_select",
                               .onnx = "Compress",
                               .snippet = "masked_select(tensor({1, 5, 3}), tensor({1, 5, 3}) > 2)  // [5. 3.]"};
    static constexpr bool sized_by_numbers = true;
    static Tensor compose(const Tensor& t, const Tensor& mask) {
        require_mask("masked_select", mask);
        const Shape shape = broadcast("masked_select", t.shape(), mask.shape());
        const Tensor row = reshape(expand_to(t, shape), shape.numel());
        return index_select(row, 0, true_places("masked_select", expand_to(mask, shape)));
    }
    static std::vector<Sample> samples() {
        std::vector<Sample> samples;
        for (const auto& [x, mask] : masked_shapes) {
            samples.push_back(sample(
                x.str() + " by " + mask.str(), {spread_tensor(x), some_mask(mask, 1)},
                [](In in) { return masked_select(in[0], in[1]); },
                [](In in) {
                    const Shape shape = broadcast("", in[0].shape(), in[1].shape());
                    const Reader entries(expand_to(in[0], shape)), truth(expand_to(in[1], shape));
                    std::vector<double> kept;
                    tabulate(shape, [&](const Position& at) {
                        if (truth(at) != 0) kept.push_back(entries(at));
                        return 0.0;
                    });
                    return from_vector(kept);
                }));
        }
        return samples;
    }
    static std::vector<Misuse> misuse() {
        return {{[] { masked_select(zeros({2}), zeros({2})); }, "DTypeError", "boolean"},
                {[] { masked_select(zeros({2}), zeros({3}, {.dtype = boolean})); }, "ShapeError", "broadcast"},
                {[] { masked_select(Tensor(), zeros({3}, {.dtype = boolean})); }, "StateError", "undefined"}};
    }
};

struct Nonzero {
    static constexpr OpDoc doc{.name = "nonzero",
                               .formula = "the positions of entries that are not 0",
                               .derivative = "0",
                               .edges = "NaN is not 0; of a scalar no columns",
                               .numpy = "argwhere",
                               .torch = "nonzero",
                               .onnx = "NonZero",
                               .snippet = "nonzero(tensor({{0, 5}, {7, 0}}))  // [[0 1]\n [1 0]]"};
    static constexpr NoGradient gradient{"an index"};
    static constexpr bool sized_by_numbers = true;
    static Tensor compose(const Tensor& t) {
        const auto places = true_places("nonzero", not_equal(t, 0)).to_vector<Index>();
        const int rank = t.rank();
        std::vector<Index> rows(places.size() * static_cast<std::size_t>(rank));
        for (std::size_t k = 0; k < places.size(); ++k) {
            Index rest = places[k];
            for (int i = rank - 1; i >= 0; rest /= t.shape()[i--]) {
                rows[k * static_cast<std::size_t>(rank) + static_cast<std::size_t>(i)] = rest % t.shape()[i];
            }
        }
        return from_vector(rows, {static_cast<Index>(places.size()), rank});
    }
    static std::vector<Sample> samples() {
        std::vector<Sample> samples;
        for (const Shape& shape : {Shape{5}, Shape{}, Shape{1}, Shape{0}, Shape{2, 3}, Shape{4, 1}, Shape{1, 4},
                                   Shape{2, 3, 4}, Shape{2, 0}, Shape{3, 1, 2}, Shape{17}, Shape{2, 2, 1, 2}}) {
            samples.push_back(sample(
                shape.str(), {index_tensor(shape, 3, 1).to(float64)}, [](In in) { return nonzero(in[0]); },
                [](In in) {
                    const Reader x(in[0]);
                    std::vector<Index> rows;
                    Index count = 0;
                    tabulate(in[0].shape(), [&](const Position& at) {
                        if (x(at) == 0) return 0.0;
                        rows.insert(rows.end(), at.begin(), at.end());
                        ++count;
                        return 0.0;
                    });
                    return from_vector(rows, {count, in[0].rank()});
                }));
        }
        return samples;
    }
    static std::vector<Misuse> misuse() { return unary_misuse(nonzero); }
};

std::vector<Sample> row_samples(const std::function<Tensor(In)>& call, bool write) {
    std::vector<Sample> samples;
    const std::pair<Shape, Shape> cases[] = {{{5}, {3}},       {{2, 3}, {4}},    {{2, 3}, {2, 2}}, {{2, 3, 4}, {5}},
                                             {{1}, {1}},       {{4, 1}, {3}},    {{3}, {0}},       {{2, 3}, {}},
                                             {{1, 4}, {2, 3}}, {{3, 2}, {1, 1}}, {{2, 0}, {0}},    {{7}, {2, 1, 3}}};
    for (const auto& [x, picks] : cases) {
        std::vector<Tensor> inputs{spread_tensor(x), index_tensor(picks, std::max<Index>(x.numel(), 1), 2)};
        if (write) inputs.push_back(spread_tensor(picks, 0, 1, 5));
        samples.push_back(sample(x.str() + " at " + picks.str(), inputs, call, [write](In in) {
            auto values = in[0].to_vector<double>();
            const auto index = in[1].to_vector<std::int64_t>();
            std::vector<double> read;
            const auto src = write ? in[2].to_vector<double>() : std::vector<double>(index.size());
            for (std::size_t k = 0; k < index.size(); ++k) {
                const auto n = static_cast<std::int64_t>(values.size());
                double& at = values[static_cast<std::size_t>(index[k] < 0 ? index[k] + n : index[k])];
                if (write) at = src[k];
                else read.push_back(at);
            }
            return write ? from_vector(values, in[0].shape()) : from_vector(read, in[1].shape());
        }));
    }
    return samples;
}

struct Take {
    static constexpr OpDoc doc{.name = "take",
                               .formula = "x's entries at positions of x in one row",
                               .derivative = "added up at the positions read",
                               .numpy = "take",
                               .torch = "take",
                               .snippet = "take(tensor({{5, 6}, {7, 8}}), from_vector(std::vector{3, 0}))  // [8. 5.]"};
    static Tensor compose(const Tensor& t, const Tensor& index) {
        require_defined("take", index);
        return reshape(index_select(flatten(t), 0, flatten(index)), index.shape());
    }
    static std::vector<Sample> samples() {
        return row_samples([](In in) { return take(in[0], in[1]); }, /*write=*/false);
    }
    static std::vector<Misuse> misuse() {
        return {{[] {
                     take(zeros({2, 2}), full({2}, 4, {.dtype = int64}));
                 },
                 "IndexError", "index 4"},
                {[] {
                     take(zeros({2, 2}), zeros({2}));
                 },
                 "DTypeError", "int64"},
                {[] { take(Tensor(), zeros({2}, {.dtype = int64})); }, "StateError", "undefined"}};
    }
};

struct Put {
    static constexpr OpDoc doc{.name = "put",
                               .formula = "x with src at positions of x in one row",
                               .derivative = "as scatter's",
                               .ties = "the last writer takes all",
                               .numpy = "put",
                               .torch = "put",
                               .snippet = "put(zeros({3}), from_vector(std::vector{2}), tensor({5}))  // [0. 0. 5.]"};
    static Tensor compose(const Tensor& t, const Tensor& index, const Tensor& src) {
        require_defined("put", index);
        require_defined("put", src);
        const Tensor values = expand_to(src, index.shape());
        return reshape(scatter(flatten(t), 0, flatten(index), flatten(values)), t.shape());
    }
    static std::vector<Sample> samples() {
        return row_samples([](In in) { return put(in[0], in[1], in[2]); }, /*write=*/true);
    }
    static std::vector<Misuse> misuse() {
        return {{[] {
                     put(zeros({2, 2}), full({2}, 4, {.dtype = int64}), ones({2}));
                 },
                 "IndexError", "index 4"},
                {[] {
                     put(zeros({2, 2}), zeros({2}), ones({2}));
                 },
                 "DTypeError", "int64"},
                {[] { put(zeros({4}), zeros({2}, {.dtype = int64}), ones({3})); }, "ShapeError", "(3,)"},
                {[] { put(zeros({4}), zeros({2}, {.dtype = int64}), Tensor()); }, "StateError", "undefined"}};
    }
};

struct OneHot {
    static constexpr OpDoc doc{.name = "one_hot",
                               .formula = "1 at the index and 0 elsewhere along a new last axis",
                               .derivative = "0",
                               .numpy = "eye(classes)[index]",
                               .torch = "nn.functional.one_hot",
                               .onnx = "OneHot",
                               .snippet = "one_hot(from_vector(std::vector{1, 0}), 3)  // [[0. 1. 0.]\n [1. 0. 0.]]"};
    static constexpr NoGradient gradient{"an index"};
    static Tensor compose(const Tensor& index, Index classes, DType dtype) {
        if (classes < 1) fail<ValueError>("one_hot: {} classes\n  expected 1 or more", classes);
        if (dtype == DType::boolean) return OneHot::compose(index, classes, DType::int64).to(DType::boolean);
        Shape shape = index.shape();
        shape.push_back(1);
        const Tensor one = ones(shape, {.dtype = dtype});
        shape[shape.rank() - 1] = classes;
        return scatter_zeros_of("one_hot", one, shape.rank() - 1, unsqueeze(index, -1), shape, FromEnd::no);
    }
    static std::vector<Sample> samples() {
        std::vector<Sample> samples;
        for (const Shape& shape : {Shape{5}, Shape{}, Shape{1}, Shape{0}, Shape{2, 3}, Shape{4, 1}, Shape{1, 4},
                                   Shape{2, 3, 2}, Shape{2, 0}, Shape{3, 1, 2}, Shape{17}, Shape{2, 2, 1, 2}}) {
            Shape to = shape;
            to.push_back(4);
            samples.push_back(sample(
                shape.str(), {index_tensor(shape, 4, 1)}, [](In in) { return one_hot(in[0], 4, {.dtype = float64}); },
                [to](In in) {
                    const Reader index(in[0]);
                    return tabulate(to, [&](Position at) {
                        const Index k = at.back();
                        at.pop_back();
                        return index(at) == static_cast<double>(k) ? 1.0 : 0.0;
                    });
                }));
        }
        return samples;
    }
    static std::vector<Misuse> misuse() {
        return {{[] { one_hot(full({2}, 3, {.dtype = int64}), 3); }, "IndexError", "one_hot: index 3"},
                {[] { one_hot(full({2}, -1, {.dtype = int64}), 3); }, "IndexError", "indices from 0 to 2"},
                {[] { one_hot(zeros({2}), 3); }, "DTypeError", "one_hot: the index has dtype float32"},
                {[] { one_hot(zeros({2}, {.dtype = int64}), 0); }, "ValueError", "0 classes"},
                {[] { one_hot(Tensor(), 3); }, "StateError", "undefined"}};
    }
};

struct Embedding {
    static constexpr OpDoc doc{
        .name = "embedding",
        .formula = "the rows of weight at the indices",
        .derivative = "added up in the rows read; 0 in row padding_idx",
        .numpy = "weight[index]",
        .torch = "nn.functional.embedding",
        .onnx = "Gather",
        .snippet = "embedding(tensor({{1, 2}, {3, 4}}), from_vector(std::vector{1}))  // [[3. 4.]]"};
    static Tensor compose(const Tensor& weight, const Tensor& index, const EmbeddingOptions& o) {
        require_defined("embedding", index);
        if (weight.rank() != 2) {
            fail<ShapeError>("embedding: the weight has shape {}\n  expected (count, size), a row for each index",
                             weight.shape().str());
        }
        Shape shape = index.shape();
        shape.push_back(weight.shape(1));
        const Tensor picked = reshape(index_select_of("embedding", weight, 0, flatten(index), FromEnd::no), shape);
        if (!o.padding_idx) return picked;
        const Index n = weight.shape(0), row = *o.padding_idx < 0 ? *o.padding_idx + n : *o.padding_idx;
        if (row < 0 || row >= n) {
            fail<IndexError>("embedding: padding_idx is {} and the weight has {} rows\n  expected {} to {}",
                             *o.padding_idx, n, -n, n - 1);
        }
        const Tensor padded = unsqueeze(equal(index, row), -1);
        return where(padded, picked.detach(), picked);
    }
    static std::vector<Sample> samples() {
        std::vector<Sample> samples;
        for (const Shape& picks : {Shape{5}, Shape{}, Shape{1}, Shape{0}, Shape{2, 3}, Shape{4, 1}, Shape{1, 4},
                                   Shape{2, 3, 2}, Shape{2, 0}, Shape{3, 1, 2}, Shape{17}, Shape{2, 2}}) {
            Shape to = picks;
            to.push_back(3);
            samples.push_back(sample(
                picks.str(), {spread_tensor({4, 3}), index_tensor(picks, 4, 1)},
                [](In in) { return embedding(in[0], in[1]); },
                [to](In in) {
                    const Reader weight(in[0]), index(in[1]);
                    return tabulate(to, [&](Position at) {
                        const Index column = at.back();
                        at.pop_back();
                        return weight({static_cast<Index>(index(at)), column});
                    });
                }));
        }
        samples.push_back(
            {.note = "padding",
             .inputs = {spread_tensor({3, 2}), from_vector<std::int64_t>({1, 2, 1, 0, 2})},
             .call = [](In in) { return embedding(in[0], in[1], {.padding_idx = 1}); },
             .reference =
                 [](In in) {
                     const Reader weight(in[0]);
                     const Index rows[] = {1, 2, 1, 0, 2};
                     return tabulate({5, 2}, [&](const Position& at) { return weight({rows[at[0]], at[1]}); });
                 },
             .smooth = false,
             .gradient =
                 [](In, const Tensor& u) {
                     const auto g = u.to_vector<double>();
                     return std::vector{from_vector<double>({g[6], g[7], 0, 0, g[2] + g[8], g[3] + g[9]}, {3, 2}),
                                        Tensor()};
                 }});
        return samples;
    }
    static std::vector<Misuse> misuse() {
        return {{[] {
                     embedding(zeros({3, 2}), full({2}, 3, {.dtype = int64}));
                 },
                 "IndexError", "embedding: index 3"},
                {[] {
                     embedding(zeros({3, 2}), full({2}, -1, {.dtype = int64}));
                 },
                 "IndexError", "expected indices from 0 to 2"},
                {[] {
                     embedding(zeros({3, 2}), zeros({2}));
                 },
                 "DTypeError", "embedding: the index has dtype float32"},
                {[] { embedding(zeros({3}), zeros({2}, {.dtype = int64})); }, "ShapeError", "(3,)"},
                {[] {
                     embedding(zeros({3, 2}), zeros({2}, {.dtype = int64}), {.padding_idx = 3});
                 },
                 "IndexError", "padding_idx is 3"},
                {[] { embedding(Tensor(), zeros({2}, {.dtype = int64})); }, "StateError", "undefined"}};
    }
};

} // namespace

Tensor masked_fill(const Operand& x, const Tensor& mask, const Operand& value) {
    const CallSite here(x.site());
    return MaskedFill::compose(x, mask, value);
}
Tensor masked_select(const Operand& x, const Tensor& mask) { return composed<MaskedSelect>(x, mask); }
Tensor nonzero(const Operand& x) { return composed<Nonzero>(x); }
Tensor take(const Operand& x, const Tensor& index) { return composed<Take>(x, index); }
Tensor put(const Operand& x, const Tensor& index, const Operand& src) {
    const CallSite here(x.site());
    const Tensor t = as_tensor(x);
    require_defined("put", t);
    return composed<Put>(x, index, as_tensor(src, t.dtype()));
}
Tensor one_hot(const Tensor& index, Index classes, OneHotOptions options, Site site) {
    const CallSite here(site);
    require_defined("one_hot", index);
    return OneHot::compose(index, classes, options.dtype);
}
Tensor embedding(const Operand& weight, const Tensor& index, EmbeddingOptions options) {
    return composed<Embedding>(weight, index, options);
}

std::span<const OpEntry* const> masking_ops() {
    static constexpr std::array ops{&entry<MaskedFill>(), &entry<MaskedSelect>(), &entry<Nonzero>(),  &entry<Take>(),
                                    &entry<Put>(),        &entry<OneHot>(),       &entry<Embedding>()};
    return ops;
}

} // namespace xg
