#include <nn/modules/embedding.hpp>

#include <algorithm>

#include <autograd/creation.hpp>
#include <autograd/error_format_internal.hpp>
#include <autograd/grad_mode.hpp>
#include <autograd/ops/arithmetic.hpp>
#include <autograd/ops/arrange.hpp>
#include <autograd/ops/elementwise.hpp>
#include <autograd/ops/index.hpp>
#include <autograd/ops/order.hpp>
#include <autograd/ops/reduce.hpp>
#include <autograd/ops/scatter.hpp>
#include <autograd/ops/shape_ops.hpp>
#include <nn/init.hpp>

namespace xg::nn {
namespace {

using Indices = std::vector<std::int64_t>;

void check_norm(const char* name, std::optional<double> max_norm, double norm_type) {
    if (max_norm && !(*max_norm > 0)) fail<ValueError>("{}: max_norm is {}\n  expected above 0", name, *max_norm);
    if (!(norm_type > 0)) fail<ValueError>("{}: norm_type is {}\n  expected above 0", name, norm_type);
}

Index checked_padding(const char* name, Index padding_idx, Index rows) {
    if (padding_idx < -rows || padding_idx >= rows) {
        fail<IndexError>("{}: padding_idx is {} for {} embeddings\n  expected {} to {}", name, padding_idx, rows, -rows,
                         rows - 1);
    }
    return padding_idx < 0 ? padding_idx + rows : padding_idx;
}

Tensor first_weight(const char* name, Index rows, Index size, std::optional<Index> padding_idx, Site site) {
    const CallSite here(site);
    if (rows < 0 || size < 0) {
        fail<ValueError>("{}(num_embeddings, embedding_dim): the sizes are {} and {}\n  expected 0 or more", name, rows,
                         size);
    }
    Tensor weight = init::normal({rows, size}, 0, 1);
    if (padding_idx) weight.at({checked_padding(name, *padding_idx, rows)}) = 0;
    return weight;
}

// Rows that are read and longer than max_norm, brought to that length. The 1e-7 is PyTorch's.
void shorten(Parameter& weight, const Tensor& index, double max_norm, double norm_type) {
    const NoGrad guard;
    const Tensor read = unique(flatten(index)),
                 rows = embedding(weight, read); // which refuses before anything is written
    const Tensor length = norm(rows, 1, {.keepdims = true, .ord = norm_type});
    weight.at({read}) = where(greater(length, max_norm), rows * (max_norm / (length + 1e-7)), rows);
}

// The rows at the indices; what flows back to one that is named n times is divided by n.
Tensor rows_at(const Tensor& weight, const Tensor& index, std::optional<Index> padding_idx, bool scale_by_frequency) {
    Tensor rows = embedding(weight, index, {.padding_idx = padding_idx});
    if (!scale_by_frequency || !rows.requires_grad()) return rows;
    const Indices named = index.to_vector<std::int64_t>();
    Indices times(static_cast<std::size_t>(weight.shape(0)), 0);
    for (const std::int64_t i : named) ++times[static_cast<std::size_t>(i)];
    std::vector<double> shares;
    for (const std::int64_t i : named) shares.push_back(1.0 / static_cast<double>(times[static_cast<std::size_t>(i)]));
    Shape shape = index.shape();
    shape.push_back(1);
    rows.add_hook([share = from_vector(shares, shape).to(rows.dtype())](const Tensor& g) { return g * share; });
    return rows;
}

// The largest of the rows of each bag, 0 where there is none; the first of equal ones, and of NaN, gets the gradient.
Tensor largest_rows(const Tensor& rows, const Tensor& bag, Index bags) {
    const Index count = rows.shape(0), size = rows.shape(1);
    if (count == 0) return zeros({bags, size}, {.dtype = rows.dtype()});
    const Tensor to = expand(unsqueeze(bag, 1), {count, size}), numbers = rows.detach();
    const Tensor largest = scatter_reduce(zeros({bags, size}, {.dtype = rows.dtype()}), 0, to, numbers,
                                          ScatterMode::max, {.include_self = false});
    const Tensor wins = logical_or(numbers == index_select(largest, 0, bag), isnan(numbers));
    const Tensor place = where(wins, unsqueeze(arange(count), 1), count);
    const Tensor first =
        scatter_reduce(full({bags, size}, count, {.dtype = DType::int64}), 0, to, place, ScatterMode::min);
    return where(first < count, gather(rows, 0, minimum(first, count - 1)), 0.0);
}

// The bag of each index.
Indices bags_of(const Tensor& offsets, Index count, bool with_last, Index& bags) {
    if (offsets.rank() != 1 || offsets.dtype() != int64) {
        fail<ShapeError>("EmbeddingBag: offsets have shape {} and are {}\n  expected (bags), int64",
                         offsets.shape().str(), name_of(offsets.dtype()));
    }
    Indices begin = offsets.to_vector<std::int64_t>();
    if (with_last && begin.empty()) fail<ShapeError>("EmbeddingBag: no offsets\n  expected the end of the last bag");
    if (!begin.empty() && begin[0] != 0) {
        fail<ValueError>("EmbeddingBag: the first offset is {}\n  expected 0", begin[0]);
    }
    if (with_last && begin.back() != count) {
        fail<ValueError>("EmbeddingBag: the last offset is {}\n  expected {}, the number of indices", begin.back(),
                         count);
    }
    if (!with_last) begin.push_back(count);
    bags = static_cast<Index>(begin.size()) - 1;
    Indices bag;
    for (std::size_t i = 0; i + 1 < begin.size(); ++i) {
        if (begin[i + 1] < begin[i]) {
            fail<ValueError>("EmbeddingBag: offset {} follows {}\n  expected none below the one before, and at most {}",
                             begin[i + 1], begin[i], count);
        }
        bag.insert(bag.end(), static_cast<std::size_t>(begin[i + 1] - begin[i]), static_cast<std::int64_t>(i));
    }
    if (static_cast<Index>(bag.size()) != count) {
        fail<ValueError>("EmbeddingBag: {} indices and no bag\n  expected an offset for each bag", count);
    }
    return bag;
}

} // namespace

Embedding::Embedding(Index num_embeddings, Index embedding_dim, EmbeddingOptions o, Site site)
    : weight(first_weight("Embedding", num_embeddings, embedding_dim, o.padding_idx, site)), options(o) {
    const CallSite here(site);
    check_norm("Embedding", o.max_norm, o.norm_type);
}

Embedding Embedding::from_pretrained(const Tensor& rows, bool freeze, EmbeddingOptions o, Site site) {
    const CallSite here(site);
    if (rows.rank() != 2) {
        fail<ShapeError>("Embedding::from_pretrained: the rows have shape {}\n  expected (count, size)",
                         rows.shape().str());
    }
    Embedding made(rows.shape(0), rows.shape(1), o, site);
    made.weight = rows;
    made.weight.requires_grad(!freeze);
    return made;
}

Tensor Embedding::forward(const Tensor& index) {
    if (options.max_norm) shorten(weight, index, *options.max_norm, options.norm_type);
    return rows_at(weight, index, options.padding_idx, options.scale_grad_by_freq);
}

EmbeddingBag::EmbeddingBag(Index num_embeddings, Index embedding_dim, EmbeddingBagOptions o, Site site)
    : weight(first_weight("EmbeddingBag", num_embeddings, embedding_dim, o.padding_idx, site)), options(o) {
    const CallSite here(site);
    check_norm("EmbeddingBag", o.max_norm, o.norm_type);
    if (o.scale_grad_by_freq && o.mode == BagMode::max) {
        fail<ValueError>("EmbeddingBag: scale_grad_by_freq with BagMode::max\n  expected sum or mean");
    }
}

Tensor EmbeddingBag::forward(const Tensor& index, const Tensor& offsets, const Tensor& per_sample_weights) {
    const bool in_rows = index.rank() == 2;
    if (in_rows == offsets.defined() || index.rank() < 1 || index.rank() > 2) {
        fail<ShapeError>(
            "EmbeddingBag: the indices have shape {}, {} offsets\n  expected (bags, size), or (n) with "
            "offsets",
            index.shape().str(), offsets.defined() ? "with" : "without");
    }
    const bool weighted = per_sample_weights.defined();
    if (weighted && options.mode != BagMode::sum) {
        fail<ValueError>("EmbeddingBag: per_sample_weights with another mode than sum\n  expected BagMode::sum");
    }
    if (weighted && !(per_sample_weights.shape() == index.shape())) {
        fail<ShapeError>("EmbeddingBag: per_sample_weights have shape {}\n  expected {}, that of the indices",
                         per_sample_weights.shape().str(), index.shape().str());
    }
    Index bags = index.shape(0);
    Indices bag;
    if (in_rows) {
        for (Index i = 0; i < index.numel(); ++i) bag.push_back(i / index.shape(1));
    } else {
        bag = bags_of(offsets, index.numel(), options.include_last_offset, bags);
    }
    if (options.max_norm) shorten(weight, index, *options.max_norm, options.norm_type);

    // Without the padding: which entries count, and the bag of each.
    Indices kept, kept_bag;
    const Indices numbers = index.to_vector<std::int64_t>();
    const Index rows = weight.shape(0);
    const Index padding = options.padding_idx ? checked_padding("EmbeddingBag", *options.padding_idx, rows) : rows;
    std::vector<double> sizes(static_cast<std::size_t>(bags), 0);
    for (std::size_t i = 0; i < numbers.size(); ++i) {
        if (numbers[i] == padding) continue;
        kept.push_back(static_cast<std::int64_t>(i));
        kept_bag.push_back(bag[i]);
        ++sizes[static_cast<std::size_t>(bag[i])];
    }
    const Index count = static_cast<Index>(kept.size()), size = weight.shape(1);
    const Tensor entries = from_vector(kept, {count}), to = from_vector(kept_bag, {count});
    Tensor picked = rows_at(weight, index_select(flatten(index), 0, entries), {}, options.scale_grad_by_freq);
    if (weighted) picked = picked * unsqueeze(index_select(flatten(per_sample_weights), 0, entries), 1);
    if (options.mode == BagMode::max) return largest_rows(picked, to, bags);
    const Tensor total = index_add(zeros({bags, size}, {.dtype = picked.dtype()}), 0, to, picked);
    if (options.mode == BagMode::sum) return total;
    for (double& n : sizes) n = std::max(n, 1.0);
    return total / from_vector(sizes, {bags, 1}).to(total.dtype());
}

} // namespace xg::nn
