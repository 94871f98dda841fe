#pragma once
#include <concepts>
#include <functional>
#include <optional>
#include <string>
#include <type_traits>
#include <vector>

#include <autograd/creation.hpp>
#include <nn/modules/attention.hpp>
#include <nn/modules/dropout.hpp>
#include <nn/modules/norm.hpp>

// The layers of transformers, with PyTorch's names. x is (length, batch, d_model), (batch, length, d_model) with batch_first, or
// (length, d_model); the result has its shape. Masks are those of MultiheadAttention: boolean ones are true where a key is
// left out. They are given by name, `layer(x, {.is_causal = true})`, or behind the other tensors in PyTorch's order,
// `layer(x, src_mask)`. Source: Vaswani et al., NIPS 2017; norm_first: Xiong et al., ICML 2020; PyTorch's torch.nn.Transformer*.
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
    template <std::derived_from<Tensor> M>
    Tensor forward(const Tensor& src, const M& src_mask, const Tensor& src_key_padding_mask = {}) {
        return forward(src, EncoderMasks{src_mask, src_key_padding_mask});
    }

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
    template <std::derived_from<Tensor> M>
    Tensor forward(const Tensor& tgt, const Tensor& memory, const M& tgt_mask, const Tensor& memory_mask = {}) {
        return forward(tgt, memory, DecoderMasks{tgt_mask, memory_mask});
    }

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
    template <std::derived_from<Tensor> M>
    Tensor forward(const Tensor& src, const M& mask, const Tensor& src_key_padding_mask = {}) {
        return forward(src, EncoderMasks{mask, src_key_padding_mask});
    }

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
    template <std::derived_from<Tensor> M>
    Tensor forward(const Tensor& tgt, const Tensor& memory, const M& tgt_mask, const Tensor& memory_mask = {}) {
        return forward(tgt, memory, DecoderMasks{tgt_mask, memory_mask});
    }

    std::vector<TransformerDecoderLayer> layers;
    std::optional<LayerNorm> norm;
    XGRAD_MODULE(layers, norm)

    Tensor operator()(const Tensor& tgt, const Tensor& memory, const DecoderMasks& masks, Site site = Site::here()) {
        return call_forward(*this, site, tgt, memory, masks);
    }
};

struct TransformerOptions {
    Index num_encoder_layers = 6, num_decoder_layers = 6;
    Index dim_feedforward = 2048;
    double dropout = 0.1;
    TransformerActivation activation = "relu";
    double layer_norm_eps = 1e-5;
    bool batch_first = false;
    bool norm_first = false; ///< normalize what goes into each part, not what comes out
};

struct TransformerMasks {
    Tensor src_mask = {};                ///< (source, source) or (batch * nhead, source, source)
    Tensor tgt_mask = {};                ///< (target, target), or with (batch * nhead) before
    Tensor memory_mask = {};             ///< (target, source), or with (batch * nhead) before
    Tensor src_key_padding_mask = {};    ///< (batch, source)
    Tensor tgt_key_padding_mask = {};    ///< (batch, target)
    Tensor memory_key_padding_mask = {}; ///< (batch, source)
    bool src_is_causal = false;          ///< a position sees itself and those before it
    bool tgt_is_causal = false;
    bool memory_is_causal = false;
};

/// From one sequence to another: the decoder looks at what it has and at what the encoder makes of the source,
///     decoder(tgt, encoder(src)),
/// src (source, batch, d_model), tgt (target, batch, d_model), batch first with batch_first, or both without a batch; the result
/// has the shape of tgt. Both stacks end in a norm. Matrices start Xavier-uniform, each layer its own.
///
///     nn::Transformer model(512, 8, {.num_encoder_layers = 3});
///     model(src, tgt, {.tgt_is_causal = true});
///
/// The errors of the layers; ShapeError for a src and a tgt that do not go together.
/// Source: Vaswani et al., NIPS 2017; PyTorch's torch.nn.Transformer.
struct XGRAD_API Transformer : Module {
    explicit Transformer(Index d_model = 512, Index nhead = 8, const TransformerOptions& options = {},
                         Site site = Site::here());
    Tensor forward(const Tensor& src, const Tensor& tgt, const TransformerMasks& masks = {});
    template <std::derived_from<Tensor> M>
    Tensor forward(const Tensor& src, const Tensor& tgt, const M& src_mask, const Tensor& tgt_mask = {},
                   const Tensor& memory_mask = {}) {
        return forward(src, tgt, TransformerMasks{src_mask, tgt_mask, memory_mask});
    }
    /// The mask that is added to scores so that a position sees itself and those before it: (size, size), 0 there and minus
    /// infinity elsewhere. ValueError for a negative size. `{.tgt_is_causal = true}` does the same without one.
    static Tensor generate_square_subsequent_mask(Index size, TensorOptions options = {}, Site site = Site::here());

    TransformerEncoder encoder;
    TransformerDecoder decoder;
    Index d_model, nhead;
    bool batch_first;
    XGRAD_MODULE(encoder, decoder)

    Tensor operator()(const Tensor& src, const Tensor& tgt, const TransformerMasks& masks, Site site = Site::here()) {
        return call_forward(*this, site, src, tgt, masks);
    }
};

} // namespace xg::nn
