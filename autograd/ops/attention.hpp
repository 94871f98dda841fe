#pragma once
#include <optional>

#include <autograd/random.hpp>
#include <autograd/tensor.hpp>

// Every query looks at all keys and takes the mean of their values, weighted by how well they agree.
namespace xg {

struct AttentionOptions {
    /// Broadcasts to (..., queries, keys). Boolean: true where the key takes part, as in PyTorch 2; floating point: added to
    /// the scores, with a gradient.
    Tensor attn_mask = {};
    double dropout_p = 0;             ///< the share of the weights that is dropped; what is kept is divided by 1 - p
    bool is_causal = false;           ///< query i sees the keys 0 to i, and of them what the mask lets it
    std::optional<double> scale = {}; ///< of the scores: 1 / sqrt(width) unless given
    Generator* generator = nullptr;   ///< of dropout: the calling thread's own when absent
};
/// softmax(scale q k^T + mask) v: q (..., queries, width), k (..., keys, width), v (..., keys, values) ->
/// (..., queries, values); the leading axes broadcast. Floating point. A query that no key takes part in gets zeros, and has no
/// gradient. The scores are never held all at once, neither forward nor backward, and dropout draws what it would for all
/// of them; inside vmap, and for the gradient of a mask, they are held.
/// ShapeError for sizes that do not agree; DTypeError for a mask of integers; ValueError for dropout_p outside [0, 1] and a
/// scale that is not finite. Sources: Vaswani et al., NIPS 2017; Dao et al., NeurIPS 2022.
XGRAD_API Tensor scaled_dot_product_attention(const Operand& q, const Operand& k, const Operand& v,
                                              AttentionOptions options = {});

struct AttentionWeightsOptions {
    Tensor attn_mask = {};
    bool is_causal = false;
    std::optional<double> scale = {};
};
/// The weights themselves, softmax(scale q k^T + mask): (..., queries, keys), each row of sum 1, or 0 where no key takes part.
XGRAD_API Tensor attention_weights(const Operand& q, const Operand& k, AttentionWeightsOptions options = {});

} // namespace xg
