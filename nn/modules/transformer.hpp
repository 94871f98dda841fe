#pragma once
#include <functional>
#include <optional>
#include <string>
#include <type_traits>
#include <vector>

#include <nn/modules/attention.hpp>
#include <nn/modules/dropout.hpp>
#include <nn/modules/norm.hpp>

// The layers of transformers, with PyTorch's names. x is (length, batch, d_model), (batch, length, d_model) with batch_first, or
// (length, d_model); the result has its shape. Masks are those of MultiheadAttention: boolean ones are true where a key is
// left out. Source: Vaswani et al., NIPS 2017; norm_first: Xiong et al., ICML 2020; PyTorch's torch.nn.Transformer*.
namespace xg::nn {

/// "relu", "gelu" or any function of a tensor. ValueError for another name.
class XGRAD_API TransformerActivation {
public:
    TransformerActivation(const char* name, Site site = Site::here());
    TransformerActivation(const std::string& name, Site site = Site::here());
    template <class F>
    requires std::is_invocable_r_v<Tensor, const F&, const Tensor&> TransformerActivation(F f)
        : function_(std::move(f)) {}
    Tensor operator()(const Tensor& x) const { return function_(x); }

private:
    std::function<Tensor(const Tensor&)> function_;
};

struct TransformerLayerOptions {
    Index dim_feedforward = 2048;
    double dropout = 0.1;
    TransformerActivation activation = "relu";
    double layer_norm_eps = 1e-5;
    bool batch_first = false;
    bool norm_first = false; ///< normalize what goes into each part, not what comes out
};

struct EncoderMasks {
    Tensor src_mask = {};             ///< (length, length) or (batch * nhead, length, length)
    Tensor src_key_padding_mask = {}; ///< (batch, length)
    bool is_causal = false;           ///< a position sees itself and those before it
};

/// Attention of x to itself, then two linear layers at each position, each added to what went in and normalized:
///     x = norm1(x + self_attn(x)),  x = norm2(x + linear2(activation(linear1(x))))
/// norm_first: x = x + self_attn(norm1(x)), and so on. Dropout acts on both sums, behind the activation and on the weights.
/// The errors of MultiheadAttention, Dropout and Linear.
struct XGRAD_API TransformerEncoderLayer : Module {
    TransformerEncoderLayer(Index d_model, Index nhead, const TransformerLayerOptions& options = {},
                            Site site = Site::here());
    Tensor forward(const Tensor& src) override { return forward(src, EncoderMasks()); }
    Tensor forward(const Tensor& src, const EncoderMasks& masks);

    MultiheadAttention self_attn;
    Linear linear1;
    Dropout dropout;
    Linear linear2;
    LayerNorm norm1, norm2;
    Dropout dropout1, dropout2;
    TransformerActivation activation;
    bool norm_first;
    XGRAD_MODULE(self_attn, linear1, dropout, linear2, norm1, norm2, dropout1, dropout2)

    Tensor operator()(const Tensor& src, const EncoderMasks& masks, Site site = Site::here()) {
        return call_forward(*this, site, src, masks);
    }
};

struct DecoderMasks {
    Tensor tgt_mask = {};                ///< (length, length) or (batch * nhead, length, length)
    Tensor memory_mask = {};             ///< (length, memory's length), or with (batch * nhead) before
    Tensor tgt_key_padding_mask = {};    ///< (batch, length)
    Tensor memory_key_padding_mask = {}; ///< (batch, memory's length)
    bool tgt_is_causal = false;          ///< a position sees itself and those before it
    bool memory_is_causal = false;       ///< position i sees the positions 0 to i of the memory
};

/// As the encoder's layer, with attention to `memory`, what the encoder has made, in between:
///     x = norm1(x + self_attn(x)),  x = norm2(x + multihead_attn(x, memory)),  x = norm3(x + linear2(activation(linear1(x))))
struct XGRAD_API TransformerDecoderLayer : Module {
    TransformerDecoderLayer(Index d_model, Index nhead, const TransformerLayerOptions& options = {},
                            Site site = Site::here());
    Tensor forward(const Tensor& tgt, const Tensor& memory, const DecoderMasks& masks = {});

    MultiheadAttention self_attn, multihead_attn;
    Linear linear1;
    Dropout dropout;
    Linear linear2;
    LayerNorm norm1, norm2, norm3;
    Dropout dropout1, dropout2, dropout3;
    TransformerActivation activation;
    bool norm_first;
    XGRAD_MODULE(self_attn, multihead_attn, linear1, dropout, linear2, norm1, norm2, norm3, dropout1, dropout2,
                 dropout3)

    Tensor operator()(const Tensor& tgt, const Tensor& memory, const DecoderMasks& masks, Site site = Site::here()) {
        return call_forward(*this, site, tgt, memory, masks);
    }
};

/// num_layers copies of a layer, which start with the same numbers, as in PyTorch, and a norm behind them if there is one:
/// `nn::TransformerEncoder(layer, 6, nn::LayerNorm(512))`. ValueError for a negative number of layers.
struct XGRAD_API TransformerEncoder : Module {
    TransformerEncoder(const TransformerEncoderLayer& layer, Index num_layers, std::optional<LayerNorm> norm = {},
                       Site site = Site::here());
    Tensor forward(const Tensor& src) override { return forward(src, EncoderMasks()); }
    Tensor forward(const Tensor& src, const EncoderMasks& masks);

    std::vector<TransformerEncoderLayer> layers;
    std::optional<LayerNorm> norm;
    XGRAD_MODULE(layers, norm)

    Tensor operator()(const Tensor& src, const EncoderMasks& masks, Site site = Site::here()) {
        return call_forward(*this, site, src, masks);
    }
};

struct XGRAD_API TransformerDecoder : Module {
    TransformerDecoder(const TransformerDecoderLayer& layer, Index num_layers, std::optional<LayerNorm> norm = {},
                       Site site = Site::here());
    Tensor forward(const Tensor& tgt, const Tensor& memory, const DecoderMasks& masks = {});

    std::vector<TransformerDecoderLayer> layers;
    std::optional<LayerNorm> norm;
    XGRAD_MODULE(layers, norm)

    Tensor operator()(const Tensor& tgt, const Tensor& memory, const DecoderMasks& masks, Site site = Site::here()) {
        return call_forward(*this, site, tgt, memory, masks);
    }
};

} // namespace xg::nn
