#pragma once
#include <optional>

#include <nn/module.hpp>
#include <nn/modules/linear.hpp>

namespace xg::nn {

struct MultiheadAttentionOptions {
    double dropout = 0;             ///< the share of the weights dropped in training
    bool bias = true;               ///< of the projections
    bool add_bias_kv = false;       ///< one more key and value, which are learned
    bool add_zero_attn = false;     ///< one more key and value of zeros
    std::optional<Index> kdim = {}; ///< entries of a key: embed_dim unless given
    std::optional<Index> vdim = {}; ///< entries of a value: embed_dim unless given
    bool batch_first = false;       ///< (batch, length, entries) instead of (length, batch, entries)
};

/// What a call takes besides queries, keys and values. Boolean masks are true where a key is left out, as in PyTorch's module
/// (its functional form, scaled_dot_product_attention, has it the other way round); floating point ones are added to the
/// scores.
struct AttentionCallOptions {
    Tensor key_padding_mask = {};     ///< (batch, keys), or (keys) without a batch
    bool need_weights = true;         ///< give the weights too, for which all scores are held
    Tensor attn_mask = {};            ///< (queries, keys) or (batch * heads, queries, keys)
    bool average_attn_weights = true; ///< over the heads
    bool is_causal = false;           ///< query i sees the keys 0 to i
};

/// The result of a call; as a Tensor it is `output`: `auto [y, p] = attention(q, k, v)`, `Tensor y = attention(q, k, v)`.
struct AttentionResult {
    Tensor output;  ///< the shape of the queries
    Tensor weights; ///< (batch, queries, keys), (batch, heads, queries, keys) if not averaged; undefined if not needed
    operator Tensor() const { return output; }
};

/// Attention by several heads: queries, keys and values are projected, cut into num_heads parts of embed_dim / num_heads
/// entries, each part attends by itself, and the results, side by side, are projected again:
///     q (queries, batch, embed_dim), k (keys, batch, kdim), v (keys, batch, vdim) -> (queries, batch, embed_dim);
/// with batch_first the batch comes first; without a batch (queries, embed_dim) and so on. `attention(x)` is that of x to
/// itself, without weights. A query that no key is left for gets what out_proj makes of zeros.
/// Weights start Xavier-uniform (bias_k and bias_v Xavier-normal), biases as zeros, out_proj.weight as that of Linear.
/// ValueError: heads that do not divide embed_dim, sizes below 1, dropout outside [0, 1]. In the call: ShapeError, DTypeError.
/// Source: Vaswani et al., NIPS 2017; PyTorch's torch.nn.MultiheadAttention.
struct XGRAD_API MultiheadAttention : Module {
    MultiheadAttention(Index embed_dim, Index num_heads, const MultiheadAttentionOptions& options = {},
                       Site site = Site::here());
    Tensor forward(const Tensor& x) override;
    AttentionResult forward(const Tensor& q, const Tensor& k, const Tensor& v, const AttentionCallOptions& call = {});

    Parameter q_proj_weight, k_proj_weight, v_proj_weight; ///< (embed_dim, entries); only if kdim or vdim differ
    Parameter in_proj_weight; ///< (3 embed_dim, embed_dim): the three on each other, otherwise
    Parameter in_proj_bias;   ///< (3 embed_dim); undefined without bias
    Parameter bias_k, bias_v; ///< (1, 1, embed_dim); undefined unless add_bias_kv
    Linear out_proj;
    Index embed_dim, num_heads;
    MultiheadAttentionOptions options;
    XGRAD_MODULE(q_proj_weight, k_proj_weight, v_proj_weight, in_proj_weight, in_proj_bias, bias_k, bias_v, out_proj)

    AttentionResult operator()(const Tensor& q, const Tensor& k, const Tensor& v, const AttentionCallOptions& call,
                               Site site = Site::here()) {
        return call_forward(*this, site, q, k, v, call);
    }

private:
    struct Heads;
    Heads projected(const Tensor& q, const Tensor& k, const Tensor& v) const;
    Tensor mask_of(const AttentionCallOptions& call, const Heads& heads) const;
};

} // namespace xg::nn
