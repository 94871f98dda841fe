#include <nn/modules/transformer.hpp>

#include <limits>
#include <utility>

#include <autograd/error_format_internal.hpp>
#include <autograd/grad_mode.hpp>
#include <autograd/ops/activation.hpp>
#include <autograd/ops/arrange.hpp>
#include <autograd/ops/elementwise.hpp>
#include <nn/init.hpp>

namespace xg::nn {
namespace {

std::function<Tensor(const Tensor&)> activation_of(const std::string& name, Site site) {
    const CallSite here(site);
    if (name == "relu") return [](const Tensor& x) { return relu(x); };
    if (name == "gelu") return [](const Tensor& x) { return gelu(x); };
    fail<ValueError>(
        "transformer layer: the activation is '{}'\n  expected \"relu\", \"gelu\" or a function of a tensor", name);
}

MultiheadAttention attention(Index d_model, Index nhead, const TransformerLayerOptions& o, Site site) {
    return {d_model, nhead, {.dropout = o.dropout, .batch_first = o.batch_first}, site};
}

// x with what `part` makes of it, normalized before or behind.
template <class Part>
Tensor with_part(const Tensor& x, LayerNorm& norm, bool norm_first, const Part& part) {
    return norm_first ? x + part(norm(x)) : norm(x + part(x));
}

template <class Layer>
std::vector<Layer> copies(const char* name, const Layer& layer, Index count, Site site) {
    const CallSite here(site);
    if (count < 0) fail<ValueError>("{}: num_layers is {}\n  expected 0 or more", name, count);
    return std::vector<Layer>(static_cast<std::size_t>(count), layer);
}

} // namespace

TransformerActivation::TransformerActivation(const char* name, Site site) : function_(activation_of(name, site)) {}
TransformerActivation::TransformerActivation(const std::string& name, Site site)
    : function_(activation_of(name, site)) {}

TransformerEncoderLayer::TransformerEncoderLayer(Index d_model, Index nhead, const TransformerLayerOptions& o,
                                                 Site site)
    : self_attn(attention(d_model, nhead, o, site)),
      linear1(d_model, o.dim_feedforward, {}, site),
      dropout(o.dropout, site),
      linear2(o.dim_feedforward, d_model, {}, site),
      norm1(d_model, {.eps = o.layer_norm_eps}, site),
      norm2(d_model, {.eps = o.layer_norm_eps}, site),
      dropout1(o.dropout, site),
      dropout2(o.dropout, site),
      activation(o.activation),
      norm_first(o.norm_first) {}

Tensor TransformerEncoderLayer::forward(const Tensor& src, const EncoderMasks& m) {
    Tensor x = with_part(src, norm1, norm_first, [&](const Tensor& t) {
        return dropout1(self_attn(t, t, t,
                                  {.key_padding_mask = m.src_key_padding_mask,
                                   .need_weights = false,
                                   .attn_mask = m.src_mask,
                                   .is_causal = m.is_causal})
                            .output);
    });
    return with_part(x, norm2, norm_first,
                     [&](const Tensor& t) { return dropout2(linear2(dropout(activation(linear1(t))))); });
}

TransformerDecoderLayer::TransformerDecoderLayer(Index d_model, Index nhead, const TransformerLayerOptions& o,
                                                 Site site)
    : self_attn(attention(d_model, nhead, o, site)),
      multihead_attn(attention(d_model, nhead, o, site)),
      linear1(d_model, o.dim_feedforward, {}, site),
      dropout(o.dropout, site),
      linear2(o.dim_feedforward, d_model, {}, site),
      norm1(d_model, {.eps = o.layer_norm_eps}, site),
      norm2(d_model, {.eps = o.layer_norm_eps}, site),
      norm3(d_model, {.eps = o.layer_norm_eps}, site),
      dropout1(o.dropout, site),
      dropout2(o.dropout, site),
      dropout3(o.dropout, site),
      activation(o.activation),
      norm_first(o.norm_first) {}

Tensor TransformerDecoderLayer::forward(const Tensor& tgt, const Tensor& memory, const DecoderMasks& m) {
    const Tensor x = with_part(tgt, norm1, norm_first, [&](const Tensor& t) {
        return dropout1(self_attn(t, t, t,
                                  {.key_padding_mask = m.tgt_key_padding_mask,
                                   .need_weights = false,
                                   .attn_mask = m.tgt_mask,
                                   .is_causal = m.tgt_is_causal})
                            .output);
    });
    const Tensor y = with_part(x, norm2, norm_first, [&](const Tensor& t) {
        return dropout2(multihead_attn(t, memory, memory,
                                       {.key_padding_mask = m.memory_key_padding_mask,
                                        .need_weights = false,
                                        .attn_mask = m.memory_mask,
                                        .is_causal = m.memory_is_causal})
                            .output);
    });
    return with_part(y, norm3, norm_first,
                     [&](const Tensor& t) { return dropout3(linear2(dropout(activation(linear1(t))))); });
}

TransformerEncoder::TransformerEncoder(const TransformerEncoderLayer& layer, Index num_layers,
                                       std::optional<LayerNorm> last, Site site)
    : layers(copies("TransformerEncoder", layer, num_layers, site)), norm(std::move(last)) {}

Tensor TransformerEncoder::forward(const Tensor& src, const EncoderMasks& masks) {
    Tensor x = src;
    for (TransformerEncoderLayer& layer : layers) x = layer(x, masks);
    return norm ? (*norm)(x) : x;
}

TransformerDecoder::TransformerDecoder(const TransformerDecoderLayer& layer, Index num_layers,
                                       std::optional<LayerNorm> last, Site site)
    : layers(copies("TransformerDecoder", layer, num_layers, site)), norm(std::move(last)) {}

Tensor TransformerDecoder::forward(const Tensor& tgt, const Tensor& memory, const DecoderMasks& masks) {
    Tensor x = tgt;
    for (TransformerDecoderLayer& layer : layers) x = layer(x, memory, masks);
    return norm ? (*norm)(x) : x;
}

namespace {

TransformerLayerOptions layer_options(const TransformerOptions& o) {
    return {o.dim_feedforward, o.dropout, o.activation, o.layer_norm_eps, o.batch_first, o.norm_first};
}

} // namespace

Transformer::Transformer(Index dim, Index heads, const TransformerOptions& o, Site site)
    : encoder(TransformerEncoderLayer(dim, heads, layer_options(o), site), o.num_encoder_layers,
              LayerNorm(dim, {.eps = o.layer_norm_eps}, site), site),
      decoder(TransformerDecoderLayer(dim, heads, layer_options(o), site), o.num_decoder_layers,
              LayerNorm(dim, {.eps = o.layer_norm_eps}, site), site),
      d_model(dim),
      nhead(heads),
      batch_first(o.batch_first) {
    const CallSite here(site);
    const NoGrad guard;
    for (Tensor& p : parameters()) {
        if (p.rank() > 1) p.assign(init::xavier_uniform(p.shape(), {.dtype = p.dtype()}));
    }
}

Tensor Transformer::forward(const Tensor& src, const Tensor& tgt, const TransformerMasks& m) {
    const int batch_axis = batch_first ? 0 : 1;
    const bool fits = src.rank() == tgt.rank() && (src.rank() == 2 || src.rank() == 3) && src.shape(-1) == d_model &&
                      tgt.shape(-1) == d_model && (src.rank() == 2 || src.shape(batch_axis) == tgt.shape(batch_axis));
    if (!fits) {
        fail<ShapeError>(
            "Transformer(src, tgt): src has shape {} and tgt {}\n  expected ({}, {}) each, with one batch, or (length, "
            "{}) without one",
            src.shape().str(), tgt.shape().str(), batch_first ? "batch, length" : "length, batch", d_model, d_model);
    }
    const Tensor memory = encoder(
        src, {.src_mask = m.src_mask, .src_key_padding_mask = m.src_key_padding_mask, .is_causal = m.src_is_causal});
    return decoder(tgt, memory,
                   {.tgt_mask = m.tgt_mask,
                    .memory_mask = m.memory_mask,
                    .tgt_key_padding_mask = m.tgt_key_padding_mask,
                    .memory_key_padding_mask = m.memory_key_padding_mask,
                    .tgt_is_causal = m.tgt_is_causal,
                    .memory_is_causal = m.memory_is_causal});
}

Tensor Transformer::generate_square_subsequent_mask(Index size, TensorOptions options, Site site) {
    const CallSite here(site);
    if (size < 0) {
        fail<ValueError>("Transformer::generate_square_subsequent_mask: size is {}\n  expected 0 or more", size);
    }
    return triu(full({size, size}, -std::numeric_limits<double>::infinity(), options), 1);
}

} // namespace xg::nn
