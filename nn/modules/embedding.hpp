#pragma once
#include <optional>

#include <nn/module.hpp>

// Rows of a table, looked up by int64 tensors and trained. The first numbers are normal with mean 0 and deviation 1, and 0 in
// row padding_idx. An index that is negative or too large is an IndexError that names it and the range.
namespace xg::nn {

struct EmbeddingOptions {
    std::optional<Index> padding_idx = {}; ///< the row that starts as 0 and gets no gradient
    std::optional<double> max_norm = {};   ///< a call scales the rows it reads down to this norm, in place
    double norm_type = 2;                  ///< of which p-norm
    bool scale_grad_by_freq = false;       ///< a row's gradient is divided by how often the call names it
};
/// The rows of `weight` at the indices: (*) -> (*, embedding_dim). ValueError for sizes below 0 and a max_norm or norm_type
/// that is not above 0; IndexError for a padding_idx out of range; DTypeError in the call unless the indices are int64.
struct XGRAD_API Embedding : Module {
    Embedding(Index num_embeddings, Index embedding_dim, EmbeddingOptions options = {}, Site site = Site::here());
    /// With these rows, (num_embeddings, embedding_dim): `from_pretrained(rows)` is trained, unless `freeze`.
    static Embedding from_pretrained(const Tensor& rows, bool freeze = true, EmbeddingOptions options = {},
                                     Site site = Site::here());
    Tensor forward(const Tensor& index) override;

    Parameter weight; ///< (num_embeddings, embedding_dim)
    EmbeddingOptions options;
    XGRAD_MODULE(weight)
};

enum class BagMode : std::uint8_t { sum, mean, max };
struct EmbeddingBagOptions {
    std::optional<double> max_norm = {}; ///< a call scales the rows it reads down to this norm, in place
    double norm_type = 2;                ///< of which p-norm
    bool scale_grad_by_freq = false;     ///< a row's gradient is divided by how often the call names it; not with max
    BagMode mode = BagMode::mean;
    bool include_last_offset = false;      ///< the last offset is where the last bag ends
    std::optional<Index> padding_idx = {}; ///< starts as 0, gets no gradient, and is left out of every bag
};
/// The sum, mean or maximum over bags of rows of `weight`. Indices are (bags, size), or (n) with `offsets` (bags), where each
/// bag begins: the first is 0 and none is below the one before. -> (bags, embedding_dim); an empty bag is 0. The
/// first of equal maxima gets the gradient. `per_sample_weights`, in the shape of the indices, multiply the rows of a sum: ValueError with other
/// modes. Offsets that do not fit are a ShapeError or ValueError.
struct XGRAD_API EmbeddingBag : Module {
    EmbeddingBag(Index num_embeddings, Index embedding_dim, EmbeddingBagOptions options = {}, Site site = Site::here());
    Tensor forward(const Tensor& index) override { return forward(index, Tensor()); }
    Tensor forward(const Tensor& index, const Tensor& offsets, const Tensor& per_sample_weights = {});

    Parameter weight; ///< (num_embeddings, embedding_dim)
    EmbeddingBagOptions options;
    XGRAD_MODULE(weight)
};

} // namespace xg::nn
